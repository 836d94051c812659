"""Three brokers and three Cassandra nodes at 127.0.0.1 to 127.0.0.3, each pair under a supervisord of its own."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from barograph.errors import StoreUnavailable
from barograph.transport.client import client_config
from stack.cassandra import prepare_cassandra
from stack.kafka import format_kafka, make_cluster_id
from stack.kafka_users import make_first_users
from stack.logins import make_logins
from stack.programs import find_program
from stack.side_services import SideServices
from stack.startup import Startup
from stack.supervision import Supervisor
from tests.failure.node_files import ADDRESSES, configure_broker, configure_cassandra
from tests.failure.side_world import SMALL

REPLICATION: Final = {"KAFKA_REPLICAS": "3", "KAFKA_MIN_INSYNC_REPLICAS": "2", "CASSANDRA_REPLICAS": "3"}
HOSTS: Final = {"KAFKA_HOST": ",".join(ADDRESSES), "CASSANDRA_HOST": ",".join(ADDRESSES)}
UP_S: Final = 300


class ThreeNodes:
    """The cluster. `first` is its first node, whose settings name all three; the stand-in runs there."""

    def __init__(self) -> None:
        self.first = SideServices("node-1", **SMALL, **HOSTS, **REPLICATION)
        shared = {name.upper(): str(value) for name, value in self.first.settings if name.endswith("_port")}
        shared.pop("CASSANDRA_JMX_PORT")  # it listens at 127.0.0.1 whatever the node's address is
        shared["LOGINS_DIR"] = str(self.first.settings.logins_dir)
        self._nodes = (
            self.first,
            *(SideServices(f"node-{number}", **SMALL, **HOSTS, **REPLICATION, **shared) for number in (2, 3)),
        )
        self._supervisors: list[Supervisor] = []

    def start(self) -> None:
        """Bring all of it up, topics and tables made."""
        cluster_id = make_cluster_id()
        for number, node in enumerate(self._nodes, start=1):
            node.prepare()
            make_logins(node.own_settings)
            configure_broker(node.settings, number)
            format_kafka(node.settings, cluster_id)
            self._supervisors.append(node.begin())
            self._supervisors[-1].start("kafka")
        self._make_first_users()
        self._make_roles()
        self._supervisors[0].start("standin")
        for number, supervisor in enumerate(self._supervisors, start=1):  # one after the other: each must learn of those before
            supervisor.start("cassandra")
            self.await_cassandra(number)
        self.await_all()
        self.first.make_tables()

    def _make_first_users(self) -> None:
        until = time.monotonic() + UP_S
        while not make_first_users(self.first.own_settings, ADDRESSES):
            assert time.monotonic() < until, f"no controller made users within {UP_S} s"
            time.sleep(1)

    def _make_roles(self) -> None:
        """Each node, still alone at 127.0.0.1, gets the same roles; then its own address."""
        program = find_program("cassandra")
        for node, supervisor in zip(self._nodes, self._supervisors, strict=True):
            prepare_cassandra(node.own_settings)
            Startup(node.own_settings, supervisor).make_roles(program)
        certificate = (self.first.folder / "cassandra/node.pem").read_text(encoding="ascii")
        for number, node in enumerate(self._nodes, start=1):
            configure_cassandra(node.own_settings, number, certificate)

    def kill(self, number: int, name: str) -> None:
        """Make an end (-9) of `name` on node `number` (1 to 3); its supervisord starts it again."""
        psutil.Process(self._supervisors[number - 1].states()[name][1]).kill()

    def kill_for_good(self, number: int, name: str) -> None:
        """The same, and it stays away until `start_again`."""
        self.kill(number, name)
        supervisor = self._supervisors[number - 1]
        while supervisor.states()[name][0] != "STOPPED":  # it is between its end and its next start for a moment
            supervisor.stop([name])
            time.sleep(0.1)

    def start_again(self, number: int, name: str) -> None:
        """What was killed for good runs again."""
        self._supervisors[number - 1].start(name)

    def await_all(self) -> None:
        """Wait until every node is there."""
        self.await_brokers(len(ADDRESSES))
        self.await_cassandra(len(ADDRESSES))

    def await_brokers(self, count: int) -> None:
        """Wait until `count` brokers are there."""
        admin = AdminClient({**client_config(self.first.settings), "log_level": 0})
        until, brokers = time.monotonic() + UP_S, 0
        while brokers < count:
            assert time.monotonic() < until, f"{brokers} brokers of {count} after {UP_S} s"
            time.sleep(1)
            try:
                brokers = len(admin.list_topics(timeout=5).brokers)
            except KafkaException:
                continue

    def await_cassandra(self, count: int) -> None:
        """Wait until a client reaches `count` Cassandra nodes."""
        until, up = time.monotonic() + UP_S, 0
        while up < count:
            assert time.monotonic() < until, f"{up} Cassandra nodes of {count} after {UP_S} s"
            time.sleep(1)
            try:
                with self.first.cassandra() as session:
                    up = sum(bool(host.is_up) for host in session.cluster.metadata.all_hosts())
            except StoreUnavailable:
                continue

    def remove(self) -> None:
        """Stop all of it and delete its data."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(SideServices.remove, self._nodes))
