"""The one place that reads the environment. Every field is explained in .env.example under its name in capitals."""

import re
from functools import cache
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from barograph.model.batching import ChunkLimits
from barograph.model.cost import MAX_COST
from barograph.model.quota import Period
from barograph.model.variables import Resolution

_WORDS: Final = """
    add allow alter and apply asc authorize batch begin by columnfamily create default delete desc describe drop entries execute
    from full grant if in index infinity insert into is keyspace limit materialized mbean mbeans modify nan norecursive not null
    of on or order primary rename replace revoke schema select set table to token truncate unlogged unset update use using view
    where with
"""
RESERVED: Final = frozenset(_WORDS.split())
"""Words that CQL takes for itself. Source: Cassandra 5.0, CQL, Appendix A."""

OWN_TABLES: Final = frozenset(
    (
        *("locations", "location_lists", "version_clock", "ingest_ledger", "ingest_ledger_migrating", "ledger_months"),
        *("attempts_by_window", "quarantine", "quarantine_days", "api_usage", "produce_generations", "generation_attempts"),
        "produce_rounds",  # of earlier releases
    )
)

ADDRESS: Final = re.compile(r"(https?://[a-z0-9.-]+(?::[0-9]{1,5})?)/[A-Za-z0-9._~/-]*")
"""Scheme, host and port as one group, and a path; no login, no query."""


def _refuse_strange_name(name: str) -> str:
    """A keyspace or table name cannot be bound as a value, so nothing else is let through."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", name):
        raise ValueError("it begins with a small letter, then has small letters, digits or _, 48 at most: choose such a one")
    if name in RESERVED or name.startswith("system"):
        raise ValueError("CQL or Cassandra itself uses this word: choose another name")
    return name


def _refuse_own_table(name: str) -> str:
    if name in OWN_TABLES:
        raise ValueError("barograph keeps something else in this table: choose another name")
    return name


def _refuse_strange_topic(name: str) -> str:
    """Dots are left out: Kafka's metrics cannot tell them from _."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}", name):
        raise ValueError("it begins with a letter or digit, then has letters, digits, _ or -, 100 at most: choose such a one")
    return name


Identifier = Annotated[str, AfterValidator(_refuse_strange_name)]
SinkTable = Annotated[Identifier, AfterValidator(_refuse_own_table)]
TopicName = Annotated[str, AfterValidator(_refuse_strange_topic)]

Hosts = Annotated[str, Field(pattern=r"^[^\s,:/]+(,[^\s,:/]+)*$")]
"""Names or addresses of a cluster's nodes, separated by commas; one that answers is enough to find the others."""

Replicas = Annotated[int, Field(ge=1, le=9)]

HOSTED: Final = frozenset(f"https://{name}.open-meteo.com" for name in ("api", "archive-api", "historical-forecast-api"))
"""The origins that may be asked as they are; OPEN_METEO_ORIGINS adds to them."""


MAX_REVISION_DAYS: Final = 90
"""Sources of the last days keep 92: a window that reaches back further could not be asked."""


