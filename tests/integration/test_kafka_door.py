"""Who comes in at Kafka: a broker of its own, whose data folder the previous release made, without users or logins."""

import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._scram import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from confluent_kafka.cimpl import NewTopic

from barograph.transport.client import Admin, KafkaRefused, client_config, java_config
from barograph.transport.delivery import Delivery, open_producer
from barograph.transport.ranges import looking_at_kafka, read_range
from barograph.transport.topics import check_topic, create_topics, topic_id
from stack.health import find_problem
from stack.kafka import format_kafka, kafka_command, make_cluster_id
from stack.kafka_users import ITERATIONS, LIVE_TOPICS, Controller, alter_users, make_users
from stack.logins import Role, make_logins, password, settings_as
from stack.programs import find_program
from stack.settings import StackSettings
from stack.side_services import SideServices
from stack.startup import Startup
from stack.supervision import Supervisor
from stack.templates import write_file

pytestmark = pytest.mark.integration

PREVIOUS_RELEASE: Final = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PUBLIC:PLAINTEXT
log.dirs=../kafka/data
auto.create.topics.enable=false
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
"""
"""The broker as the previous release configured it."""

TOPIC: Final = "hourlymetrics"
STRANGE: Final = "$ \"'% #@:\\ß=,;{}日本"
"""As in tests/transport/test_client.py."""

PLAIN: Final = {"sasl.mechanism": "PLAIN"}

Client = dict[str, Any]


@dataclass
class Door:
    """The running broker, and how each user comes in."""

    side: SideServices

    @property
    def settings(self) -> StackSettings:
        """Without a login."""
        return self.side.own_settings

    def client(self, role: Role) -> Client:
        """The login of a role's processes."""
        return client_config(settings_as(self.settings, role))

    def user(self, name: str, secret: str | None = None) -> Client:
        """The login of a user, by another password than its own if one is given."""
        own = {"sasl.username": name, "sasl.password": secret or password(self.settings, "kafka", name)}
        return {**self.client("admin"), **own}

    def anonymous(self, port: int | None = None) -> Client:
        """No login at all."""
        return {"bootstrap.servers": f"127.0.0.1:{port or self.settings.kafka_port}", "log_level": 0}

    def restart(self) -> None:
        """Stop the broker and start it as `./startup.sh` does."""
        supervisor = Supervisor(self.settings)
        supervisor.stop(["kafka"])
        Startup(self.settings, supervisor).bring_up(find_program("kafka"))


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    """The broker of this release on the data of the previous one, which holds a record."""
    side = SideServices("kafka-door", KAFKA_HEAP="256m")
    side.prepare()
    try:
        leave_as_previous_release(side)
        side.start_one("kafka")
        make_users(side.own_settings)
        create_topics(client_config(side.settings), LIVE_TOPICS)
        yield Door(side)
    finally:
        side.remove()


def leave_as_previous_release(side: SideServices) -> None:
    """A data folder that was formatted and used without users, and one record in it."""
    settings = side.own_settings
    ports = {"port": settings.kafka_port, "controller": settings.kafka_controller_port}
    write_file(settings.state_dir / "kafka/server.properties", PREVIOUS_RELEASE.format(**ports))
    format_kafka(settings, make_cluster_id())
    with subprocess.Popen(kafka_command(settings), cwd=settings.state_dir / "run", stdout=subprocess.DEVNULL) as broker:
        try:
            open_to_all: dict[str, Any] = {"bootstrap.servers": f"127.0.0.1:{settings.kafka_port}", "log_level": 0}
            admin = AdminClient(open_to_all)
            admin.create_topics([NewTopic(TOPIC, 4)], request_timeout=90, operation_timeout=90)[TOPIC].result(90)
            producer = Producer(open_to_all)
            producer.produce(TOPIC, b"of the previous release", b"1,2", partition=0)
            assert producer.flush(60) == 0
        finally:
            broker.terminate()


