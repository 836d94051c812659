"""How clients find Kafka and log in, under librdkafka's names and under those of Kafka's own client in Java; and its refusals."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from barograph.errors import BarographError, Permanent, Transient
from barograph.settings import Settings

ClientConfig = Mapping[str, str | int | float | bool]
"""What every client of one Kafka is made with, under librdkafka's names: addresses, login, encryption."""

T = TypeVar("T")

_LOGIN_MODULES: Final = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
_OF_CLIENTS: Final = ("bootstrap.servers", "security.protocol", "sasl.", "ssl.")
"""Beginnings of the names in a producer's configuration that are every client's."""

_NO_LOGIN: Final = frozenset((KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED))
NO_RIGHT: Final = frozenset((
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
))  # fmt: skip
"""Codes of what the user is not granted."""
_LOOK_EVERY_S: Final = 0.2


class KafkaRefused(Permanent):
    """Kafka refuses the login, or the right to do what was asked: change what the message names."""


class BrokerUnavailable(Transient):
    """Kafka does not answer: wait."""

    remedy = "look at the broker (./startup.sh status), then try again"


def client_config(settings: Settings) -> dict[str, str | int | float | bool]:
    """How librdkafka reaches the Kafka of `settings`; without a login where the protocol has none."""
    config: dict[str, str | int | float | bool] = {"bootstrap.servers": settings.kafka_bootstrap_servers}
    if settings.kafka_security_protocol != "PLAINTEXT":
        config["security.protocol"] = settings.kafka_security_protocol
    if settings.kafka_security_protocol.startswith("SASL_"):
        config["sasl.mechanism"] = settings.kafka_sasl_mechanism
        config["sasl.username"] = settings.kafka_username
        config["sasl.password"] = settings.kafka_password.get_secret_value()
    if settings.kafka_security_protocol.endswith("SSL") and settings.kafka_ca:
        config["ssl.ca.location"] = settings.kafka_ca
    return config


def java_config(settings: Settings) -> dict[str, str]:
    """The same for Kafka's client in Java."""
    config = {"bootstrap.servers": settings.kafka_bootstrap_servers}
    if settings.kafka_security_protocol != "PLAINTEXT":
        config["security.protocol"] = settings.kafka_security_protocol
    if settings.kafka_security_protocol.startswith("SASL_"):
        config["sasl.mechanism"] = settings.kafka_sasl_mechanism
        user = {"username": settings.kafka_username, "password": settings.kafka_password.get_secret_value()}
        config["sasl.jaas.config"] = jaas(settings.kafka_sasl_mechanism, user)
    if settings.kafka_security_protocol.endswith("SSL") and settings.kafka_ca:
        config |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": settings.kafka_ca}
    return config


def jaas(mechanism: str, options: Mapping[str, str]) -> str:
    """A login module of Java with its options; within quotes its parser knows two signs, the quote and the backslash."""
    signs = str.maketrans({"\\": "\\\\", '"': '\\"'})
    given = " ".join(f'{name}="{value.translate(signs)}"' for name, value in options.items())
    return f"{_LOGIN_MODULES[mechanism]} required {given};"


def of_every_client(config: ClientConfig) -> dict[str, str | int | float | bool]:
    """What another client of the same Kafka needs of a producer's configuration."""
    return {name: value for name, value in config.items() if name.startswith(_OF_CLIENTS)}


def explain_error(client: ClientConfig, error: KafkaError, doing: str = "answer") -> BarographError:
    """What the operator reads: `KafkaRefused` for a login or a right, else `BrokerUnavailable`; `doing`: what it did not do."""
    kafka, user = f"Kafka at {client['bootstrap.servers']}", client.get("sasl.username")
    if error.code() in _NO_LOGIN:
        who = f"the login of user {user} by {client.get('sasl.mechanism')}" if user else "clients without a login"
        return KafkaRefused(
            f"{kafka} refuses {who} ({error.str()}): for a cluster of your own correct KAFKA_USERNAME, KAFKA_PASSWORD and "
            "KAFKA_SASL_MECHANISM, or the connection of the task; the users of the stack's own Kafka are made by ./startup.sh"
        )
    if error.code() in NO_RIGHT:
        return KafkaRefused(
            f"{kafka} did not {doing}: user {user or 'ANONYMOUS'} has no right to it ({error.str()}). "
            "Grant it: docs/operations.md lists what each user needs; on the stack's own Kafka ./startup.sh does"
        )
    return BrokerUnavailable(f"{kafka} did not {doing}: {error.str()}")


class Refusals:
    """The `error_cb` of one client: raises `KafkaRefused` where the login is refused, in the call that waits for an answer.

    librdkafka would go on trying to log in, and say at last that nothing answered.
    """

    def __init__(self, client: ClientConfig) -> None:
        self._client = client

    def __call__(self, error: KafkaError) -> None:
        """See the class."""
        if error.code() in _NO_LOGIN:
            raise explain_error(self._client, error)


class Admin(AdminClient):
    """librdkafka's AdminClient, whose answers can be waited for without missing a refusal."""

    def __init__(self, client: ClientConfig) -> None:
        config: dict[str, Any] = {**client, "error_cb": Refusals(client), "log_level": 2}  # what fails is raised, not printed
        super().__init__(config)
        self.client = client

    def answer(self, future: Future[T], doing: str) -> T:
        """What `future` brings, which Kafka was asked for to do `doing` (as in `explain_error`).

        Raises:
            KafkaRefused: Kafka refuses the login or the right.
            KafkaException: anything else.
        """
        while True:
            try:
                return future.result(_LOOK_EVERY_S)
            except TimeoutError:
                self.poll(0)
            except KafkaException as error:
                if error.args[0].code() in NO_RIGHT:
                    raise explain_error(self.client, error.args[0], doing) from error
                raise
