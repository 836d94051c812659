"""Cassandra: one node, started from its jars on Java 17."""

from stack.settings import StackSettings
from stack.templates import ETC, fill_template, service_values, temporary_dir, write_file


def prepare_cassandra(settings: StackSettings) -> None:
    """Write the configuration."""
    write_file(settings.state_dir / "cassandra/cassandra.yaml", cassandra_yaml(settings))


def cassandra_yaml(settings: StackSettings) -> str:
    """The node's configuration."""
    return fill_template("cassandra.yaml", service_values(settings))


def cassandra_command(settings: StackSettings) -> list[str]:
    """The node's command line; its JMX port answers this machine only."""
    folder, jars = settings.state_dir / "cassandra", settings.jars_dir / "cassandra"
    properties = {
        "cassandra.config": (folder / "cassandra.yaml").as_uri(),
        "cassandra.storagedir": str(folder),
        "cassandra.jmx.local.port": str(settings.cassandra_jmx_port),
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
