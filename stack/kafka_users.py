"""Who may log in at the stack's own Kafka, and what each may do. All of it is made again at each start, and what is more goes."""

import hashlib
import secrets
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from barograph.model.resolution import RESOLUTIONS
from barograph.transport.client import Admin, client_config, explain_error
from barograph.transport.ranges import GROUP
from stack.errors import StackError
from stack.health import open_socket
from stack.kafka import BROKER
from stack.logins import USERS, password, settings_as
from stack.settings import StackSettings

LIVE_TOPICS: Final = ("meteo", "kafka-weather-events", "raw_probes_results", "iot-sensor-stream")
"""What feeds publish live, and all that they may write."""

ITERATIONS: Final = 4096
"""Of SCRAM: Kafka's own least. The passwords are random, so that more would not make them harder to guess."""

_ADMIN: Final = "admin"
_DOING: Final = "make its users"
_TIMEOUT_S: Final = 30
_HANDSHAKE, _AUTHENTICATE, _ALTER_SCRAM = (17, 1), (36, 1), (51, 0)
"""Requests of Kafka's protocol with their versions. Source: kafka.apache.org/protocol."""
_SHA_512: Final = 2


def has_own_kafka(settings: StackSettings) -> bool:
    """Whether clients use the stack's own Kafka: to another one they have a login of the user's, or none."""
    return settings.kafka_security_protocol.startswith("SASL_") and not settings.kafka_username


def make_users(settings: StackSettings) -> None:
    """Every user with its password of today and its rights, none with more; as admin, which is there (`make_first_users`).

    Raises:
        KafkaRefused: Kafka refuses admin.
        BrokerUnavailable: Kafka does not answer.
    """
    if not has_own_kafka(settings):
        return
    client = client_config(settings_as(settings, _ADMIN))
    admin = Admin(client)
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    changed: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(user, info, password(settings, "kafka", user).encode()) for user in USERS["kafka"]
    ]
    wanted = set(list_rights(settings))
    try:
        for done in admin.alter_user_scram_credentials(changed, request_timeout=_TIMEOUT_S).values():
            admin.answer(done, _DOING)
        for granted in admin.create_acls(list(wanted), request_timeout=_TIMEOUT_S).values():
            admin.answer(granted, _DOING)
        known = admin.answer(admin.describe_acls(_every_right(), request_timeout=_TIMEOUT_S), _DOING)
        surplus = [
            _only(right) for right in known if right not in wanted and right.principal in set(map(_principal, USERS["kafka"]))
        ]
        for taken in (admin.delete_acls(surplus, request_timeout=_TIMEOUT_S) if surplus else {}).values():
            admin.answer(taken, _DOING)
    except KafkaException as error:
        raise explain_error(client, error.args[0], _DOING) from error


def list_rights(settings: StackSettings) -> Iterator[AclBinding]:
    """What each user may do. Writing and reading include describing; admin and the broker may do everything (super.users)."""
    recorded = [settings.topic(resolution) for resolution in RESOLUTIONS]
    for topic in recorded:
        for operation in (AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS):
            yield _right("producer", ResourceType.TOPIC, topic, operation)
        yield _right("loader", ResourceType.TOPIC, topic, AclOperation.DESCRIBE_CONFIGS)
    for topic in (*recorded, *LIVE_TOPICS):
        yield _right("loader", ResourceType.TOPIC, topic, AclOperation.READ)
    for topic in LIVE_TOPICS:
        yield _right("feed", ResourceType.TOPIC, topic, AclOperation.WRITE)
    for operation in (AclOperation.READ, AclOperation.DESCRIBE_CONFIGS):
        yield _right("reader", ResourceType.TOPIC, "*", operation)
    for user, group in (("loader", GROUP), ("reader", "reader")):
        yield _right(user, ResourceType.GROUP, group, AclOperation.READ, ResourcePatternType.PREFIXED)


def _right(
    user: str, kind: ResourceType, name: str, operation: AclOperation, pattern: ResourcePatternType = ResourcePatternType.LITERAL
) -> AclBinding:
    return AclBinding(kind, name, pattern, _principal(user), "*", operation, AclPermissionType.ALLOW)


