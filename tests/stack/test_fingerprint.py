from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from stack.certificates import make_certificates
from stack.errors import StackError
from stack.fingerprint import find_changed, forget, record
from stack.logins import make_logins
from stack.programs import AIRFLOW, NAMES
from stack.settings import SECRETS, load_settings, setting_name
from stack.stack_control import bring_up
from stack.startup import Startup

SCHEDULER = "airflow-scheduler"
ALL_AIRFLOW = {program.name for program in AIRFLOW}

Write = Callable[..., None]


@pytest.fixture
def write(env_file: Path) -> Write:
    """Write values into the .env file, over what it held; secrets are there."""
    secrets = {setting_name(name): "x" * 64 for name in SECRETS}
    values = secrets | {"AIRFLOW_FERNET_KEY": Fernet.generate_key().decode(), "OPEN_METEO_MODE": "standin"}

    def write(**changed: str) -> None:
        env_file.write_text("".join(f"{name}={value}\n" for name, value in {**values, **changed}.items()))

    write()
    make_logins(load_settings())
    return write


def restarted(write: Write, **changed: str) -> set[str] | None:
    """What `./startup.sh` restarts once these values are in .env; None: everything."""
    record(load_settings())
    write(**changed)
    names = find_changed(load_settings())
    return None if names is None else set(names)


def test_nothing_restarts_without_a_change(write: Write) -> None:
    assert restarted(write) == set()


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"SPARK_DRIVER_MEMORY": "2g"}, {SCHEDULER}),
        ({"MAX_BAD_FRACTION": "0.5"}, {SCHEDULER}),
        ({"BAD_LOCATIONS": "partial"}, {SCHEDULER}),
        ({"API_QUOTA": "600/5000/20000"}, {SCHEDULER}),
        ({"OPEN_METEO_API_KEY": "secret", "OPEN_METEO_MODE": "online"}, {SCHEDULER, "standin"}),
        ({"HOURLY_DATA_TOPIC": "other"}, {SCHEDULER, "airflow-dag-processor"}),
        ({"KAFKA_HEAP": "700m"}, {"kafka"}),
        ({"CASSANDRA_HEAP": "2g"}, {"cassandra"}),
        ({"CASSANDRA_PORT": "9142"}, {"cassandra", SCHEDULER}),
        ({"DURABLE": "1"}, {"kafka", "cassandra"}),
        ({"KAFKA_PORT": "9192"}, {"kafka", SCHEDULER}),
        ({"STANDIN_LIMITS_FACTOR": "2"}, {"standin"}),
        ({"STANDIN_PORT": "8999"}, {"standin", SCHEDULER}),
        ({"POSTGRES_PASSWORD": "other"}, {"postgres", *ALL_AIRFLOW}),
        ({"AIRFLOW_PORT": "8090"}, ALL_AIRFLOW),
        ({"TLS": "1"}, {"postgres", "kafka", "cassandra", *ALL_AIRFLOW}),
        ({"AIRFLOW_ADMIN_PASSWORD": "other"}, {"airflow-setup"}),
        ({"COMPOSE_PROFILES": "standin", "AIRFLOW_UID": "1000"}, set()),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_only_what_reads_a_changed_setting_restarts(write: Write, changed: dict[str, str], names: set[str]) -> None:
    assert restarted(write, **changed) == names


def test_a_renewed_certificate_restarts_its_service_and_a_new_authority_all_that_trust_it(write: Write) -> None:
    write(TLS="1")
    settings = load_settings()
    make_certificates(settings)
    record(settings)
    settings.certificate_file("kafka").unlink()
    make_certificates(settings)
    assert find_changed(settings) == ["kafka"]
    make_certificates(settings, renew_authority=True)
    assert set(find_changed(settings) or ()) == {"postgres", "kafka", "cassandra", *ALL_AIRFLOW}


def test_a_standin_that_is_no_longer_wanted_is_stopped_and_one_that_is_wanted_again_is_started(write: Write) -> None:
    assert restarted(write, OPEN_METEO_MODE="online") == {SCHEDULER, "standin"}
    assert restarted(write, OPEN_METEO_MODE="standin") == {SCHEDULER, "standin"}


