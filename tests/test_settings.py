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


P3 = {
    "localhost": "https://localhost/v1/archive",
    "this machine": "http://127.0.0.1:8765/archive/v1/archive",
    "file": "file:///etc/passwd",
    "metadata": "http://169.254.169.254/v1/archive",
    "credentials": "https://user:password@archive-api.open-meteo.com/v1/archive",
    "another host after @": "https://archive-api.open-meteo.com@evil.example/v1/archive",
    "homograph": "https://archive-api.open-metеo.com/v1/archive",
    "punycode": "https://archive-api.xn--open-meto-e8g.com/v1/archive",
    "mapped IPv6": "https://[::ffff:169.254.169.254]/v1/archive",
    "trailing dot": "https://archive-api.open-meteo.com./v1/archive",
    "capitals": "https://Archive-API.open-meteo.com/v1/archive",
    "another port": "https://archive-api.open-meteo.com:8443/v1/archive",
    "no encryption": "http://archive-api.open-meteo.com/v1/archive",
    "longer host": "https://archive-api.open-meteo.com.evil.example/v1/archive",
    "query": "https://archive-api.open-meteo.com/v1/archive?apikey=x",
    "backslash": "https://archive-api.open-meteo.com\\@evil.example/v1/archive",
    "no scheme": "archive-api.open-meteo.com/v1/archive",
    "newline": "https://archive-api.open-meteo.com/v1/archive\nx",
}


@pytest.mark.parametrize("case", P3, ids=lambda case: f"P3 {case}")
@pytest.mark.parametrize("name", ["ARCHIVE_URL", "HISTORICAL_FORECAST_URL", "FORECAST_URL"])
def test_only_hosts_of_the_allow_list_may_be_asked(monkeypatch: pytest.MonkeyPatch, name: str, case: str) -> None:
    monkeypatch.setenv(name, P3[case])
    with pytest.raises(ValidationError, match=rf"{name} is at no address that may be asked.*OPEN_METEO_ORIGINS"):
        Settings()


def test_an_origin_of_ones_own_may_be_asked_where_it_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_URL", "http://weather.internal:8080/v1/archive")
    monkeypatch.setenv("OPEN_METEO_ORIGINS", "http://127.0.0.1:1, http://weather.internal:8080")
    assert Settings().archive_url == "http://weather.internal:8080/v1/archive"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPEN_METEO_MODE", "offline"),
        pytest.param("CASSANDRA_KEYSPACE", "a;b", id="P5 semicolon"),
        pytest.param("CASSANDRA_KEYSPACE", "Analytics", id="P5 capital"),
        pytest.param("CASSANDRA_KEYSPACE", "k" * 49, id="P5 too long"),
        pytest.param("CASSANDRA_KEYSPACE", "select", id="P5 reserved"),
        pytest.param("CASSANDRA_KEYSPACE", "system_auth", id="P5 the database's own"),
        pytest.param("CASSANDRA_KEYSPACE", '"quoted"', id="P5 quoted"),
        pytest.param("HOURLY_SINK_TABLE", "../x", id="P5 path"),
        pytest.param("HOURLY_DATA_TOPIC", "../x", id="P6 path"),
        pytest.param("HOURLY_DATA_TOPIC", "__consumer_offsets", id="P6 internal"),
        pytest.param("DAILY_DATA_TOPIC", "a.b", id="P6 collides with a_b"),
        pytest.param("DAILY_DATA_TOPIC", "t" * 250, id="P6 too long"),
        pytest.param("CASSANDRA_KEYSPACE", "1st", id="P5 digit first"),
        pytest.param("HOURLY_SINK_TABLE", "select", id="P5 reserved table"),
        ("HOURLY_SINK_TABLE", "ingest_ledger"),
        ("DAILY_SINK_TABLE", "locations"),
        ("DAILY_SINK_TABLE", "quarantine"),
        ("DAILY_SINK_TABLE", "version_clock"),
        ("BASE_URL", "https://api.open-meteo.com/v1/forecast"),
        ("BATCH_LOCATIONS", "0"),
        ("BATCH_LOCATIONS", "1001"),
        ("CHUNK_OBSERVATIONS", "23"),
        ("KAFKA_PORT", "many"),
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
    of_others = {"ingest_ledger_migrating", "produce_rounds"}  # while a store is migrated, and of earlier releases
    assert set(expected_tables(Settings())) - {"hourlydata", "dailydata"} | of_others == OWN_TABLES


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