class Settings(BaseSettings):
    """What tasks, jobs and the command line need to know; laptop defaults work as they are."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    open_meteo_mode: Literal["online", "standin"] = "online"
    base_url: Annotated[str, Field(pattern=r"/dwd-icon$")] = "https://api.open-meteo.com/v1/dwd-icon"
    forecast_url: str = "https://api.open-meteo.com/v1/forecast"
    archive_url: str = "https://archive-api.open-meteo.com/v1/archive"
    historical_forecast_url: str = "https://historical-forecast-api.open-meteo.com/v1/forecast"
    open_meteo_origins: str = ""
    start_delay_from: Annotated[int, Field(ge=0, le=59)] = 5
    start_delay_to: Annotated[int, Field(ge=0, le=59)] = 20
    standin_host: str = "127.0.0.1"
    standin_port: int = 8765

    kafka_host: Hosts = "127.0.0.1"
    kafka_port: int = 9092
    hourly_data_topic: TopicName = "hourlymetrics"
    daily_data_topic: TopicName = "dailymetrics"
    kafka_replicas: Replicas = 1
    kafka_min_insync_replicas: Replicas = 1

    cassandra_host: Hosts = "127.0.0.1"
    cassandra_port: int = 9042
    cassandra_keyspace: Identifier = "analytics"
    cassandra_replicas: Replicas = 1
    cassandra_datacenter: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]*$")] = ""
    cassandra_username: str = ""
    cassandra_password: SecretStr = SecretStr("")
    hourly_sink_table: SinkTable = "hourlydata"
    daily_sink_table: SinkTable = "dailydata"

    listen_host: str = "127.0.0.1"
    spark_jars_dir: str = ".stack/jars/spark"
    spark_master: str = "local[*]"
    spark_driver_memory: str = "1g"
    jobs_dir: str = "jobs"

    api_quota_minute: Annotated[float, Field(ge=1)] = 600
    api_quota_hour: Annotated[float, Field(ge=1)] = 5_000
    api_quota_day: Annotated[float, Field(ge=1)] = 10_000

    batch_locations: Annotated[int, Field(ge=1, le=1000)] = 500
    chunk_observations: Annotated[int, Field(ge=24)] = 25_000
    max_bad_fraction: Annotated[float, Field(ge=0, le=1)] = 0.01
    bad_places: Literal["red", "partial"] = "red"
    revision_days: Annotated[int, Field(ge=0, le=MAX_REVISION_DAYS)] = 3

    @property
    def api_quota(self) -> dict[Period, float]:
        """The weight that one API host takes from this address, per fixed window."""
        return {"minute": self.api_quota_minute, "hour": self.api_quota_hour, "day": self.api_quota_day}

    @property
    def chunk_limits(self) -> ChunkLimits:
        """The most that one chunk may hold; its weight must fit into a minute, and into what one call may cost_of."""
        return ChunkLimits(self.batch_locations, self.chunk_observations, min(self.api_quota_minute, MAX_COST))

    @model_validator(mode="after")
    def _refuse_negative_delay(self) -> Self:
        if self.start_delay_to < self.start_delay_from:
            raise ValueError("START_DELAY_TO is below START_DELAY_FROM: swap them")
        return self

    @model_validator(mode="after")
    def _refuse_other_hosts(self) -> Self:
        allowed = HOSTED | {origin.strip() for origin in self.open_meteo_origins.split(",") if origin.strip()}
        for name in ("base_url", "forecast_url", "archive_url", "historical_forecast_url"):
            match = ADDRESS.fullmatch(getattr(self, name))
            if match is None or match[1] not in allowed:
                raise ValueError(
                    f"{name.upper()} is at no address that may be asked: write https and a host of Open-Meteo "
                    f"({', '.join(sorted(HOSTED))}), or add its scheme://host:port to OPEN_METEO_ORIGINS"
                )
        return self

    @model_validator(mode="after")
    def _refuse_shared_names(self) -> Self:
        for one, other in (("hourly_sink_table", "daily_sink_table"), ("hourly_data_topic", "daily_data_topic")):
            if getattr(self, one) == getattr(self, other):
                raise ValueError(f"{one.upper()} and {other.upper()} are both {getattr(self, one)}: give each its own")
        return self

    @model_validator(mode="after")
    def _refuse_more_in_sync_than_there_are(self) -> Self:
        if self.kafka_min_insync_replicas > self.kafka_replicas:
            raise ValueError(
                f"KAFKA_MIN_INSYNC_REPLICAS={self.kafka_min_insync_replicas} is more than KAFKA_REPLICAS={self.kafka_replicas}, "
                "so nothing could ever be written: lower it"
            )
        return self

    @property
    def kafka_bootstrap_servers(self) -> str:
        """`host:port` of the brokers that clients ask first, separated by commas."""
        return ",".join(f"{host}:{self.kafka_port}" for host in self.kafka_host.split(","))

    def topic(self, resolution: Resolution) -> str:
        """The topic that observations of `resolution` go through."""
        return self.hourly_data_topic if resolution == "hourly" else self.daily_data_topic

    def sink_table(self, resolution: Resolution) -> str:
        """The table that observations of `resolution` land in."""
        return self.hourly_sink_table if resolution == "hourly" else self.daily_sink_table

    @property
    def standin_url(self) -> str:
        """Address of the Open-Meteo stand-in."""
        return f"http://{self.standin_host}:{self.standin_port}"


@cache
def get_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        pydantic.ValidationError: a value does not fit; all of them are named in one message.
    """
    return Settings()