def refusal(client: Client) -> str:
    """Why the broker does not let a client in, or describe a topic."""
    with pytest.raises(KafkaRefused) as told:
        topic_id(client, TOPIC)
    return str(told.value)


def send(client: Client, topic: str) -> str:
    """Why a record is not taken; empty when it is."""
    delivery = Delivery(open_producer({**client, "message.timeout.ms": 20_000, "log_level": 0}), topic, "topic-id", [])
    try:
        delivery.add([(b"key", b"value")])
        delivery.flush(30)
    except KafkaRefused as refused:
        return str(refused)
    return ""


def read(client: Client, topic: str, group: str) -> bytes | KafkaError:
    """The first record of a topic's first partition, or why there is none."""
    consumer = Consumer({**client, "group.id": group, "enable.auto.commit": False, "log_level": 0})
    try:
        (committed,) = consumer.committed([TopicPartition(topic, 0)], timeout=30)  # for the group alone to know
        if committed.error:
            return committed.error
        consumer.assign([TopicPartition(topic, 0, 0)])
        (message,) = consumer.consume(1, timeout=30)
        return message.error() or bytes(message.value() or b"")
    except KafkaException as refused:
        reason: KafkaError = refused.args[0]
        return reason
    finally:
        consumer.close()


def test_the_records_of_the_previous_release_are_kept(door: Door) -> None:
    assert read(door.client("loader"), TOPIC, "barograph") == b"of the previous release"


def test_nobody_comes_in_without_a_login(door: Door) -> None:
    with pytest.raises(KafkaException):
        AdminClient(door.anonymous()).list_topics(timeout=5)


def controller_says(settings: StackSettings, secret: str) -> str:
    """What the controller answers to the broker's name with this password."""
    with socket.create_connection(("127.0.0.1", settings.kafka_controller_port), 10) as connection:
        return alter_users(Controller(connection), {"broker": secret})


def test_the_controllers_port_takes_no_one_without_the_brokers_password(door: Door) -> None:
    port = door.settings.kafka_controller_port
    for login in ({}, door.user("admin"), {**door.user("admin"), **PLAIN}):
        with pytest.raises(KafkaException):
            AdminClient({**login, **door.anonymous(port)}).list_topics(timeout=5)
    assert "does not take the broker's password" in controller_says(door.settings, "wrong")


@pytest.mark.parametrize("name", ["admin", "broker", "producer", "loader", "feed", "reader", "stranger"])
def test_a_wrong_password_is_refused_at_once_with_the_remedy(door: Door, name: str) -> None:
    said = refusal(door.user(name, "wrong"))
    assert f"refuses the login of user {name}" in said
    assert "KAFKA_USERNAME" in said


def test_no_password_is_taken_as_it_is(door: Door) -> None:
    assert "Unsupported SASL mechanism" in refusal({**door.user("broker"), **PLAIN})


@pytest.mark.parametrize(
    ("name", "topic", "may_write"),
    [
        ("producer", TOPIC, True),
        ("producer", LIVE_TOPICS[0], False),
        ("loader", TOPIC, False),
        ("feed", LIVE_TOPICS[0], True),
        ("feed", TOPIC, False),
        ("reader", TOPIC, False),
        ("reader", LIVE_TOPICS[0], False),
    ],
)
def test_each_user_writes_where_it_must_and_nowhere_else(door: Door, name: str, topic: str, may_write: bool) -> None:
    why = send(door.user(name), topic)
    assert (why == "") == may_write, why
    assert may_write or "0 of 1 records acknowledged" in why, why


@pytest.mark.parametrize(
    ("name", "group", "may_read"),
    [
        ("producer", "barograph", False),
        ("feed", "feed", False),
        ("loader", "barograph", True),
        ("loader", "another", False),
        ("reader", "reader-of-mine", True),
        ("reader", "barograph", False),
    ],
)
def test_each_user_reads_what_it_must_and_in_groups_of_its_own(door: Door, name: str, group: str, may_read: bool) -> None:
    found = read(door.user(name), TOPIC, group)
    assert isinstance(found, bytes) == may_read, found


