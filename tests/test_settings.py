import math
import re
from pathlib import Path

import pytest
from cassandra.metadata import cql_keywords_reserved
from pydantic import ValidationError

from barograph.model.resolution import STEPPED
from barograph.setting_rules import RESERVED
from barograph.settings import Settings, own_tables
from barograph.store.drift import expected_tables

EXAMPLE = Path(__file__).parents[1] / ".env.example"
UNDOCUMENTED = {"standin_host"}
"""Of containers alone."""
DOCUMENTED = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from the shell that runs the tests."""
    for name in (*Settings.model_fields, "bad_places"):
        monkeypatch.delenv(name.upper(), raising=False)


def test_every_setting_is_explained_in_env_example() -> None:
    assert {name for name in Settings.model_fields if name.upper() not in DOCUMENTED} == UNDOCUMENTED


def test_env_example_and_the_defaults_agree() -> None:
    defaults = {name.upper(): str(field.default) for name, field in Settings.model_fields.items() if name not in UNDOCUMENTED}
    written = {name: DOCUMENTED[name] for name in defaults}
    assert [
        f"{name}={written[name]}, not {default}" for name, default in defaults.items() if written[name] not in {"", default}
    ] == []


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
    "localhost": "https://localhost/v1/dwd-icon",
    "this machine": "http://127.0.0.1:8765/api/v1/dwd-icon",
    "file": "file:///etc/passwd",
    "metadata": "http://169.254.169.254/v1/dwd-icon",
    "credentials": "https://user:password@api.open-meteo.com/v1/dwd-icon",  # pragma: allowlist secret (made up)
    "another host after @": "https://api.open-meteo.com@evil.example/v1/dwd-icon",
    "homograph": "https://api.open-metеo.com/v1/dwd-icon",
    "punycode": "https://api.xn--open-meto-e8g.com/v1/dwd-icon",
    "mapped IPv6": "https://[::ffff:169.254.169.254]/v1/dwd-icon",
    "trailing dot": "https://api.open-meteo.com./v1/dwd-icon",
    "capitals": "https://Archive-API.open-meteo.com/v1/dwd-icon",
    "another port": "https://api.open-meteo.com:8443/v1/dwd-icon",
    "no encryption": "http://api.open-meteo.com/v1/dwd-icon",
    "longer host": "https://api.open-meteo.com.evil.example/v1/dwd-icon",
    "query": "https://api.open-meteo.com/v1/dwd-icon?apikey=x",
    "backslash": "https://api.open-meteo.com\\@evil.example/v1/dwd-icon",
    "no scheme": "api.open-meteo.com/v1/dwd-icon",
    "newline": "https://api.open-meteo.com/v1/dwd-icon\nx",
}


@pytest.mark.parametrize("case", P3, ids=lambda case: f"P3 {case}")
def test_only_hosts_of_the_allow_list_may_be_asked(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.setenv("BASE_URL", P3[case])
    with pytest.raises(ValidationError, match=r"BASE_URL is at no address that may be asked.*OPEN_METEO_ORIGINS"):
        Settings()


def test_open_meteos_products_are_asked_at_its_own_hosts() -> None:
    settings = Settings()
    assert (settings.forecast_url, settings.archive_url, settings.historical_forecast_url) == (
        "https://api.open-meteo.com/v1/forecast",
        "https://archive-api.open-meteo.com/v1/archive",
        "https://historical-forecast-api.open-meteo.com/v1/forecast",
    )


def test_a_server_of_ones_own_is_asked_for_every_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "http://weather.internal:8080/meteo/v1/dwd-icon")
    monkeypatch.setenv("OPEN_METEO_ORIGINS", "http://127.0.0.1:1, http://weather.internal:8080")
    settings, server = Settings(), "http://weather.internal:8080/meteo/v1"
    assert (settings.base_url, settings.forecast_url) == (f"{server}/dwd-icon", f"{server}/forecast")
    assert (settings.archive_url, settings.historical_forecast_url) == (f"{server}/archive", f"{server}/forecast")


def test_the_quota_is_given_per_minute_hour_and_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_QUOTA", "10/200.5/3000")
    assert Settings().quota == {"minute": 10, "hour": 200.5, "day": 3000}
    monkeypatch.setenv("API_QUOTA", "unlimited")
    assert set(Settings().quota.values()) == {math.inf}


def test_bad_locations_are_read_under_their_old_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAD_PLACES", "partial")
    assert Settings().bad_locations == "partial"
    monkeypatch.setenv("BAD_LOCATIONS", "red")
    assert Settings().bad_locations == "red"


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


NO_PORTS = ("0", "-1", "65536", "99999", "many", "80.5", "1e3", "8_080")
NO_SIZES = ("2GB", "1x", "1.5g", "512", "-1g", "0m", "1 g", "g")
NO_HOSTS = ("http://kafka", "kafka:9092", "kafka/", "::1", "a b", "-a")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CASSANDRA_KEYSPACE", "a;b", "small letters, digits or _, 48 at most: choose such a one"),
        ("CASSANDRA_KEYSPACE", "where", "CQL or Cassandra itself uses this word: choose another name"),
        ("HOURLY_SINK_TABLE", "quarantine", "barograph keeps something else in this table: choose another name"),
        ("HOURLY_SINK_TABLE", "dailydata", "HOURLY_SINK_TABLE and DAILY_SINK_TABLE are both dailydata: give each its own"),
        ("DAILY_DATA_TOPIC", "hourlymetrics", "HOURLY_DATA_TOPIC and DAILY_DATA_TOPIC are both hourlymetrics: give each its own"),
        ("DAILY_DATA_TOPIC", "a.b", "letters, digits, _ or -, 100 at most: choose such a one"),
        ("BASE_URL", "https://api.open-meteo.com/v1/forecast", "does not end in /dwd-icon"),
        *((name, value, "write a whole number from 1 to 65535") for name in ("KAFKA_PORT", "STANDIN_PORT") for value in NO_PORTS),
        *(("SPARK_DRIVER_MEMORY", value, "nothing else, like 512m or 2g") for value in NO_SIZES),
        ("SPARK_DRIVER_MEMORY", "300m", "(INVALID_DRIVER_MEMORY, INVALID_EXECUTOR_MEMORY): write 512m or more"),
        ("SPARK_DRIVER_MEMORY", "511m", "write 512m or more"),
        *((name, value, "without scheme, port") for name in ("KAFKA_HOST", "LISTEN_HOST") for value in NO_HOSTS),
        ("CASSANDRA_HOST", "a, b", "separated by commas"),
        ("KAFKA_REPLICAS", "0", "write a whole number from 1 to 9"),
        ("MAX_BAD_FRACTION", "nan", "write a decimal number from 0 to 1, with a point"),
        ("MAX_BAD_FRACTION", "0,5", "with a point"),
        ("SPARK_MASTER", "local[0]", "local[N] for N of them, or spark://HOST:PORT"),
        ("SPARK_MASTER", "http://spark:7077", "spark://HOST:PORT"),
        ("OPEN_METEO_ORIGINS", "http://weather.internal/", "without a path"),
        ("OPEN_METEO_ORIGINS", "weather.internal", "write scheme://host"),
        *(
            ("API_QUOTA", value, "as 600/5000/10000, each 1 or more, or unlimited")
            for value in ("600", "0/1/1", "1/2/x", "1/2/inf")
        ),
        *(("START_DELAY_MINUTES", value, "the earlier one first, as 5-20 (0 to 59)") for value in ("20-5", "5-60", "-5", "five")),
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
    assert set(expected_tables(Settings())) - {"hourlydata", "dailydata", "instantdata"} | of_others == own_tables()


def test_everything_that_does_not_fit_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PORT", "many")
    monkeypatch.setenv("BATCH_LOCATIONS", "0")
    with pytest.raises(ValidationError, match="2 validation errors"):
        Settings()


def test_each_resolution_has_its_topic_and_table() -> None:
    settings = Settings()
    assert [(settings.topic(one), settings.sink_table(one)) for one in STEPPED] == [
        ("hourlymetrics", "hourlydata"),
        ("dailymetrics", "dailydata"),
    ]
