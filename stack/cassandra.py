"""Cassandra: one node, started from its jars on Java 17; every port of it asks who is there."""

from typing import Final

from stack.cassandra_roles import are_roles_made
from stack.logins import password
from stack.settings import LOOPBACK, StackSettings, replace_file
from stack.templates import ETC, fill_template, service_values, temporary_dir, write_file

LOGIN: Final = "cassandra-login.yaml"
SETUP: Final = "cassandra-setup.yaml"
"""The two ways to start: with logins, and for `cassandra_setup` alone."""

JMX_USER: Final = "admin"


def prepare_cassandra(settings: StackSettings) -> None:
    """Write configuration, certificate and the login of nodetool; without roles, the start will be the one that makes them."""
    from stack.certificate import write_certificate  # not above: every program of the stack would wait for it

    folder = settings.state_dir / "cassandra"
    write_certificate(folder / "node.pem", "cassandra")
    replace_file(folder / "jmx-login", f"{JMX_USER} {password(settings, 'cassandra', 'admin')}\n")
    write_file(folder / "cassandra.yaml", cassandra_yaml(settings, LOGIN if are_roles_made(settings) else SETUP))


def cassandra_yaml(settings: StackSettings, access: str = LOGIN) -> str:
    """The node's configuration, with `access` to it as one of the templates says.

    For roles to be made it listens on this machine only; in a container, whose neighbour makes them, where it always does.
    """
    values = service_values(settings) | {"cassandra_certificate": settings.state_dir / "cassandra/node.pem"}
    if access == SETUP and not settings.is_in_container:
        values |= {"listen_host": LOOPBACK, "cassandra_host": LOOPBACK}
    parts = [fill_template(name, values) for name in (access, "cassandra-nodes.yaml")]
    return fill_template("cassandra.yaml", values | {"cassandra_access": "\n".join(parts).strip()})


def cassandra_command(settings: StackSettings) -> list[str]:
    """The node's command line; its JMX port answers this machine only, and asks for a password."""
    folder, jars = settings.state_dir / "cassandra", settings.jars_dir / "cassandra"
    properties = {
        "cassandra.config": (folder / "cassandra.yaml").as_uri(),
        "cassandra.storagedir": str(folder),
        "cassandra.logdir": str(settings.state_dir / "logs"),
        "cassandra.jmx.local.port": str(settings.cassandra_jmx_port),
        "com.sun.management.jmxremote.authenticate": "true",
        "com.sun.management.jmxremote.password.file": str(folder / "jmx-login"),
        "cassandra.system_auth.default_rf": str(settings.cassandra_replicas),
        "cassandra-foreground": "yes",
        "java.io.tmpdir": str(temporary_dir(settings)),
        "user.timezone": "UTC",  # of times in CQL that name no zone
        "cassandra.skip_wait_for_gossip_to_settle": "0",  # one node has no other to wait for
        "cassandra.shutdown_announce_in_ms": "0",
        "logback.configurationFile": (ETC / "cassandra-logback.xml").as_uri(),
    }
    return [
        *("sh", str(ETC / "start-cassandra.sh"), str(folder / "commitlog")),
        "java",
        f"-Xms{settings.cassandra_heap}",
        f"-Xmx{settings.cassandra_heap}",
        "-XX:+UseG1GC",
        "-XX:+ExitOnOutOfMemoryError",
        *(f"-javaagent:{jar}" for jar in jars.glob("jamm-*.jar")),
        f"@{ETC / 'cassandra-jvm17.options'}",
        *(f"-D{name}={value}" for name, value in properties.items()),
        "-cp",
        f"{jars}/*",
        "org.apache.cassandra.service.CassandraDaemon",
    ]


def nodetool_command(settings: StackSettings) -> list[str]:
    """The command line of nodetool with the node's JMX port and the file of its login; a command and its arguments follow."""
    folder = settings.state_dir / "cassandra"
    login = ["-u", JMX_USER, "-pwf", str(folder / "jmx-login")]
    return [*tool_command(settings, "NodeTool"), "-p", str(settings.cassandra_jmx_port), *login]


def tool_command(settings: StackSettings, name: str) -> list[str]:
    """A class of org.apache.cassandra.tools, which finds the node's files; its arguments follow."""
    folder, log = settings.state_dir / "cassandra", ETC / "cassandra-tools-logback.xml"
    properties = {
        "cassandra.config": (folder / "cassandra.yaml").as_uri(),
        "cassandra.storagedir": str(folder),
        "logback.configurationFile": log.as_uri(),
        "user.home": str(folder),  # the history of nodetool lies there
    }
    options = [f"@{ETC / 'cassandra-jvm17.options'}", *(f"-D{key}={value}" for key, value in properties.items())]
    return ["java", *options, "-cp", f"{settings.jars_dir / 'cassandra'}/*", f"org.apache.cassandra.tools.{name}"]
