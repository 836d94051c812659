import re
from typing import Any

import pytest
from confluent_kafka import KafkaError

from barograph.errors import Transient
from barograph.settings import KafkaMechanism, Settings
from barograph.transport.client import (
    BrokerUnavailable,
    KafkaRefused,
    Refusals,
    client_config,
    explain_error,
    jaas,
    java_config,
    of_every_client,
)

STRANGE = "$ \"'% #@:\\ß=,;{}日本"
"""Signs of shells, .env files, JAAS, properties and SCRAM, a blank inside, and letters that are not ASCII."""
LOGIN: Any = {"kafka_username": "recorder", "kafka_password": STRANGE}


def unquote(login: str) -> dict[str, str]:
    """The options of a login module, as Java's StreamTokenizer reads quoted text."""
    options = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', login)
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in options}


def test_without_a_login_there_is_only_the_address() -> None:
    settings = Settings(kafka_host="a,b", kafka_port=1)
    assert client_config(settings) == java_config(settings) == {"bootstrap.servers": "a:1,b:1"}


def test_a_login_that_the_protocol_does_not_use_is_not_handed_on() -> None:
    settings = Settings(**LOGIN)
    assert STRANGE not in f"{client_config(settings)}{java_config(settings)}"


@pytest.mark.parametrize(
    ("mechanism", "module"),
    [
        ("SCRAM-SHA-512", "org.apache.kafka.common.security.scram.ScramLoginModule"),
        ("SCRAM-SHA-256", "org.apache.kafka.common.security.scram.ScramLoginModule"),
        ("PLAIN", "org.apache.kafka.common.security.plain.PlainLoginModule"),
    ],
)
def test_both_clients_get_the_password_as_it_is(mechanism: KafkaMechanism, module: str) -> None:
    settings = Settings(kafka_security_protocol="SASL_SSL", kafka_sasl_mechanism=mechanism, kafka_ca="/ca.pem", **LOGIN)
    client, java = client_config(settings), java_config(settings)
    assert (client["sasl.mechanism"], client["sasl.username"], client["sasl.password"]) == (mechanism, "recorder", STRANGE)
    assert (client["security.protocol"], client["ssl.ca.location"]) == ("SASL_SSL", "/ca.pem")
    assert java["sasl.mechanism"] == mechanism
    assert java["sasl.jaas.config"].startswith(f"{module} required ")
    assert unquote(java["sasl.jaas.config"]) == {"username": "recorder", "password": STRANGE}
    assert (java["ssl.truststore.type"], java["ssl.truststore.location"]) == ("PEM", "/ca.pem")


def test_encryption_without_a_login_has_no_login() -> None:
    settings = Settings(kafka_security_protocol="SSL", **LOGIN)
    assert client_config(settings) == java_config(settings) == {"bootstrap.servers": "127.0.0.1:9092", "security.protocol": "SSL"}


def test_a_password_cannot_end_its_quotes() -> None:
    assert jaas("PLAIN", {"password": '" user_x="'}).endswith(r'PlainLoginModule required password="\" user_x=\"";')


def test_other_clients_of_a_connection_get_its_address_and_login_and_no_producers_settings() -> None:
    settings = Settings(kafka_security_protocol="SASL_SSL", kafka_ca="/ca.pem", **LOGIN)
    assert of_every_client({**client_config(settings), "acks": "all", "linger.ms": 5}) == client_config(settings)


def test_a_refused_login_names_user_and_remedy_and_no_password() -> None:
    client = client_config(Settings(kafka_security_protocol="SASL_PLAINTEXT", **LOGIN))
    with pytest.raises(KafkaRefused) as told:
        Refusals(client)(KafkaError(KafkaError._AUTHENTICATION, "invalid credentials"))
    text = str(told.value)
    assert "Kafka at 127.0.0.1:9092 refuses the login of user recorder by SCRAM-SHA-512 (invalid credentials)" in text
    assert "KAFKA_USERNAME, KAFKA_PASSWORD" in text
    assert STRANGE not in text


def test_a_broker_that_is_away_is_no_refusal() -> None:
    client = client_config(Settings())
    Refusals(client)(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    away = explain_error(client, KafkaError(KafkaError._TRANSPORT, "Connection refused"), "create topic t")
    assert isinstance(away, BrokerUnavailable)
    assert isinstance(away, Transient)
    assert "Kafka at 127.0.0.1:9092 did not create topic t: Connection refused" in str(away)


def test_a_right_that_lacks_is_named_with_the_user() -> None:
    client = client_config(Settings(kafka_security_protocol="SASL_PLAINTEXT", **LOGIN))
    refused = explain_error(client, KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "not authorized"), "describe topic t")
    assert isinstance(refused, KafkaRefused)
    assert "did not describe topic t: user recorder has no right to it" in str(refused)
