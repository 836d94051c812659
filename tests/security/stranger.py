"""Somebody in a container of the network: `python -m tests.security.stranger`, or `… insider` who has the stack's logins.

Each line of stdin is an Errand as JSON. What was tried follows on stdout, an Attempt as JSON in each line, then an empty line.
"""

import json
import socket
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial

from stack.settings import StackSettings, load_settings
from tests.security.attempts import Attempt, Door, Target, tell
from tests.security.cassandra_doors import try_cql, try_cql_roles
from tests.security.kafka_doors import try_broker, try_brokers_users, try_controller
from tests.security.listeners import Listener
from tests.security.postgres_doors import try_postgres, try_postgres_user
from tests.security.spark_doors import try_spark, try_spark_master
from tests.security.web_doors import list_routes, try_routes, try_scheduler_health, try_simulator

SPARK = ("spark-master", "spark-worker", "airflow-scheduler")
"""Where ports without a fixed number are Spark's: its workers, their executors, and the driver of a load."""

PORTS_AT_ONCE = 4
"""Most of the time is spent on waiting for what never answers."""

INSIDERS_DOORS: Mapping[str, Door] = {
    "postgres_port": try_postgres_user,
    "kafka_port": try_brokers_users,
    "cassandra_port": try_cql_roles,
}
"""What those try who have a login."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a container of `service` listens on, which is found in the network as `host`."""

    host: str
    service: str
    listener: Listener


@dataclass(frozen=True, slots=True)
class Errand:
    """The ports to try, and the routes of the web server; an insider without ports answers with these routes, in one line."""

    ports: list[Port]
    routes: list[tuple[str, str]]

    @classmethod
    def parse(cls, line: str) -> "Errand":
        """From a line of JSON."""
        given = json.loads(line)
        ports = [Port(one["host"], one["service"], Listener(**one["listener"])) for one in given["ports"]]
        return cls(ports, [(method, path) for method, path in given["routes"]])

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def strangers_doors(routes: list[tuple[str, str]]) -> Mapping[str, Door]:
    """What strangers try, by the setting that holds the port."""
    return {
        "airflow_port": partial(try_routes, routes=routes),
        "airflow_scheduler_health_port": try_scheduler_health,
        "postgres_port": try_postgres,
        "kafka_port": try_broker,
        "kafka_controller_port": try_controller,
        "kafka_public_port": try_broker,
        "cassandra_port": try_cql,
        "standin_port": try_simulator,
    }


def try_port(port: Port, settings: StackSettings, doors: Mapping[str, Door], *, is_insider: bool) -> Iterator[Attempt]:
    """All that is tried at one port; a port of an unknown kind is open."""
    listener, target = port.listener, Target(port.listener, settings, port.host)
    what = f"{listener.kind} {listener.address}:{listener.port} of {port.service}"
    door = next((doors[field] for field in doors if getattr(settings, field) == listener.port), None)
    if door is None and port.service in SPARK and listener.kind == "tcp" and not is_insider:
        door = try_spark_master if port.service == "spark-master" else try_spark
    if listener.is_loopback:
        if not is_insider:
            yield _knock(target, what)
    elif is_insider and door is None:
        return
    elif door:
        yield from door(target)
    else:
        yield Attempt("unknown", "anonymous", what, "what listens there is not known", is_open=True)


def _knock(target: Target, what: str) -> Attempt:
    """At a port for its own container alone."""
    if target.listener.kind != "tcp":
        return Attempt("loopback", "anonymous", what, "no address in the network", is_open=False)
    try:
        socket.create_connection(target.address, 5).close()
    except OSError as error:
        return Attempt("loopback", "anonymous", what, tell(error), is_open=False)
    return Attempt("loopback", "anonymous", what, "a connection", is_open=True)


def _run(errand: Errand, settings: StackSettings, *, is_insider: bool) -> Iterator[str]:
    if is_insider and not errand.ports:
        yield json.dumps(list_routes(settings))
        return
    doors = INSIDERS_DOORS if is_insider else strangers_doors(errand.routes)
    with ThreadPoolExecutor(PORTS_AT_ONCE) as pool:
        tried = [pool.submit(list, try_port(port, settings, doors, is_insider=is_insider)) for port in errand.ports]
    yield from (json.dumps(asdict(attempt)) for attempts in tried for attempt in attempts.result())


def main(arguments: list[str]) -> None:
    """Do one errand after the other, until stdin ends."""
    settings = load_settings()
    for line in sys.stdin:
        for answer in _run(Errand.parse(line), settings, is_insider=arguments == ["insider"]):
            print(answer, flush=True)
        print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
