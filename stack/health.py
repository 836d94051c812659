"""Is a service answering? Each probe asks in the service's own language and takes at most a few seconds."""

import shutil
import socket
import ssl
from collections.abc import Callable
from typing import Final

import psycopg
import requests
from confluent_kafka import KafkaException

from barograph.transport.client import Admin, KafkaRefused, client_config
from stack.airflow_api import trusted
from stack.logins import settings_as
from stack.settings import StackSettings

TIMEOUT_S: Final = 3

NO_ROOM_BYTES: Final = 64 * 2**20
"""Two segments of Cassandra's commit log (32 MiB each): with less, the next writes may fail."""

_DATA_FOLDERS: Final = {"postgres": "postgres", "kafka": "kafka/data", "cassandra": "cassandra"}
"""Where in the state folder a service keeps its data; each may be a disk of its own."""

_CQL_OPTIONS: Final = bytes([4, 0, 0, 0, 5, 0, 0, 0, 0])
"""A CQL request of protocol 4 that needs no login: OPTIONS."""

_CQL_SUPPORTED: Final = 6
"""The opcode of the answer to OPTIONS."""


def connect_postgres(settings: StackSettings) -> psycopg.Connection:
    """A connection to Airflow's database as Airflow's user; the caller closes it.

    Raises:
        psycopg.Error: it does not answer, or refuses the login; with TLS=1 also when its certificate does not fit.
    """
    return psycopg.connect(
        host=settings.postgres_host,
        port=settings.postgres_port,
        user="airflow",
        password=settings.postgres_password.get_secret_value(),
        dbname="airflow",
        connect_timeout=TIMEOUT_S,
        sslmode="verify-full" if settings.tls else "prefer",
        sslrootcert=str(settings.ca_file) if settings.tls else None,
    )


def _probe_postgres(settings: StackSettings) -> str:
    try:
        with connect_postgres(settings) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        return str(error).strip().splitlines()[-1]
    return ""


def _probe_kafka(settings: StackSettings) -> str:
    if problem := _probe_port(settings.kafka_host.split(",")[0], settings.kafka_port):
        return problem
    client = Admin(client_config(settings_as(settings, "admin")))
    try:
        client.answer(client.describe_cluster(request_timeout=TIMEOUT_S), "describe itself")
    except KafkaException as error:
        return str(error.args[0])
    except KafkaRefused as error:
        return str(error)
    return ""


def _probe_cassandra(settings: StackSettings) -> str:
    try:
        with open_socket(settings, settings.cassandra_host.split(",")[0], settings.cassandra_port) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.sendall(_CQL_OPTIONS)
            answer = connection.recv(9)
    except OSError as error:
        return str(error)
    return "" if len(answer) == len(_CQL_OPTIONS) and answer[4] == _CQL_SUPPORTED else "no CQL answer"


def open_socket(settings: StackSettings, host: str, port: int) -> socket.socket:
    """A connection to a service of this stack, encrypted with TLS=1.

    Raises:
        OSError: nothing answers; with TLS=1 also when its certificate does not fit.
    """
    connection = socket.create_connection((host, port), TIMEOUT_S)
    if not settings.tls:
        return connection
    return ssl.create_default_context(cafile=settings.ca_file).wrap_socket(connection, server_hostname=host)


def _probe_standin(settings: StackSettings) -> str:
    return _probe_address(settings, f"{settings.standin_url}/health")


def _probe_api_server(settings: StackSettings) -> str:
    """Asks what tasks ask: that half is built at its first request, which takes longer than the five seconds a task waits."""
    return _probe_address(settings, f"{settings.airflow_url}/execution/health")


def _probe_scheduler(settings: StackSettings) -> str:
    return _probe_address(settings, f"http://127.0.0.1:{settings.airflow_scheduler_health_port}/health")


def _probe_dag_processor(settings: StackSettings) -> str:
    return _probe_heartbeat(settings, "dag_processor")


def _probe_triggerer(settings: StackSettings) -> str:
    return _probe_heartbeat(settings, "triggerer")


def _probe_port(host: str, port: int) -> str:
    try:
        socket.create_connection((host, port), TIMEOUT_S).close()
    except OSError as error:
        return str(error)
    return ""


def _probe_address(settings: StackSettings, url: str) -> str:
    answer = _get(settings, url)
    return answer if isinstance(answer, str) else ""


def _probe_heartbeat(settings: StackSettings, part: str) -> str:
    answer = _get(settings, f"{settings.airflow_url}/api/v2/monitor/health")
    if isinstance(answer, str):
        return answer
    status = answer.json().get(part, {}).get("status")
    return "" if status == "healthy" else f"Airflow reports {status or 'nothing'}"


def _get(settings: StackSettings, url: str) -> requests.Response | str:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = trusted(settings)
        try:
            answer = session.get(url, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            return f"no answer ({type(error).__name__})"
    return answer if answer.ok else f"HTTP {answer.status_code}"


_PROBES: Final[dict[str, Callable[[StackSettings], str]]] = {
    "postgres": _probe_postgres,
    "kafka": _probe_kafka,
    "cassandra": _probe_cassandra,
    "standin": _probe_standin,
    "airflow-api-server": _probe_api_server,
    "airflow-dag-processor": _probe_dag_processor,
    "airflow-scheduler": _probe_scheduler,
    "airflow-triggerer": _probe_triggerer,
}


def find_problem(settings: StackSettings, name: str) -> str:
    """Ask program `name` as its clients do; what is wrong, or nothing when it is healthy. A full disk is named first."""
    return ": ".join(filter(None, (find_full_disk(settings, name), _PROBES[name](settings))))


def find_full_disk(settings: StackSettings, name: str) -> str:
    """The folder of program `name`, when there is no room for its next writes; empty when there is, or when it keeps no data."""
    folder = settings.state_dir / _DATA_FOLDERS[name] if name in _DATA_FOLDERS else None
    if folder is None or not folder.exists():
        return ""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes >= NO_ROOM_BYTES:
        return ""
    return f"disk full, {free_bytes // 2**20} MiB are free in {folder} and {NO_ROOM_BYTES // 2**20} needed: make room"
