"""Settings of the embedded stack: everything barograph reads, and what only the services need."""

import os
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from barograph.settings import Settings
from stack.errors import StackError

REPOSITORY: Final = Path(__file__).resolve().parents[1]

LOOPBACK: Final = "127.0.0.1"
"""Where the embedded services listen, and where they are found."""

PORTS: Final = (
    "airflow_port",
    "airflow_scheduler_health_port",
    "postgres_port",
    "kafka_port",
    "kafka_controller_port",
    "cassandra_port",
    "cassandra_storage_port",
    "cassandra_jmx_port",
)
"""Fields that hold a port every start needs; standin_port joins them when the stand-in runs."""

SECRETS: Final = (
    "airflow_admin_password",
    "airflow_fernet_key",
    "airflow_jwt_secret",
    "airflow_api_secret_key",
    "postgres_password",
)
"""Fields without a default: generated into the .env file, handed on only inside an environment."""

CONFIDENTIAL: Final = (*SECRETS, "open_meteo_api_key", "cassandra_password")
"""Those and what is not generated: no process gets them under their own names."""


class StackSettings(Settings):
    """What `./startup.sh` needs to know. The process environment wins over the .env file, that over the defaults."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True)

    state_dir: Path = Field(default=Path(".stack"), validate_default=True)
    jars_dir: Path = Field(default=Path(".stack/jars"), validate_default=True)
    dags_dir: Path = Field(default=Path("dags"), validate_default=True)

    airflow_port: int = 8080
    airflow_scheduler_health_port: int = 8974
    postgres_port: int = 5433
    kafka_controller_port: int = 9093
    cassandra_storage_port: int = 7000
    cassandra_jmx_port: int = 7199

    web_bind: str = "127.0.0.1"
    kafka_heap: str = "512m"
    cassandra_heap: str = "1g"
    durable: bool = False
    open_meteo_api_key: SecretStr = SecretStr("")
    standin_replay_file: str = ""
    standin_limits_factor: Annotated[float, Field(ge=0)] = 0

    postgres_host: str = LOOPBACK
    airflow_host: str = ""

    compose_profiles: str = ""
    base_image: str = "python:3.11.14-slim-bookworm"
    airflow_uid: int = 50_000
    spark_workers: int = 1
    spark_executor_memory: str = "1g"
    postgres_memory_limit: str = "512m"
    kafka_memory_limit: str = "1g"
    cassandra_memory_limit: str = "2g"
    spark_memory_limit: str = "2g"
    airflow_memory_limit: str = "3g"
    ec2_public_dns: str = ""
    kafka_public_bind: str = LOOPBACK
    kafka_public_port: int = 9094
    pip_additional_requirements: str = Field(default="", validation_alias="_PIP_ADDITIONAL_REQUIREMENTS")

    airflow_admin_password: SecretStr = SecretStr("")
    airflow_fernet_key: SecretStr = SecretStr("")
    airflow_jwt_secret: SecretStr = SecretStr("")
    airflow_api_secret_key: SecretStr = SecretStr("")
    postgres_password: SecretStr = SecretStr("")

    @field_validator("state_dir", "jars_dir", "dags_dir")
    @classmethod
    def _resolve_in_repository(cls, value: Path) -> Path:
        folder = (REPOSITORY / value.expanduser()).resolve()
        if set("%;:") & set(str(folder)):
            raise ValueError("supervisord and Java read % ; and : in a folder's name as signs of their own: use another folder")
        return folder

    @field_validator("pip_additional_requirements")
    @classmethod
    def _refuse_installing_at_start(cls, value: str) -> str:
        if value:
            raise ValueError("packages are not installed at start: add them to requirements.in, or build an image")
        return value

    @model_validator(mode="after")
    def _refuse_public_listener(self) -> Self:
        if self.ec2_public_dns and self.listen_host == LOOPBACK:
            raise ValueError(
                f"EC2_PUBLIC_DNS={self.ec2_public_dns}: the embedded Kafka has no login and listens on {LOOPBACK} only: "
                "leave it empty here, or start with docker compose"
            )
        return self

    @model_validator(mode="after")
    def _refuse_shared_ports(self) -> Self:
        ports = [int(getattr(self, name)) for name in (*PORTS, "standin_port")]
        if shared := sorted({port for port in ports if ports.count(port) > 1}):
            raise ValueError(f"port {shared[0]} is given to two services: every *_PORT needs its own")
        return self

    @property
    def is_mode_decided(self) -> bool:
        """Whether OPEN_METEO_MODE was set to something."""
        return "open_meteo_mode" in self.model_fields_set

    @property
    def is_replay(self) -> bool:
        """Whether the stand-in serves a file's observations instead of made-up weather."""
        return self.open_meteo_mode == "standin" and bool(self.standin_replay_file)

    @property
    def airflow_url(self) -> str:
        """Where Airflow's api-server is reached: at AIRFLOW_HOST, on this machine where that is empty."""
        here = LOOPBACK if self.web_bind in {"0.0.0.0", "localhost"} else self.web_bind  # noqa: S104 (compared)
        return f"http://{self.airflow_host or here}:{self.airflow_port}"


def env_path() -> Path:
    """The .env file: ENV_FILE when set, else `.env` beside startup.sh."""
    return REPOSITORY / (os.environ.get("ENV_FILE") or ".env")


def setting_name(field: str) -> str:
    """The name of a field in the environment and in the .env file."""
    alias = StackSettings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else field.upper()


def load_settings() -> StackSettings:
    """The settings from the environment and the .env file.

    Raises:
        StackError: a value does not fit; all of them are named with the rule they break.
    """
    try:
        return StackSettings(_env_file=env_path())  # type: ignore[call-arg]  # taken by BaseSettings, not a field
    except ValidationError as error:
        lines = [_describe(problem["loc"], problem["input"], problem["msg"]) for problem in error.errors()]
        raise StackError(f"settings ({env_path()}): " + "; ".join(lines)) from error


def _describe(location: tuple[int | str, ...], value: object, message: str) -> str:
    rule = message.removeprefix("Value error, ")
    if not location:
        return rule
    field = str(location[0])
    name = setting_name(field) if field in StackSettings.model_fields else field
    return f"{name}: {rule}" if field in CONFIDENTIAL else f"{name}={value}: {rule}"
