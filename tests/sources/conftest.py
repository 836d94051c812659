"""What the sources told the log, also where Airflow has set up logging in the same process."""

import logging
from collections.abc import Iterator

import pytest

from barograph.sources.open_meteo import series


class Kept(logging.Handler):
    """Keeps what it is given as text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(record.getMessage())


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The warnings about answers, in order."""
    monkeypatch.setattr(series.log, "disabled", False)
    kept = Kept()
    series.log.setLevel(logging.WARNING)
    series.log.addHandler(kept)
    yield kept.lines
    series.log.removeHandler(kept)
    series.log.setLevel(logging.NOTSET)