def _principal(user: str) -> str:
    return f"User:{user}"


def _every_right() -> AclBindingFilter:
    any_ = (AclOperation.ANY, AclPermissionType.ANY)
    every: Any = None  # typed as text, documented to match any value
    return AclBindingFilter(ResourceType.ANY, every, ResourcePatternType.ANY, every, every, *any_)


def _only(right: AclBinding) -> AclBindingFilter:
    what = (right.restype, right.name, right.resource_pattern_type)
    return AclBindingFilter(*what, right.principal, right.host, right.operation, right.permission_type)


def make_first_users(settings: StackSettings, hosts: tuple[str, ...] = ()) -> bool:
    """Let admin and the broker log in, whatever the data folder knew before; False while no controller answers.

    The broker that asks for a login has none to make one with, so this goes to the controller, where the broker's password is in
    its configuration. No client library asks a controller for users (the AdminClient of Kafka 4.1 refuses), so the three requests
    are written here. Of several `hosts` the one that leads makes the users; the others say that they do not lead.

    Raises:
        StackError: the controller refuses.
    """
    users = {user: password(settings, "kafka", user) for user in (_ADMIN, BROKER)}
    refusals = []
    hosts = hosts or (settings.kafka_controller_host,)
    for host in hosts:
        try:
            with open_socket(settings, host, settings.kafka_controller_port) as connection:
                connection.settimeout(_TIMEOUT_S)
                refusals.append(alter_users(Controller(connection), users))
        except OSError:
            continue
        if not refusals[-1]:
            return True
    if len(hosts) == 1 and refusals:
        raise StackError(f"Kafka's controller does not make the users {', '.join(users)}: {refusals[0]}")
    return False


class Controller:
    """A connection to Kafka's controller."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def ask(self, kind: tuple[int, int], body: bytes, *, is_flexible: bool = False) -> bytes:
        """The body of the answer to one request."""
        client = b"barograph"
        head = struct.pack(">hhih", *kind, 0, len(client)) + client + (b"\0" if is_flexible else b"")
        self._connection.sendall(struct.pack(">i", len(head) + len(body)) + head + body)
        (length,) = struct.unpack(">i", self._read(4))
        return self._read(length)[4:]  # behind the number of the request

    def _read(self, length: int) -> bytes:
        answer = b""
        while len(answer) < length:
            piece = self._connection.recv(length - len(answer))
            if not piece:
                raise ConnectionError("the controller closed the connection")
            answer += piece
        return answer


def alter_users(controller: Controller, users: Mapping[str, str]) -> str:
    """Set the SCRAM passwords of `users`; why the controller refuses, empty when it does not."""
    controller.ask(_HANDSHAKE, struct.pack(">h", 5) + b"PLAIN")
    token = f"\0{BROKER}\0{users[BROKER]}".encode()
    told = controller.ask(_AUTHENTICATE, struct.pack(">i", len(token)) + token)
    if told[:2] != b"\0\0":
        return "it does not take the broker's password, so it was started with another one: ./startup.sh down, then start again"
    upserted = b"".join(_credential(user, secret) for user, secret in users.items())
    answer = controller.ask(_ALTER_SCRAM, b"\1" + bytes([len(users) + 1]) + upserted + b"\0", is_flexible=True)
    at = 6  # no tags, the time to wait, how many users
    for user in users:
        at += 1 + len(user)
        (code,) = struct.unpack_from(">h", answer, at)
        if code:
            return f"error {code} of Kafka's protocol"
        at += 4  # the code, no message, no tags
    return ""


def _credential(user: str, secret: str) -> bytes:
    salt = secrets.token_bytes(32)
    salted = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, ITERATIONS)
    return _compact(user.encode()) + struct.pack(">bi", _SHA_512, ITERATIONS) + _compact(salt) + _compact(salted) + b"\0"


def _compact(text: bytes) -> bytes:
    """Bytes behind their length, which one byte holds for all that is sent here."""
    return bytes([len(text) + 1]) + text
