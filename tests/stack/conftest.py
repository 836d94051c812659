"""Settings apart from the machine's: no inherited name, an .env file and a state folder of the test's own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.settings import StackSettings, load_settings, setting_name

MakeSettings = Callable[..., StackSettings]


@pytest.fixture(autouse=True)
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of an .env file that is not there yet, named by ENV_FILE."""
    for field in StackSettings.model_fields:
        monkeypatch.delenv(setting_name(field), raising=False)
    path = tmp_path / "env"
    monkeypatch.setenv("ENV_FILE", str(path))
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    return path


@pytest.fixture
def make_settings(monkeypatch: pytest.MonkeyPatch) -> MakeSettings:
    """Load settings after setting names in the environment."""

    def make(**names: str) -> StackSettings:
        for name, value in names.items():
            monkeypatch.setenv(name, value)
        assert os.environ["ENV_FILE"]
        return load_settings()

    return make
