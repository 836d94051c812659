"""The one place that reads the environment. Every field is explained in .env.example under its name in capitals."""

from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
"""A keyspace or table name: it cannot be bound as a value, so nothing else is let through."""

TopicName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}$")]

Hosts = Annotated[str, Field(pattern=r"^[^\s,:/]+(,[^\s,:/]+)*$")]
"""Names or addresses of a cluster's nodes, separated by commas; one that answers is enough to find the others."""

Replicas = Annotated[int, Field(ge=1, le=9)]

Address = Annotated[str, Field(pattern=r"^https?://[^\s@]+$")]


class Settings(BaseSettings):
    """What tasks, jobs and the command line need to know; laptop defaults work as they are."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    open_meteo_mode: Literal["online", "standin"] = "online"
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s@]+/dwd-icon$")] = "https://api.open-meteo.com/v1/dwd-icon"
    archive_url: Address = "https://archive-api.open-meteo.com/v1/archive"
    historical_forecast_url: Address = "https://historical-forecast-api.open-meteo.com/v1/forecast"
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
    hourly_sink_table: Identifier = "hourlydata"
    daily_sink_table: Identifier = "dailydata"

    spark_jars_dir: str = ".stack/jars/spark"
    spark_driver_memory: str = "1g"
    jobs_dir: str = "jobs"

    batch_locations: Annotated[int, Field(ge=1, le=1000)] = 100
    chunk_observations: Annotated[int, Field(ge=24)] = 25_000
    max_bad_fraction: Annotated[float, Field(ge=0, le=1)] = 0.01

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

    def topic(self, resolution: Literal["hourly", "daily"]) -> str:
        """The topic that observations of `resolution` go through."""
        return self.hourly_data_topic if resolution == "hourly" else self.daily_data_topic

    def sink_table(self, resolution: Literal["hourly", "daily"]) -> str:
        """The table that observations of `resolution` land in."""
        return self.hourly_sink_table if resolution == "hourly" else self.daily_sink_table

    @property
    def standin_url(self) -> str:
        """Address of the local Open-Meteo stand-in."""
        return f"http://127.0.0.1:{self.standin_port}"


@cache
def get_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        pydantic.ValidationError: a value does not fit; all of them are named in one message.
    """
    return Settings()
