import re
from pathlib import Path

import pytest
from cassandra.metadata import cql_keywords_reserved
from pydantic import ValidationError

from barograph.model.variables import RESOLUTIONS
from barograph.settings import OWN_TABLES, RESERVED, Settings
from barograph.store.drift import expected_tables

EXAMPLE = Path(__file__).parents[1] / ".env.example"
DOCUMENTED = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from the shell that runs the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained_in_env_example(name: str) -> None:
    assert name.upper() in DOCUMENTED


@pytest.mark.parametrize("name", Settings.model_fields)
def test_env_example_and_the_default_agree(name: str) -> None:
    written = DOCUMENTED[name.upper()]
    assert written in ("", str(Settings.model_fields[name].default))


def test_the_names_that_users_know_are_the_defaults() -> None:
    settings = Settings()
    assert (settings.base_url, settings.hourly_data_topic, settings.daily_data_topic) == (
        *("https://api.open-meteo.com/v1/dwd-icon", "hourlymetrics", "dailymetrics"),
    )
    assert (settings.hourly_sink_table, settings.daily_sink_table, settings.cassandra_keyspace) == (
        *("hourlydata", "dailydata", "analytics"),
    )


def test_an_empty_variable_leaves_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPEN_METEO_MODE", "")
    assert Settings().open_meteo_mode == "online"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PORT", "19092")
    assert Settings().kafka_bootstrap_servers == "127.0.0.1:19092"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPEN_METEO_MODE", "offline"),
        ("CASSANDRA_KEYSPACE", "a;b"),
        ("CASSANDRA_KEYSPACE", "Analytics"),
        ("CASSANDRA_KEYSPACE", "k" * 49),
        ("CASSANDRA_KEYSPACE", '"Analytics"'),
        ("CASSANDRA_KEYSPACE", "1st"),
        ("CASSANDRA_KEYSPACE", "keyspace"),
        ("CASSANDRA_KEYSPACE", "system_auth"),
        ("HOURLY_SINK_TABLE", "../x"),
        ("HOURLY_SINK_TABLE", "select"),
        ("HOURLY_SINK_TABLE", "ingest_ledger"),
        ("DAILY_SINK_TABLE", "locations"),
        ("DAILY_SINK_TABLE", "quarantine"),
        ("DAILY_SINK_TABLE", "version_clock"),
        ("HOURLY_DATA_TOPIC", "../x"),
        ("HOURLY_DATA_TOPIC", "__consumer_offsets"),
        ("DAILY_DATA_TOPIC", "a.b"),
        ("DAILY_DATA_TOPIC", "t" * 250),
        ("BASE_URL", "file:///etc/passwd"),
        ("BASE_URL", "https://good.com@evil.example/v1/dwd-icon"),
        ("BASE_URL", "https://api.open-meteo.com/v1/forecast"),
        ("ARCHIVE_URL", "file:///etc/passwd"),
        ("ARCHIVE_URL", "https://good.com@evil.example/v1/archive"),
        ("HISTORICAL_FORECAST_URL", "historical-forecast-api.open-meteo.com/v1/forecast"),
        ("BATCH_LOCATIONS", "0"),
        ("BATCH_LOCATIONS", "1001"),
        ("CHUNK_OBSERVATIONS", "23"),
        ("KAFKA_PORT", "many"),
        ("KAFKA_HOST", "one two"),
        ("CASSANDRA_HOST", "one,"),
        ("CASSANDRA_REPLICAS", "0"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CASSANDRA_KEYSPACE", "a;b", "small letters, digits or _, 48 at most: choose such a one"),
        ("CASSANDRA_KEYSPACE", "where", "CQL or Cassandra itself uses this word: choose another name"),
        ("HOURLY_SINK_TABLE", "quarantine", "barograph keeps something else in this table: choose another name"),
        ("HOURLY_SINK_TABLE", "dailydata", "HOURLY_SINK_TABLE and DAILY_SINK_TABLE are both dailydata: give each its own"),
        ("DAILY_DATA_TOPIC", "hourlymetrics", "HOURLY_DATA_TOPIC and DAILY_DATA_TOPIC are both hourlymetrics: give each its own"),
        ("DAILY_DATA_TOPIC", "a.b", "letters, digits, _ or -, 100 at most: choose such a one"),
    ],
)
def test_a_refused_name_says_its_rule_and_what_to_do(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=re.escape(says)):
        Settings()


def test_every_reserved_word_is_one_to_the_driver_too() -> None:
    assert set(cql_keywords_reserved) >= RESERVED


def test_every_table_that_barograph_makes_beside_the_sinks_is_its_own() -> None:
    assert set(expected_tables(Settings())) - {"hourlydata", "dailydata"} == OWN_TABLES


def test_bootstrap_servers_are_all_hosts_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_HOST", "one,two")
    assert Settings().kafka_bootstrap_servers == "one:9092,two:9092"


def test_more_brokers_in_sync_than_there_are_copies_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_MIN_INSYNC_REPLICAS", "2")
    with pytest.raises(ValidationError, match="KAFKA_MIN_INSYNC_REPLICAS=2 is more than KAFKA_REPLICAS=1"):
        Settings()


def test_everything_that_does_not_fit_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PORT", "many")
    monkeypatch.setenv("BATCH_LOCATIONS", "0")
    with pytest.raises(ValidationError, match="2 validation errors"):
        Settings()


def test_each_resolution_has_its_topic_and_table() -> None:
    settings = Settings()
    assert [(settings.topic(one), settings.sink_table(one)) for one in RESOLUTIONS] == [
        ("hourlymetrics", "hourlydata"),
        ("dailymetrics", "dailydata"),
    ]