def test_a_setting_of_the_environment_restarts_everything_since_supervisord_hands_its_own_on(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(load_settings())
    monkeypatch.setenv("MAX_BAD_FRACTION", "0.5")
    assert find_changed(load_settings()) is None


@pytest.mark.parametrize("text", ["", "0123456789abcdef", "123", "[]", "{}"])
def test_a_stack_that_an_earlier_version_started_restarts_whole(write: Write, text: str) -> None:
    settings = load_settings()
    record(settings)
    (settings.state_dir / "fingerprint").write_text(text)
    assert find_changed(settings) is None


def test_a_restart_that_was_cut_short_is_done_by_the_next_start(write: Write) -> None:
    record(load_settings())
    forget(load_settings(), [SCHEDULER])
    assert find_changed(load_settings()) == [SCHEDULER]


def test_every_program_is_known(write: Write) -> None:
    record(load_settings())
    forget(load_settings(), list(NAMES))
    assert set(find_changed(load_settings()) or []) == set(NAMES)


class FakeSupervisor:
    """A supervisord whose programs all run; remembers in which order they were stopped and started."""

    def __init__(self) -> None:
        self.running = set(NAMES)
        self.calls: list[str] = []

    def states(self) -> dict[str, tuple[str, int]]:
        """All of them."""
        return {name: ("RUNNING" if name in self.running else "STOPPED", 1) for name in NAMES}

    def stop(self, names: list[str]) -> None:
        """At once."""
        self.calls += [f"stop {name}" for name in names]
        self.running -= set(names)

    def start(self, name: str) -> None:
        """At once."""
        self.calls.append(f"start {name}")
        self.running.add(name)


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> FakeSupervisor:
    """The supervisord of a stack whose programs are healthy when they run; steps and preparations are remembered as well."""
    fake = FakeSupervisor()
    monkeypatch.setattr("stack.stack_control.Supervisor", lambda settings: fake)
    monkeypatch.setattr("stack.stack_control._fetch_missing", lambda settings: None)
    monkeypatch.setattr("stack.stack_control.check_ports_of", lambda settings, programs: None)
    monkeypatch.setattr("stack.stack_control.find_problem", lambda settings, name: "" if name in fake.running else "away")
    monkeypatch.setattr("stack.startup.find_problem", lambda settings, name: "" if name in fake.running else "away")
    monkeypatch.setattr(
        "stack.startup.Startup._run_step", lambda self, what, log_name, *rest: fake.calls.append(f"step {log_name}")
    )
    monkeypatch.setattr("stack.startup.make_users", lambda settings: None)
    return fake


def bring_up_after(write: Write, **changed: str) -> None:
    """`./startup.sh` of a running stack after a change in .env."""
    make_logins(load_settings())
    record(load_settings())
    write(**changed)
    bring_up(load_settings())


def test_a_load_setting_restarts_the_scheduler_alone(write: Write, supervisor: FakeSupervisor) -> None:
    bring_up_after(write, MAX_BAD_FRACTION="0.5")
    assert supervisor.calls == [f"stop {SCHEDULER}", "step barograph-init", f"start {SCHEDULER}"]
    assert find_changed(load_settings()) == []


def test_without_a_change_nothing_is_touched(write: Write, supervisor: FakeSupervisor) -> None:
    bring_up_after(write)
    assert supervisor.calls == []


def test_a_new_login_takes_one_step_and_no_restart(write: Write, supervisor: FakeSupervisor) -> None:
    bring_up_after(write, AIRFLOW_ADMIN_PASSWORD="other")  # noqa: S106 (made up)
    assert set(supervisor.calls) == {"step barograph-init", "step airflow-setup"}


def test_the_change_to_real_weather_stops_the_standin_and_keeps_the_stores(write: Write, supervisor: FakeSupervisor) -> None:
    bring_up_after(write, OPEN_METEO_MODE="online")
    assert supervisor.calls == [f"stop {SCHEDULER}", "stop standin", "step barograph-init", f"start {SCHEDULER}"]


def test_the_change_to_the_standin_starts_it_beside_running_stores(write: Write, supervisor: FakeSupervisor) -> None:
    write(OPEN_METEO_MODE="online")
    supervisor.running.discard("standin")
    bring_up_after(write, OPEN_METEO_MODE="standin")
    assert sorted(supervisor.calls) == sorted([f"stop {SCHEDULER}", "step barograph-init", f"start {SCHEDULER}", "start standin"])


def test_a_restart_that_fails_is_tried_again(write: Write, supervisor: FakeSupervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Startup, what: str, log_name: str, command: list[str], environment: dict[str, str]) -> None:
        raise StackError("no")

    monkeypatch.setattr(Startup, "_run_step", refuse)
    with pytest.raises(StackError, match="no"):
        bring_up_after(write, MAX_BAD_FRACTION="0.5")
    assert find_changed(load_settings()) == [SCHEDULER]
    assert supervisor.running == set(NAMES) - {SCHEDULER}, "everything else goes on"
