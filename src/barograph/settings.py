"""The one place that reads the environment. Every field is explained in .env.example under its name in capitals."""

import re
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from barograph.model.quota import PERIODS, Quota
from barograph.model.resolution import RESOLUTIONS, Resolution
from barograph.setting_rules import (
    CallQuota,
    Host,
    Hosts,
    Identifier,
    MinuteRange,
    Origins,
    Port,
    Replicas,
    SparkMaster,
    SparkMemory,
    TopicName,
    decimal,
    read_minutes,
    read_quota,
    whole,
)

ADDRESS: Final = re.compile(r"(https?://[a-z0-9.-]+(?::[0-9]{1,5})?)/[A-Za-z0-9._~/-]*")
"""Scheme, host and port as one group, and a path; no login, no query."""


OF_MIGRATION: Final = frozenset(("ingest_ledger_migrating", "produce_rounds"))
"""Tables of earlier releases, and of the time in which they are migrated."""


@cache
def own_tables() -> frozenset[str]:
    """The tables of schema.cql whose names are not settings."""
    schema = files("barograph.store").joinpath("schema.cql").read_text(encoding="utf-8")
    return frozenset(re.findall(r"CREATE TABLE IF NOT EXISTS \{keyspace\}\.(\w+)", schema)) | OF_MIGRATION


SINKS: Final = ("hourlydata", "dailydata", "instantdata")
"""The tables that observations land in where the settings name no others."""


def _refuse_own_table(name: str) -> str:
    if name not in SINKS and name in own_tables():
        raise ValueError("barograph keeps something else in this table: choose another name")
    return name


SinkTable = Annotated[Identifier, AfterValidator(_refuse_own_table)]

HOSTED: Final = frozenset(f"https://{name}.open-meteo.com" for name in ("api", "archive-api", "historical-forecast-api"))
"""The origins that may be asked as they are; OPEN_METEO_ORIGINS adds to them."""


class Settings(BaseSettings):
    """What tasks, jobs and the command line need to know; laptop defaults work as they are."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    open_meteo_mode: Literal["online", "standin"] = "online"
    base_url: str = "https://api.open-meteo.com/v1/dwd-icon"
    open_meteo_origins: Origins = ""
    start_delay_minutes: MinuteRange = "5-20"
    standin_host: Host = "127.0.0.1"
    standin_port: Port = 8765

    kafka_host: Hosts = "127.0.0.1"
    kafka_port: Port = 9092
    hourly_data_topic: TopicName = "hourlymetrics"
    daily_data_topic: TopicName = "dailymetrics"
    instant_data_topic: TopicName = "instantmetrics"
    kafka_replicas: Replicas = 1
    kafka_min_insync_replicas: Replicas = 1

    cassandra_host: Hosts = "127.0.0.1"
    cassandra_port: Port = 9042
    cassandra_keyspace: Identifier = "analytics"
    cassandra_replicas: Replicas = 1
    cassandra_datacenter: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]*$")] = ""
    cassandra_username: str = ""
    cassandra_password: SecretStr = SecretStr("")
    hourly_sink_table: SinkTable = SINKS[0]
    daily_sink_table: SinkTable = SINKS[1]
    instant_sink_table: SinkTable = SINKS[2]

    listen_host: Host = "127.0.0.1"
    jars_dir: Path = Path(".stack/jars")
    spark_master: SparkMaster = "local[*]"
    spark_driver_memory: SparkMemory = "1g"

    api_quota: CallQuota = "600/5000/10000"

    batch_locations: Annotated[int, whole(1, 1000)] = 500
    chunk_observations: Annotated[int, whole(24, 10_000_000)] = 25_000
    max_bad_fraction: Annotated[float, decimal(0, 1)] = 0.01
    bad_locations: Literal["red", "partial"] = Field(default="red", validation_alias=AliasChoices("bad_locations", "bad_places"))

    @property
    def quota(self) -> Quota:
        """The cost that one API host takes from this address, per fixed window."""
        return dict(zip(PERIODS, read_quota(self.api_quota), strict=True))

    @property
    def start_delay(self) -> tuple[int, int]:
        """The minutes past its hour between which a scheduled run begins to ask."""
        return read_minutes(self.start_delay_minutes)

    @property
    def spark_jars_dir(self) -> Path:
        """The jars that Spark loads besides its own."""
        return self.jars_dir / "spark"

    @property
    def forecast_url(self) -> str:
        """Where the best model for a location is asked."""
        return self._address("api", "forecast")

    @property
    def archive_url(self) -> str:
        """Where the reanalysis is asked."""
        return self._address("archive-api", "archive")

    @property
    def historical_forecast_url(self) -> str:
        """Where past forecasts are asked."""
        return self._address("historical-forecast-api", "forecast")

    @property
    def named_hosts(self) -> frozenset[str]:
        """The hosts that may be on this machine or in a private network: those of OPEN_METEO_ORIGINS, and the simulator's."""
        named = (urlsplit(origin.strip()).hostname for origin in self.open_meteo_origins.split(","))
        return frozenset(host for host in (*named, self.standin_host.lower()) if host)

    def _address(self, host: str, name: str) -> str:
        """At Open-Meteo's own host where BASE_URL is Open-Meteo's, else under BASE_URL's path on that server."""
        folder = self.base_url.removesuffix("dwd-icon")
        is_hosted = any(folder.startswith(f"{origin}/") for origin in HOSTED)
        return f"https://{host}.open-meteo.com/v1/{name}" if is_hosted else f"{folder}{name}"

    @model_validator(mode="after")
    def _refuse_other_hosts(self) -> Self:
        allowed = HOSTED | {origin.strip() for origin in self.open_meteo_origins.split(",") if origin.strip()}
        match = ADDRESS.fullmatch(self.base_url)
        if match is None or match[1] not in allowed:
            raise ValueError(
                "BASE_URL is at no address that may be asked: write https and a host of Open-Meteo "
                f"({', '.join(sorted(HOSTED))}), or add its scheme://host:port to OPEN_METEO_ORIGINS"
            )
        if not self.base_url.endswith("/dwd-icon"):
            raise ValueError(
                f"BASE_URL={self.base_url} does not end in /dwd-icon: the other products are found under the same path"
            )
        return self

    @model_validator(mode="after")
    def _refuse_shared_names(self) -> Self:
        kinds = ([f"{resolution}_{kind}" for resolution in RESOLUTIONS] for kind in ("sink_table", "data_topic"))
        for one, other in (pair for names in kinds for pair in combinations(names, 2)):
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
        return str(getattr(self, f"{resolution}_data_topic"))

    def sink_table(self, resolution: Resolution) -> str:
        """The table that observations of `resolution` land in."""
        return str(getattr(self, f"{resolution}_sink_table"))

    @property
    def standin_url(self) -> str:
        """Address of the Open-Meteo simulator."""
        return f"http://{self.standin_host}:{self.standin_port}"


@cache
def get_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        pydantic.ValidationError: a value does not fit; all of them are named in one message.
    """
    return Settings()