@pytest.mark.parametrize("name", ["producer", "loader", "feed", "reader"])
def test_no_user_but_admin_makes_topics_or_users(door: Door, name: str) -> None:
    with pytest.raises(KafkaRefused, match=f"user {name} has no right"):
        create_topics(door.user(name), [f"of-{name}"])
    admin = Admin(door.user(name))
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    (done,) = admin.alter_user_scram_credentials([UserScramCredentialUpsertion("mallory", info, b"x")]).values()
    with pytest.raises((KafkaRefused, KafkaException)):
        admin.answer(done, "make a user")


def test_topics_that_are_there_need_no_right_to_create_them(door: Door) -> None:
    assert create_topics(door.user("producer"), [TOPIC]) == []


def test_a_producer_proves_its_delivery_and_looks_at_kafka_without_the_right_to_read(door: Door) -> None:
    client = door.client("producer")
    known_id = check_topic(client, TOPIC)
    delivery = Delivery(open_producer(client), TOPIC, known_id, [("attempt_id", b"a")])
    delivery.add([(b"1,2", b"{}")])
    manifest = delivery.flush(30)
    assert looking_at_kafka(client)(manifest) == ""
    with pytest.raises(KafkaRefused, match=f"did not return topic {TOPIC}: user producer has no right"):
        list(read_range(client, manifest, "a"))
    assert [message.value() for message in read_range(door.client("loader"), manifest, "a")] == [b"{}"]


def test_users_and_rights_survive_a_restart(door: Door) -> None:
    door.restart()
    assert find_problem(door.settings, "kafka") == ""
    assert send(door.user("producer"), TOPIC) == ""
    assert send(door.user("reader"), TOPIC)


def test_a_right_that_is_not_wanted_any_more_is_taken_away(door: Door) -> None:
    renamed = door.settings.model_copy(update={"hourly_data_topic": "otherhourly"})
    make_users(renamed)
    assert send(door.user("producer"), TOPIC)
    make_users(door.settings)
    assert send(door.user("producer"), TOPIC) == ""


def test_lost_passwords_are_made_again_and_the_old_ones_refused(door: Door) -> None:
    before = door.user("admin"), door.user("producer")
    (door.settings.logins_dir / "passwords.json").unlink()
    make_logins(door.settings)
    door.restart()
    make_users(door.settings)
    assert send(door.user("producer"), TOPIC) == ""
    assert [("refuses the login" in refusal(login)) for login in before] == [True, True]


def test_a_password_with_every_sign_is_the_same_for_both_clients(door: Door) -> None:
    admin = Admin(door.client("admin"))
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    upsertion = UserScramCredentialUpsertion("strange", info, STRANGE.encode())
    admin.answer(admin.alter_user_scram_credentials([upsertion])["strange"], "make a user")
    login = door.user("strange", STRANGE)
    assert "has no right to it" in refusal(login)
    assert send(login, TOPIC)
    settings = settings_as(door.settings, "admin").model_copy(
        update={"kafka_username": "strange", "kafka_password": type(door.settings.kafka_password)(STRANGE)}
    )
    said = ask_by_java(settings)
    assert "SaslAuthenticationException" not in said
    assert "ClusterAuthorizationException" in said


def ask_by_java(settings: StackSettings) -> str:
    """What Kafka's own command says to a login when it asks for all rights."""
    path = settings.state_dir / "run/strange.properties"
    lines = "".join(f"{name}={value}\n" for name, value in java_config(settings).items()).replace("\\", "\\\\")
    write_file(path, re.sub(r"[^\0-\x7f]", lambda letter: f"\\u{ord(letter[0]):04x}", lines))
    java = ["java", "-cp", f"{settings.jars_dir / 'kafka'}/*", "org.apache.kafka.tools.AclCommand"]
    command = [*java, "--bootstrap-server", settings.kafka_bootstrap_servers, "--command-config", str(path), "--list"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout + done.stderr
