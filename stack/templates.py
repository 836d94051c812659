"""Configuration files of the services: stack/etc/ holds the text, the settings fill in ports and folders."""

from pathlib import Path
from string import Template
from typing import Final

from stack.settings import REPOSITORY, StackSettings

ETC: Final = REPOSITORY / "stack/etc"


def fill_template(name: str, values: dict[str, object]) -> str:
    """The text of stack/etc/`name` with every ${key} replaced; a key without value is a KeyError."""
    return Template((ETC / name).read_text(encoding="utf-8")).substitute(values)


def port_values(settings: StackSettings) -> dict[str, object]:
    """The port settings by field name, for templates; never a secret."""
    return {name: value for name, value in settings if name.endswith("_port")}


def write_file(path: Path, text: str) -> None:
    """Write `text` to `path`, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def temporary_dir(settings: StackSettings) -> Path:
    """Where all processes of the stack put what they need for a while, so that nothing of it outlives the state folder."""
    path = settings.state_dir / "tmp"
    path.mkdir(parents=True, exist_ok=True)
    return path


def run_dir(settings: StackSettings) -> Path:
    """The folder that services run in; paths in their configuration are relative to it."""
    path = settings.state_dir / "run"
    path.mkdir(parents=True, exist_ok=True)
    return path
