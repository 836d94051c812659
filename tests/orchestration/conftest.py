"""Airflow is isolated before the tests of this folder import it."""

from collections.abc import Iterator

import pytest

from barograph.settings import Settings, get_settings
from tests.orchestration.airflow_home import isolate_airflow
from tests.orchestration.runs import VARIABLES, set_variables

isolate_airflow()


@pytest.fixture
def defaults(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The Variables that set-up seeds, and no settings from the shell."""
    set_variables(monkeypatch, VARIABLES)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()
