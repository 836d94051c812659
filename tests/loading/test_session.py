import re

from pydantic import SecretStr

from barograph.loading.session import connection_conf
from barograph.settings import Settings


def test_spark_reaches_cassandra_as_every_other_client_does() -> None:
    given = Settings(
        cassandra_host="a,b",
        cassandra_port=1,
        cassandra_datacenter="berlin",
        cassandra_username="u",
        cassandra_password=SecretStr("p"),
    )
    assert connection_conf(given) == {
        "spark.cassandra.connection.host": "a,b",
        "spark.cassandra.connection.port": "1",
        "spark.cassandra.connection.localDC": "berlin",
        "spark.cassandra.auth.username": "u",
        "spark.cassandra.auth.password": "p",
    }


def test_the_password_is_under_a_name_whose_value_spark_never_shows() -> None:
    redacted = re.compile("(?i)secret|password|token|access[.]?key")  # the default of spark.redaction.regex
    given = connection_conf(Settings(cassandra_username="u", cassandra_password=SecretStr("5ecre7")))
    assert [redacted.search(name) is not None for name, value in given.items() if value == "5ecre7"] == [True]


def test_without_a_login_and_a_datacenter_the_connector_finds_its_own() -> None:
    assert set(connection_conf(Settings())) == {"spark.cassandra.connection.host", "spark.cassandra.connection.port"}
