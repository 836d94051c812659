"""What is tried at Kafka: its clients' port, and that of its controller."""

import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from barograph.transport.ranges import GROUP
from stack.logins import password
from tests.security.attempts import Attempt, Target, encryption, tell

PATIENCE_S = 8
Config = Mapping[str, str | int | bool]
USERS = ("admin", "broker", "producer", "loader", "feed", "reader")

DESCRIBE_QUORUM = struct.pack(">hhihb", 55, 0, 1, -1, 0) + (
    b"\x02" + b"\x13__cluster_metadata" + b"\x02" + struct.pack(">i", 0) + b"\x00" + b"\x00" + b"\x00"
)
"""A request that a controller answers to anybody whom it lets in: header 2 without a client id, one topic, one partition."""

TLS_ALERT = b"\x15"
"""How a TLS record of this kind begins."""


def try_broker(target: Target) -> Iterator[Attempt]:
    """Strangers and wrong passwords; with TLS, both without it too."""
    for is_encrypted in target.ways:
        how = ", plain text" if target.settings.tls and not is_encrypted else ""
        yield _look(_client(target, is_encrypted), f"anonymous{how}")
        for user in USERS:
            yield _look(_client(target, is_encrypted, user, "wrong"), f"{user}, wrong password{how}")


def try_brokers_users(target: Target) -> Iterator[Attempt]:
    """Users within their rights, and beyond them."""
    settings = target.settings
    logins = {user: _client(target, settings.tls, user, password(settings, "kafka", user)) for user in USERS}
    topic = target.settings.hourly_data_topic
    yield _send(logins["reader"], "reader", topic)
    yield _send(logins["feed"], "feed", topic)
    yield _send(logins["loader"], "loader", topic)
    yield replace(_read(logins["loader"], "loader", topic, GROUP), is_meant=True)
    yield replace(_read(logins["reader"], "reader", topic, "reader-doors"), is_meant=True)
    yield _read(logins["producer"], "producer", topic)
    yield _read(logins["feed"], "feed", topic)
    for user in ("producer", "loader", "feed", "reader"):
        yield from _administer(logins[user], user, topic)


def try_controller(target: Target) -> Iterator[Attempt]:
    """Somebody asks the controller about its quorum without saying who they are; with TLS, without it too."""
    for is_encrypted in target.ways:
        try:
            with socket.create_connection(target.address, 5) as connection:
                stranger = encryption().wrap_socket(connection) if is_encrypted else connection
                stranger.settimeout(5)
                stranger.sendall(struct.pack(">i", len(DESCRIBE_QUORUM)) + DESCRIBE_QUORUM)
                answer = stranger.recv(256)
        except OSError as error:
            answer, told = b"", tell(error)
        else:
            told = f"{len(answer)} bytes" if answer else "closed"
        is_alert = answer[:1] == TLS_ALERT  # the answer of a port that expects TLS
        how = ", plain text" if target.settings.tls and not is_encrypted else ""
        yield Attempt(
            "kafka controller", f"anonymous{how}", "describe the quorum", told, is_open=bool(answer) and not (how and is_alert)
        )


def _client(target: Target, is_encrypted: bool, user: str = "", secret: str = "") -> Config:
    """How a client is configured; without a user it does not log in, and it takes any certificate."""
    transport = "SSL" if is_encrypted else "PLAINTEXT"
    login = {"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": user, "sasl.password": secret}
    return {
        "bootstrap.servers": "{}:{}".format(*target.address),
        "log_level": 0,
        "socket.timeout.ms": 5000,
        "enable.ssl.certificate.verification": False,
        "security.protocol": f"SASL_{transport}" if user else transport,
        **(login if user else {}),
    }


def _look(config: Config, who: str) -> Attempt:
    """Whoever comes in is given the list of brokers."""
    reasons: list[str] = []
    configured: dict[str, Any] = {**config, "error_cb": lambda error: reasons.append(error.str())}
    client = AdminClient(configured)
    try:
        brokers = client.list_topics(timeout=PATIENCE_S).brokers
    except KafkaException as error:
        client.poll(0)
        return Attempt("kafka", who, "list topics", next(iter(reasons), tell(error))[-160:], is_open=False)
    return Attempt("kafka", who, "list topics", f"{len(brokers)} brokers", is_open=True)


def _send(config: Config, who: str, topic: str) -> Attempt:
    """A record that looks like one of ours; the broker's report says what became of it."""
    reports: list[str] = []
    producer = Producer({**config, "message.timeout.ms": PATIENCE_S * 1000, "enable.idempotence": False})
    producer.produce(topic, b"{}", b"forged", on_delivery=lambda error, _: reports.append(error.str() if error else ""))
    producer.flush(PATIENCE_S + 2)
    told = reports[0] if reports else "no report"
    return Attempt("kafka", who, f"produce to {topic}", told or "taken", is_open=told == "")


def _read(config: Config, who: str, topic: str, group: str = GROUP) -> Attempt:
    """The first records of a topic."""
    consumer = Consumer({**config, "group.id": group, "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(4)])
        messages = consumer.consume(1, timeout=PATIENCE_S)
    except KafkaException as error:
        return Attempt("kafka", who, f"read {topic}", tell(error), is_open=False)
    finally:
        consumer.close()
    records = [message for message in messages if message.error() is None]
    told = [str(message.error()) for message in messages if message.error()]
    return Attempt("kafka", who, f"read {topic}", told[0] if told else f"{len(records)} records", is_open=bool(records))


def _administer(config: Config, who: str, topic: str) -> Iterator[Attempt]:
    admin = AdminClient(dict(config))
    right = AclBinding(
        ResourceType.TOPIC, "*", ResourcePatternType.LITERAL, f"User:{who}", "*", AclOperation.ALL, AclPermissionType.ALLOW
    )
    tries: dict[str, Callable[[], Mapping[Any, Future[Any]]]] = {
        f"delete topic {topic}": lambda: admin.delete_topics([topic], request_timeout=PATIENCE_S),
        "take all rights": lambda: admin.create_acls([right], request_timeout=PATIENCE_S),
    }
    for what, begin in tries.items():
        try:
            for future in begin().values():
                future.result()
        except KafkaException as error:
            yield Attempt("kafka", who, what, tell(error), is_open=False)
        else:
            yield Attempt("kafka", who, what, "done", is_open=True)
