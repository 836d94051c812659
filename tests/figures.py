"""The figures of the house, at the end of the session's output, also where tests are spread over processes."""

from typing import Final

import pytest

FIGURES: Final = "figures of the house"


def print_figures(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have recorded under `FIGURES`."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == FIGURES:
                terminalreporter.write_line(f"barograph: {text}")
