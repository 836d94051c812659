import pytest

from stack import doctor
from stack.certificates import make_certificates
from stack.doctor import examine
from stack.errors import StackError
from stack.logins import make_logins
from stack.settings import StackSettings
from tests.stack.conftest import MakeSettings


@pytest.fixture
def stopped(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> StackSettings:
    """A stack with TLS that was set up and does not run, on a machine with memory and ports for it."""
    monkeypatch.setattr(doctor, "check_memory", lambda *_: None)
    monkeypatch.setattr(doctor, "check_ports_of", lambda *_: None)
    monkeypatch.setattr(doctor, "find_missing_jars", lambda _: [])
    settings = make_settings(TLS="1")
    settings.state_dir.mkdir(mode=0o700)
    make_logins(settings)
    make_certificates(settings)
    return settings


@pytest.fixture
def running(stopped: StackSettings, monkeypatch: pytest.MonkeyPatch) -> StackSettings:
    """The same while it runs, every service healthy."""

    class Supervisor:
        """Says that something runs."""

        def __init__(self, settings: StackSettings) -> None: ...

        def states(self) -> dict[str, tuple[str, int]]:
            """One program."""
            return {"kafka": ("RUNNING", 1)}

    monkeypatch.setattr(doctor, "Supervisor", Supervisor)
    monkeypatch.setattr(doctor, "find_problem", lambda *_: "")
    return stopped


def problems(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines that name one, and that there are others."""
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "problem"}
    assert len(lines) > 5
    return [line.removeprefix("problem  ") for line in lines if line.startswith("problem")]


def test_a_running_stack_without_a_problem_is_well(running: StackSettings, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine()
    assert problems(capsys) == []


def test_a_stopped_stack_is_a_problem_of_its_own(stopped: StackSettings, capsys: pytest.CaptureFixture[str]) -> None:
    assert not examine()
    assert problems(capsys) == ["services: the stack is stopped: ./startup.sh starts it"]


def test_a_setting_that_does_not_fit_ends_the_examination(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_PORT", "many")
    assert not examine()
    assert "AIRFLOW_PORT=many: write a whole number" in capsys.readouterr().out


def test_secrets_that_others_may_open_are_named_with_the_command(
    running: StackSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = running.logins_dir / "passwords.json"
    path.chmod(0o640)
    assert not examine()
    assert problems(capsys) == [f"secrets: others may open {path}: chmod go= {path}"]


def test_a_certificate_that_no_client_takes_or_that_soon_ends_is_named(
    running: StackSettings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running.certificate_file("kafka").unlink()
    assert not examine()
    path = running.certificate_file("kafka")
    assert problems(capsys) == [f"certificate of kafka: {path} is not there: ./startup.sh renew-certificates"]
    make_certificates(running)
    monkeypatch.setattr(doctor, "RENEW_DAYS", 400)
    assert not examine()
    assert problems(capsys)[0] == "certificate of airflow: 396 days left: ./startup.sh renew-certificates"


def test_a_service_that_is_not_healthy_is_named_with_its_log(
    running: StackSettings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "find_problem", lambda _, name: "no CQL answer" if name == "cassandra" else "")
    assert not examine()
    assert problems(capsys) == ["cassandra: no CQL answer: ./startup.sh logs cassandra"]


def test_what_preflight_refuses_is_a_problem(
    stopped: StackSettings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StackError("0.1 GiB are free: make room")

    monkeypatch.setattr(doctor, "check_disk", refuse)
    assert not examine()
    assert problems(capsys)[0] == "disk: 0.1 GiB are free: make room"
