"""The programs of the stack: how each is prepared, started and stopped."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from barograph.settings import Settings
from stack import cassandra, kafka, kafka_users, postgres, spark
from stack.airflow_home import airflow_cfg
from stack.cassandra_roles import roles_digest
from stack.certificates import certificates_digest
from stack.environment import airflow_connections
from stack.settings import REPOSITORY, StackSettings

PYTHON: Final = str(REPOSITORY / ".venv/bin/python")

Prepare = Callable[[StackSettings], None]
"""Writes a program's configuration and makes its folders; repeated at every start."""

DAG_FIELDS: Final = ("hourly_data_topic", "daily_data_topic")
"""Settings that are read while DAG files are parsed; tasks read the others."""

_STANDIN_FIELDS: Final = ("standin_replay_file", "standin_limits_factor")


@dataclass(frozen=True, slots=True)
class Program:
    """One process under supervisord. `ports` are setting fields; `deadline_s` bounds the start until it is healthy.

    `open_door` makes the login that its health check needs, and is called until it says that it has; see `Startup.bring_up`.
    `reads` are the values that it takes from its configuration and environment: when they or its command change, it must restart.
    `login_folder` is the folder of stack/logins.py that it gets as SECRETS_DIR.
    """

    name: str
    command: Callable[[StackSettings], list[str]]
    ports: tuple[str, ...] = ()
    deadline_s: int = 60
    prepare: Prepare | None = None
    open_door: Callable[[StackSettings], bool] | None = None
    reads: Callable[[StackSettings], object] = lambda _settings: None
    has_secrets: bool = False
    login_folder: str = ""
    stop_signal: str = "TERM"
    stop_wait_s: int = 20
    stop_as_group: bool = True


def _airflow(*arguments: str) -> Callable[[StackSettings], list[str]]:
    return lambda _settings: [PYTHON, str(REPOSITORY / ".venv/bin/airflow"), *arguments]


def _api_server_command(settings: StackSettings) -> list[str]:
    """Behind a proxy with TLS, requests are what the proxy says of them: else cookies would not be bound to https."""
    return _airflow("api-server", *(["--proxy-headers"] if settings.is_behind_tls else []))(settings)


def _values(settings: StackSettings, fields: Iterable[str]) -> dict[str, str]:
    return {field: str(getattr(settings, field)) for field in fields}


def _read_by_tasks(settings: StackSettings) -> object:
    cfg = _read_by_airflow("airflow-scheduler")(settings)
    return cfg, airflow_connections(settings), _values(settings, Settings.model_fields)


def _read_by_dag_files(settings: StackSettings) -> object:
    return _read_by_airflow("airflow-dag-processor")(settings), _values(settings, DAG_FIELDS)


def _read_by_airflow(reader: str) -> Callable[[StackSettings], object]:
    return lambda settings: (airflow_cfg(settings, reader), certificates_digest(settings, "airflow"))


def _standin_command(settings: StackSettings) -> list[str]:
    address = ["--host", settings.listen_host, "--port", str(settings.standin_port), "--no-access-log"]
    return [PYTHON, "-m", "uvicorn", "--app-dir", str(REPOSITORY), "stack.standin.app:app", *address]


CASSANDRA: Final = Program(
    name="cassandra",
    command=cassandra.cassandra_command,
    ports=("cassandra_port", "cassandra_storage_port", "cassandra_jmx_port"),
    deadline_s=180,
    prepare=cassandra.prepare_cassandra,
    reads=lambda settings: (
        cassandra.cassandra_yaml(settings),
        roles_digest(settings),
        certificates_digest(settings, "cassandra"),
    ),
    stop_wait_s=40,
)

SERVICES: Final = (
    Program(
        name="postgres",
        command=postgres.postgres_command,
        ports=("postgres_port",),
        prepare=postgres.prepare_postgres,
        reads=lambda settings: (settings.postgres_password.get_secret_value(), certificates_digest(settings, "postgres")),
        stop_signal="INT",
        stop_as_group=False,
    ),
    Program(
        name="kafka",
        command=kafka.kafka_command,
        ports=("kafka_port", "kafka_controller_port"),
        deadline_s=90,
        prepare=kafka.prepare_kafka,
        open_door=kafka_users.make_first_users,
        reads=lambda settings: (kafka.kafka_properties(settings), certificates_digest(settings, "kafka")),
    ),
    CASSANDRA,
)

STANDIN: Final = Program(
    name="standin",
    command=_standin_command,
    ports=("standin_port",),
    reads=lambda settings: _values(settings, _STANDIN_FIELDS),
    login_folder="standin",
)

AIRFLOW: Final = (
    Program(
        name="airflow-api-server",
        command=_api_server_command,
        ports=("airflow_port",),
        deadline_s=180,
        reads=_read_by_airflow("airflow-api-server"),
        has_secrets=True,
    ),
    Program(
        name="airflow-dag-processor",
        command=_airflow("dag-processor"),
        deadline_s=180,
        reads=_read_by_dag_files,
        has_secrets=True,
    ),
    Program(
        name="airflow-scheduler",
        command=_airflow("scheduler", "--skip-serve-logs"),
        ports=("airflow_scheduler_health_port",),
        deadline_s=180,
        reads=_read_by_tasks,
        has_secrets=True,
    ),
    Program(
        name="airflow-triggerer",
        command=_airflow("triggerer", "--skip-serve-logs"),
        deadline_s=180,
        reads=_read_by_airflow("airflow-triggerer"),
        has_secrets=True,
    ),
)

SPARK: Final = (
    Program(name="spark-master", command=spark.master_command),
    Program(name="spark-worker", command=spark.worker_command),
)
"""In containers only: the embedded stack's Spark works inside the load."""

NAMES: Final = tuple(program.name for program in (*SERVICES, STANDIN, *AIRFLOW))


def wanted_programs(settings: StackSettings) -> tuple[Program, ...]:
    """The programs of this stack in the order of their start; the simulator only where the weather comes from it."""
    standin = (STANDIN,) if settings.open_meteo_mode == "standin" else ()
    return (*SERVICES, *standin, *AIRFLOW)


def find_program(name: str) -> Program:
    """The program called `name`; StopIteration when there is none."""
    return next(program for program in (*SERVICES, STANDIN, *AIRFLOW, *SPARK) if program.name == name)
