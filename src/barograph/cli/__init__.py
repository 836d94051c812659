"""The `barograph` command."""

from barograph.cli.main import app

__all__ = ["app"]
