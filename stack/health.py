"""Is a service answering? Each probe asks in the service's own language and takes at most a few seconds."""

import socket
from collections.abc import Callable
from typing import Final

import psycopg
import requests
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stack.settings import StackSettings

TIMEOUT_S: Final = 3

_CQL_OPTIONS: Final = bytes([4, 0, 0, 0, 5, 0, 0, 0, 0])
"""A CQL request of protocol 4 that needs no login: OPTIONS."""

_CQL_SUPPORTED: Final = 6
"""The opcode of the answer to OPTIONS."""


def _probe_postgres(settings: StackSettings) -> str:
    try:
        with psycopg.connect(
            host="127.0.0.1",
            port=settings.postgres_port,
            user="airflow",
            password=settings.postgres_password.get_secret_value(),
            dbname="airflow",
            connect_timeout=TIMEOUT_S,
        ) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        return str(error).strip().splitlines()[-1]
    return ""


def _probe_kafka(settings: StackSettings) -> str:
    if problem := _probe_port(settings.kafka_port):
        return problem
    client = AdminClient({"bootstrap.servers": f"127.0.0.1:{settings.kafka_port}", "log_level": 0})
    try:
        client.list_topics(timeout=TIMEOUT_S)
    except KafkaException as error:
        return str(error.args[0])
    return ""


def _probe_cassandra(settings: StackSettings) -> str:
    try:
        with socket.create_connection(("127.0.0.1", settings.cassandra_port), TIMEOUT_S) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.sendall(_CQL_OPTIONS)
            answer = connection.recv(9)
    except OSError as error:
        return str(error)
    return "" if len(answer) == len(_CQL_OPTIONS) and answer[4] == _CQL_SUPPORTED else "no CQL answer"


def _probe_standin(settings: StackSettings) -> str:
    return _probe_address(f"{settings.standin_url}/health")


def _probe_api_server(settings: StackSettings) -> str:
    return _probe_address(f"{settings.airflow_url}/api/v2/version")


def _probe_scheduler(settings: StackSettings) -> str:
    return _probe_address(f"http://127.0.0.1:{settings.airflow_scheduler_health_port}/health")


def _probe_dag_processor(settings: StackSettings) -> str:
    return _probe_heartbeat(settings, "dag_processor")


def _probe_triggerer(settings: StackSettings) -> str:
    return _probe_heartbeat(settings, "triggerer")


def _probe_port(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), TIMEOUT_S).close()
    except OSError as error:
        return str(error)
    return ""


def _probe_address(url: str) -> str:
    answer = _get(url)
    return answer if isinstance(answer, str) else ""


def _probe_heartbeat(settings: StackSettings, part: str) -> str:
    answer = _get(f"{settings.airflow_url}/api/v2/monitor/health")
    if isinstance(answer, str):
        return answer
    status = answer.json().get(part, {}).get("status")
    return "" if status == "healthy" else f"Airflow reports {status or 'nothing'}"


def _get(url: str) -> requests.Response | str:
    with requests.Session() as session:
        session.trust_env = False
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
    """Ask program `name` as its clients do; what is wrong, or nothing when it is healthy."""
    return _PROBES[name](settings)
