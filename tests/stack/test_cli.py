import os
import subprocess
import sys
from pathlib import Path

import pytest

from stack.__main__ import main
from stack.logins import make_logins, password
from stack.settings import REPOSITORY
from stack.tools import WARNINGS, cqlsh_arguments, run_tool
from tests.stack.conftest import MakeSettings


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["stack", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    "arguments",
    [
        ("sideways",),
        ("reset",),
        ("logs", "oracle"),
        ("--online", "--offline"),
        ("up", "--replay", "/not/there.csv.gz"),
        ("--replay=/not/there.csv.gz",),
    ],
)
def test_wrong_usage_is_exit_code_2(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    assert _run(monkeypatch, *arguments) == 2


def test_reset_without_yes_says_what_would_go(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _run(monkeypatch, "reset")
    assert "deletes everything recorded" in capsys.readouterr().err


def test_reset_keeps_the_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARS_DIR", str(tmp_path / "state/jars"))
    for name in ("jars/kafka/kafka.jar", "cassandra/data/rows", "startup.lock"):
        (tmp_path / "state" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "state" / name).touch()
    assert _run(monkeypatch, "reset", "--yes") == 0
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["jars"]
    assert (tmp_path / "state/jars/kafka/kafka.jar").exists()


def test_reset_refuses_a_folder_that_is_no_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/thesis.txt").touch()
    assert _run(monkeypatch, "reset", "--yes") == 1
    assert (tmp_path / "state/thesis.txt").exists()


def test_status_of_a_stopped_stack_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, "status") == 1


def test_down_of_a_stopped_stack_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, "down") == 0


def test_a_setting_that_does_not_fit_is_one_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_PORT", "many")
    assert _run(monkeypatch, "status") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_tools_get_their_arguments_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def become(program: str, arguments: list[str], environment: dict[str, str]) -> None:
        assert environment["PATH"]
        started.append([program, *arguments[1:]])
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", become)
    _run(monkeypatch, "airflow", "dags", "--help", "--", "-x")
    _run(monkeypatch, "cqlsh", "-e", "SELECT 1")
    assert started[0] == [f"{REPOSITORY}/.venv/bin/airflow", "dags", "--help", "--", "-x"]
    assert started[1] == [f"{REPOSITORY}/.venv/bin/python", "-m", "stack.cqlsh", "-e", "SELECT 1", "127.0.0.1", "9042"]


@pytest.mark.parametrize("word", ["help", "-h", "--help"])
def test_help_is_known_by_all_its_names(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert _run(monkeypatch, word) == 0
    assert "Usage: startup.sh" in capsys.readouterr().out


@pytest.mark.parametrize(("module", "lines"), [("cqlshlib.__main__", 1), ("stack.cqlsh", 0)])
def test_cqlsh_says_nothing_of_the_release_that_it_was_built_against(module: str, lines: int) -> None:
    code = (
        f"import {module}; from types import SimpleNamespace; from cqlshlib import cqlshmain;"
        "cqlshmain.Shell.check_build_versions(SimpleNamespace(connection_versions={'build': '5.0.99'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.count("WARNING: cqlsh was built against") == lines


def test_cqlsh_keeps_its_arguments_its_output_and_its_exit_code() -> None:
    command = [sys.executable, "-m", "stack.cqlsh", "-e", "SELECT 1", "127.0.0.1", "1"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Connection error" in done.stderr


def test_warnings_of_airflow_that_are_not_the_users_are_silenced_by_name() -> None:
    code = (
        "import warnings; warnings.warn('Could not import graphviz. Rendering'); warnings.warn('mine', UserWarning);"
        "warnings.warn('Using `httpx` with `starlette.testclient` is deprecated; install')"
    )
    environment = {**os.environ, "PYTHONWARNINGS": WARNINGS}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert [line for line in done.stderr.splitlines() if "UserWarning" in line] == ["<string>:1: UserWarning: mine"]


@pytest.mark.parametrize(("given", "user"), [([], "recorder"), (["--admin"], "admin")], ids=["explorer's", "admin's"])
def test_cqlsh_reads_the_login_from_a_file_that_only_its_owner_reads(
    make_settings: MakeSettings, tmp_path: Path, given: list[str], user: str
) -> None:
    settings = make_settings(STATE_DIR=str(tmp_path), CASSANDRA_USERNAME="recorder", CASSANDRA_PASSWORD="5ecre7%marker")  # noqa: S106  # made up
    make_logins(settings)
    secret = "5ecre7%marker" if user == "recorder" else password(settings, "cassandra", user)
    arguments = cqlsh_arguments(settings, [*given, "-e", "SELECT 1"])
    assert (arguments[:3], arguments[4:]) == (["-e", "SELECT 1", "--credentials"], ["127.0.0.1", "9042"])
    file = Path(arguments[3])
    assert secret not in " ".join(arguments)
    assert file.read_text(encoding="utf-8").split() == ["[plain_text_auth]", *f"username = {user} password = {secret}".split()]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "role"), [(["init"], "admin"), (["fill"], "loader"), (["explain", "init"], "loader"), ([], "loader")]
)
def test_barograph_works_as_tasks_do_and_makes_what_is_missing_as_admin(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, arguments: list[str], role: str
) -> None:
    became: list[dict[str, str]] = []
    settings = make_settings()
    monkeypatch.setattr("os.execve", lambda path, command, environment: became.append(environment))
    run_tool("barograph", arguments)
    assert became[0]["SECRETS_DIR"] == str(settings.logins_dir / role)


@pytest.mark.parametrize("given", [["-u", "me"], ["--username=me"]])
def test_cqlsh_asks_for_the_password_of_a_login_that_is_typed(make_settings: MakeSettings, given: list[str]) -> None:
    settings = make_settings()
    make_logins(settings)
    assert cqlsh_arguments(settings, given) == [*given, "127.0.0.1", "9042"]
