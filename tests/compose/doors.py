"""Strangers in the network of the project, and where they look for ports and for secrets."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import IO, Any

from dotenv import dotenv_values

from stack.settings import CONFIDENTIAL, REPOSITORY, setting_name
from tests.compose.platform import PROJECT, Container, Platform
from tests.security.attempts import Attempt
from tests.security.listeners import parse_sockets
from tests.security.stranger import Errand, Port

TESTS = f"{REPOSITORY / 'tests'}:/opt/barograph/tests:ro"
PROGRAM = ("-u", "-m", "tests.security.stranger")
TABLES = ("tcp", "tcp6", "udp", "udp6")
TABLES_END = "end of a table"
READ_TABLES = f"cd /proc/net; for one in {' '.join(TABLES)}; do cat $one; echo {TABLES_END}; done"

PROCESSES = "for one in /proc/[0-9]*; do tr '\\0' ' ' <$one/cmdline; echo; tr '\\0' '\\n' <$one/environ; done 2>/dev/null; true"
"""Prints command lines and environments of all processes of a container."""

LOGS = "find /var/lib/barograph /var/lib/cassandra/logs /var/log -name '*.log*' -type f -exec cat {} + 2>/dev/null; true"
"""Prints the logs that a container has in files."""

EXCEPTIONS: Mapping[str, str] = {
    "_SPARK_AUTH_SECRET=": "how Spark hands an executor the secret; no other user, and no other container, reads that process",
}
"""Where a secret may be seen: the beginning of the line that holds it, and why."""


@dataclass
class Visitor:
    """A process in a container of the network, and its errands."""

    process: "subprocess.Popen[str]"

    def visit(self, ports: list[Port], routes: list[tuple[str, str]] | None = None) -> list[Attempt]:
        """What was tried at the ports."""
        return [Attempt(**answer) for answer in self._ask(Errand(ports, routes or []))]

    def list_routes(self) -> list[tuple[str, str]]:
        """The routes of Airflow's web server, for an insider."""
        (routes,) = self._ask(Errand([], []))
        return [(method, path) for method, path in routes]

    def _ask(self, errand: Errand) -> Iterator[Any]:
        stdin, stdout = _open(self.process.stdin), _open(self.process.stdout)
        stdin.write(f"{errand}\n")
        stdin.flush()
        for line in iter(stdout.readline, "\n"):
            assert line, f"the visitor ended with exit code {self.process.wait()}: its error is above"
            yield json.loads(line)


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def a_stranger(platform: Platform) -> AbstractContextManager[Visitor]:
    """Somebody in a container of the project's image in the network of the services, who has the settings and no secret."""
    known = json.loads(platform.compose("config", "--format", "json"))["services"]["standin"]
    settings = [part for name, value in known["environment"].items() for part in ("--env", f"{name}={value}")]
    place = ["--network", f"{PROJECT}_inner", "--tmpfs", "/var/lib/barograph:uid=50000", "--memory", "2g"]
    options = ["--rm", "--interactive", "--volume", TESTS, "--entrypoint", "python", *place, *settings]
    return _a_visitor(platform, ["docker", "run", *options, known["image"], *PROGRAM])


def an_insider(platform: Platform) -> AbstractContextManager[Visitor]:
    """Somebody who has the logins, in a container as the triggerer has one."""
    options = ["--rm", "--no-deps", "-T", "--volume", TESTS, "--entrypoint", "python"]
    return _a_visitor(platform, ["docker", "compose", "run", *options, "airflow-triggerer", *PROGRAM, "insider"])


@contextmanager
def _a_visitor(platform: Platform, command: list[str]) -> Iterator[Visitor]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=platform.environment, cwd=REPOSITORY, stdin=pipe, stdout=pipe, text=True) as process:
        yield Visitor(process)
        _open(process.stdin).close()


def find_ports(platform: Platform, *services: str) -> list[Port]:
    """Every port on which a container listens, by its kernel's tables; of all services, or of some."""
    found: dict[tuple[str, str, int, bool], Port] = {}
    for container in platform.containers():
        if services and container.service not in services:
            continue
        for kind, table in zip(TABLES, _read(platform, container, READ_TABLES).split(TABLES_END), strict=False):
            for one in parse_sockets(kind, table, container.service):
                key = container.name, one.kind, one.port, one.is_loopback
                found.setdefault(key, Port(container.name, container.service, one))
    return list(found.values())


def generated_secrets(platform: Platform) -> dict[str, str]:
    """What must not be seen, by name."""
    passwords = json.loads(platform.secret_file("logins/passwords.json"))
    found = {f"{service} {user}": value for service, users in passwords.items() for user, value in users.items()}
    values = dotenv_values(stream=StringIO(platform.secret_file("env")))
    return found | {name: value for field in CONFIDENTIAL if (value := values.get(name := setting_name(field)))}


def find_seen(platform: Platform, secrets: Mapping[str, str]) -> set[str]:
    """Where a secret is seen from outside of the files that hold it: in processes and logs of running containers."""
    found: set[str] = set()
    for container in platform.containers():
        places = {"process": PROCESSES, "log file": LOGS}
        for place, script in places.items():
            text = _read(platform, container, script)
            found.update(f"{place} of {container.service}: {name}" for name in _seen(text, secrets))
    return found


def find_told(platform: Platform, secrets: Mapping[str, str]) -> set[str]:
    """Where the engine tells a secret: the configuration and the output of all containers, those that have ended too."""
    found: set[str] = set()
    for name in platform.compose("ps", "--all", "--format", "{{.Name}}").split():
        texts = {"inspect": platform.engine.docker("inspect", name), "logs": platform.run("sh", "-c", f"docker logs {name} 2>&1")}
        found.update(f"{place} of {name}: {secret}" for place, text in texts.items() for secret in _seen(text, secrets))
    return found


def _seen(text: str, secrets: Mapping[str, str]) -> list[str]:
    lines = [line for line in text.splitlines() if not line.startswith(tuple(EXCEPTIONS))]
    return [name for name, value in secrets.items() if any(value in line for line in lines)]


def _read(platform: Platform, container: Container, script: str) -> str:
    return platform.run("docker", "exec", container.name, "sh", "-c", script)
