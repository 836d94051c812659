import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from dotenv import dotenv_values

from stack.errors import StackError
from stack.settings import StackSettings
from stack.weather_mode import settle_settings
from tests.stack.conftest import MakeSettings


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/dwd-icon"
        server.shutdown()


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    return url.removesuffix("/dwd-icon")


@pytest.fixture
def silent_url() -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/dwd-icon"


def test_a_silent_address_is_said_and_the_standin_written_down(
    env_file: Path, silent_url: str, make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    make_settings(BASE_URL=silent_url, OPEN_METEO_ORIGINS=origin_of(silent_url))
    assert settle_settings(None).open_meteo_mode == "standin"
    assert dotenv_values(env_file)["OPEN_METEO_MODE"] == "standin"
    printed = capsys.readouterr().out
    assert f"{silent_url} does not answer" in printed
    assert "made up" in printed


def test_an_answering_address_is_recorded_from(env_file: Path, answering_url: str, make_settings: MakeSettings) -> None:
    make_settings(BASE_URL=answering_url, OPEN_METEO_ORIGINS=origin_of(answering_url))
    assert settle_settings(None).open_meteo_mode == "online"
    assert dotenv_values(env_file)["OPEN_METEO_MODE"] == "online"


def test_a_decided_mode_does_not_switch_by_itself(env_file: Path, silent_url: str, make_settings: MakeSettings) -> None:
    env_file.write_text("OPEN_METEO_MODE=online\n")
    make_settings(BASE_URL=silent_url, OPEN_METEO_ORIGINS=origin_of(silent_url))
    assert settle_settings(None).open_meteo_mode == "online"


def test_offline_ends_a_replay(env_file: Path) -> None:
    env_file.write_text("OPEN_METEO_MODE=standin\nSTANDIN_REPLAY_FILE=/data/airports.csv.gz\n")
    settings = settle_settings("offline")
    assert (settings.open_meteo_mode, settings.standin_replay_file) == ("standin", "")


def test_online_ends_a_replay(env_file: Path) -> None:
    env_file.write_text("OPEN_METEO_MODE=standin\nSTANDIN_REPLAY_FILE=/data/airports.csv.gz\n")
    settings = settle_settings("online")
    assert (settings.open_meteo_mode, settings.standin_replay_file) == ("online", "")


def test_replay_writes_the_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = settle_settings("replay", Path("airports.csv.gz"))
    assert settings.standin_replay_file == str(tmp_path / "airports.csv.gz")
    assert settings.is_replay


def test_a_wish_the_environment_contradicts_is_refused(make_settings: MakeSettings) -> None:
    make_settings(OPEN_METEO_MODE="online")
    with pytest.raises(StackError, match="--offline contradicts OPEN_METEO_MODE"):
        settle_settings("offline")


def test_settled_settings_have_every_secret() -> None:
    settings: StackSettings = settle_settings("offline")
    assert settings.airflow_admin_password.get_secret_value()
    assert settings.airflow_fernet_key.get_secret_value()
