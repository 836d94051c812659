import configparser
import shlex
from pathlib import Path

import pytest

from stack.programs import NAMES, wanted_programs
from stack.settings import SECRETS, setting_name
from stack.supervision import Supervisor, render_configuration, socket_path
from stack.weather_mode import settle_settings
from tests.stack.conftest import MakeSettings


def _parse(text: str) -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser()
    parsed.read_string(text)
    return parsed


def test_every_wanted_program_has_one_block(make_settings: MakeSettings) -> None:
    parsed = _parse(render_configuration(make_settings(OPEN_METEO_MODE="standin")))
    assert {name.removeprefix("program:") for name in parsed.sections() if name.startswith("program:")} == set(NAMES)


def test_the_standin_runs_only_where_the_weather_comes_from_it(make_settings: MakeSettings) -> None:
    assert "standin" not in {program.name for program in wanted_programs(make_settings(OPEN_METEO_MODE="online"))}


def test_the_configuration_holds_no_secret() -> None:
    settings = settle_settings("offline")
    text = render_configuration(settings)
    assert [name for name in SECRETS if getattr(settings, name).get_secret_value() in text] == []
    assert not any(setting_name(name) in text for name in SECRETS)


def test_a_program_is_started_by_name_only(make_settings: MakeSettings) -> None:
    parsed = _parse(render_configuration(make_settings()))
    assert shlex.split(parsed["program:kafka"]["command"])[1:] == ["-m", "stack", "run", "kafka"]


def test_a_folder_with_signs_that_are_allowed_is_one_word(tmp_path: Path, make_settings: MakeSettings) -> None:
    folder = tmp_path / "(my)stack_1.0-a+b@c~d&e!ü"
    parsed = _parse(render_configuration(make_settings(STATE_DIR=str(folder))))
    assert parsed["program:kafka"]["stdout_logfile"] == str(folder / "logs/kafka.log")


def test_the_socket_lies_in_the_state_folder() -> None:
    assert socket_path(Path("/srv/stack")) == Path("/srv/stack/supervisor.sock")


def test_a_path_too_long_for_a_socket_moves_it_to_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.supervision.SHORT_PATHS", tmp_path)
    path = socket_path(Path("/srv") / ("deep" * 30))
    assert path.parent.parent == tmp_path
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_long_state_folders_have_two_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.supervision.SHORT_PATHS", tmp_path)
    assert socket_path(Path("/srv") / ("deep" * 30)) != socket_path(Path("/srv") / ("deap" * 30))


def test_a_supervisor_that_does_not_run_has_no_states(make_settings: MakeSettings) -> None:
    assert Supervisor(make_settings()).states() == {}
