"""What scenarios change in the configuration that stack/ writes: other addresses, several nodes."""

from typing import Final

from stack.cassandra import prepare_cassandra
from stack.kafka import configure_kafka, prepare_kafka
from stack.settings import StackSettings

ADDRESSES: Final = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
PROXY: Final = "127.0.0.2"
"""Where the services say that they are, with their own ports: no client can pass the proxy by."""


def advertise_kafka(settings: StackSettings) -> None:
    """The broker sends its clients to the proxy; the last of two equal names counts."""
    prepare_kafka(settings)
    with configure_kafka(settings).open("a", encoding="utf-8") as properties:
        properties.write(f"advertised.listeners=CLIENT://{PROXY}:{settings.kafka_port}\n")


def advertise_cassandra(settings: StackSettings) -> None:
    """The node sends its clients to the proxy."""
    prepare_cassandra(settings)
    path = settings.state_dir / "cassandra/cassandra.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("broadcast_rpc_address: 127.0.0.1", f"broadcast_rpc_address: {PROXY}"), encoding="utf-8")


def configure_broker(settings: StackSettings, number: int) -> None:
    """The stack's configuration, with an address, peers and three copies; the last of two equal names counts."""
    address, path = ADDRESSES[number - 1], configure_kafka(settings)
    client, controller = f"CLIENT://{address}:{settings.kafka_port}", f"CONTROLLER://{address}:{settings.kafka_controller_port}"
    voters = ",".join(f"{n}@{host}:{settings.kafka_controller_port}" for n, host in enumerate(ADDRESSES, start=1))
    own = {
        "node.id": number,
        "controller.quorum.voters": voters,
        "listeners": f"{client},{controller}",
        "advertised.listeners": client,
        "offsets.topic.replication.factor": 3,
        "transaction.state.log.replication.factor": 3,
        "transaction.state.log.min.isr": 2,
        "share.coordinator.state.topic.replication.factor": 3,
        "share.coordinator.state.topic.min.isr": 2,
    }
    with path.open("a", encoding="utf-8") as properties:
        properties.writelines(f"{name}={value}\n" for name, value in own.items())


def configure_cassandra(settings: StackSettings, number: int, certificate: str) -> None:
    """The stack's configuration, with an address and all nodes as seeds: they begin empty, so nothing need be copied.

    `certificate` is the one by which all nodes know each other.
    """
    prepare_cassandra(settings)
    (settings.state_dir / "cassandra/node.pem").write_text(certificate, encoding="ascii")
    path = settings.state_dir / "cassandra/cassandra.yaml"
    text = path.read_text(encoding="utf-8")
    seeds = ",".join(f"{host}:{settings.cassandra_storage_port}" for host in ADDRESSES)
    for kind in ("listen_address", "rpc_address"):
        text = text.replace(f"{kind}: 127.0.0.1", f"{kind}: {ADDRESSES[number - 1]}")
    path.write_text(text.replace(f'"127.0.0.1:{settings.cassandra_storage_port}"', f'"{seeds}"'), encoding="utf-8")
