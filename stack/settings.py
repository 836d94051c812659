"""Settings of the embedded stack: everything barograph reads, and what only the services need."""

import os
import re
import string
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from barograph.setting_rules import SPARK_LEAST_MIB, Host, OptionalHost, Port, SparkMemory, Switch, decimal, memory, whole
from barograph.settings import KafkaProtocol, Settings
from stack.console import complain
from stack.env_names import find_wrong_lines, upgrade_text
from stack.errors import StackError

REPOSITORY: Final = Path(__file__).resolve().parents[1]

LOOPBACK: Final = "127.0.0.1"
"""Where the embedded services listen, and where they are found."""

COMPOSE_MASTER: Final = "spark://spark-master:7077"
"""SPARK_MASTER in docker-compose.yml."""

PATH_SIGNS: Final = "/ . _ - + @ ~ ( ) & !"
PATH_LETTERS: Final = frozenset(string.ascii_letters + string.digits + PATH_SIGNS) - {" "}
"""What the path of a folder may have of ASCII, the same as in startup.sh. Letters of other scripts may be there, too."""


def is_loopback(hosts: str) -> bool:
    """Whether all of `hosts`, separated by commas, are this machine: then they are the embedded services."""
    return all(host == "localhost" or host.startswith("127.") for host in hosts.split(","))


def _kafka_protocol(validated: Mapping[str, Any]) -> KafkaProtocol:
    """The embedded Kafka wants a login; a login at another one goes over TLS unless the user says otherwise."""
    if validated.get("kafka_username") or validated.get("tls"):
        return "SASL_SSL"
    return "SASL_PLAINTEXT" if is_loopback(validated["kafka_host"]) else "PLAINTEXT"


def _kafka_authorities(validated: Mapping[str, Any]) -> str:
    """With TLS=1 those of the stack, whose own Kafka has users of its own; else the machine's."""
    return str(Path(validated["tls_dir"]) / "ca.pem") if validated.get("tls") and not validated.get("kafka_username") else ""


@dataclass(frozen=True, slots=True)
class Following:
    """A port that users do not type: it lies `by` beyond the port of `field`, and `use` says who listens there."""

    field: str
    by: int
    use: str

    def port(self, validated: Mapping[str, Any]) -> int:
        """The port: beyond either end of the range that everyone may use, it continues at the other one."""
        ports = range(1024, 65_536)
        return ports[(int(validated[self.field]) + self.by - ports.start) % len(ports)]


FOLLOWING: Final = {
    "airflow_scheduler_health_port": Following("airflow_port", 8974 - 8080, "the health check of Airflow's scheduler"),
    "kafka_controller_port": Following("kafka_port", 9093 - 9092, "Kafka's controller"),
    "cassandra_storage_port": Following("cassandra_port", 7000 - 9042, "Cassandra's nodes among themselves"),
    "cassandra_jmx_port": Following("cassandra_port", 7199 - 9042, "nodetool"),
}
"""With the default ports, those that are usual for each program."""

PORTS: Final = ("airflow_port", "postgres_port", "kafka_port", "cassandra_port", *FOLLOWING)
"""Fields that hold a port every start needs; standin_port joins them when the simulator runs."""

INTERNAL: Final = frozenset((
    *(*FOLLOWING, "dags_dir", "logins_dir", "spark_properties", "tls_dir", "web_tls"),
    *("standin_host", "postgres_host", "airflow_host", "kafka_controller_host"),
))  # fmt: skip
"""Fields that only containers, tests and benchmarks set, in the environment: no .env file has them."""

SECRETS: Final = (
    "airflow_admin_password",
    "airflow_fernet_key",
    "airflow_jwt_secret",
    "airflow_api_secret_key",
    "postgres_password",
)
"""Fields without a default: generated into the .env file, handed on only inside an environment."""

CONFIDENTIAL: Final = (*SECRETS, "open_meteo_api_key", "cassandra_password", "kafka_password", "spark_secret")
"""Those and what is not generated: no process gets them under their own names."""


class StackSettings(Settings):
    """What `./startup.sh` needs to know. The process environment wins over the .env file, that over the defaults."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True)

    state_dir: Path = Field(default=Path(".stack"), validate_default=True)
    jars_dir: Path = Field(default=Path(".stack/jars"), validate_default=True)
    dags_dir: Path = Field(default=Path("dags"), validate_default=True)
    logins_dir: Path = Field(default_factory=lambda validated: Path(validated["state_dir"]) / "secrets")
    tls_ca: str = ""
    tls_certificate: str = ""
    tls_key: str = ""

    kafka_security_protocol: KafkaProtocol = Field(default_factory=_kafka_protocol)
    kafka_ca: str = Field(default_factory=_kafka_authorities)

    airflow_port: Port = 8080
    airflow_scheduler_health_port: Port = Field(default_factory=FOLLOWING["airflow_scheduler_health_port"].port)
    postgres_port: Port = 5433
    kafka_controller_host: Host = LOOPBACK
    kafka_controller_port: Port = Field(default_factory=FOLLOWING["kafka_controller_port"].port)
    cassandra_storage_port: Port = Field(default_factory=FOLLOWING["cassandra_storage_port"].port)
    cassandra_jmx_port: Port = Field(default_factory=FOLLOWING["cassandra_jmx_port"].port)

    web_bind: Host = LOOPBACK
    web_tls: Switch = Field(default_factory=lambda validated: validated["tls"])
    web_url: str = ""
    kafka_heap: Annotated[str, memory(128)] = "512m"
    cassandra_heap: Annotated[str, memory(256)] = "1g"
    durable: Switch = False
    open_meteo_api_key: SecretStr = SecretStr("")
    standin_replay_file: str = ""
    standin_limits_factor: Annotated[float, decimal(0)] = 0

    postgres_host: Host = LOOPBACK
    airflow_host: OptionalHost = ""

    base_image: Annotated[str, Field(pattern=r"^\S+$")] = (
        "python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d"
    )
    airflow_uid: Annotated[int, whole(1, 2**31 - 1)] = 50_000
    spark_secret: SecretStr = SecretStr("")
    spark_workers: Annotated[int, whole(1, 999)] = 1
    spark_executor_memory: SparkMemory = "1g"
    postgres_memory_limit: Annotated[str, memory(128)] = "512m"
    kafka_memory_limit: Annotated[str, memory(256)] = "1g"
    cassandra_memory_limit: Annotated[str, memory(512)] = "2g"
    spark_memory_limit: Annotated[str, memory(SPARK_LEAST_MIB)] = "2g"
    airflow_memory_limit: Annotated[str, memory(SPARK_LEAST_MIB)] = "3g"
    ec2_public_dns: OptionalHost = ""
    kafka_public_bind: Host = LOOPBACK
    kafka_public_port: Port = 9094
    pip_additional_requirements: str = Field(default="", validation_alias="_PIP_ADDITIONAL_REQUIREMENTS")

    airflow_admin_password: SecretStr = SecretStr("")
    airflow_fernet_key: SecretStr = SecretStr("")
    airflow_jwt_secret: SecretStr = SecretStr("")
    airflow_api_secret_key: SecretStr = SecretStr("")
    postgres_password: SecretStr = SecretStr("")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Without SECRETS_DIR: whoever makes the folders of all roles must not take one of them for what the user set."""
        return init_settings, env_settings, dotenv_settings

    @model_validator(mode="before")
    @classmethod
    def _keep_secrets_in_the_state_folder(cls, given: dict[str, Any]) -> dict[str, Any]:
        folder = Path(given.get("state_dir") or cls.model_fields["state_dir"].default)
        logins = Path(given.get("logins_dir") or folder / "secrets")
        return {"tls_dir": folder / "tls", "spark_properties": logins / "spark/spark-defaults.conf", **given}

    @field_validator("state_dir", "jars_dir", "dags_dir", "tls_dir", "spark_properties")
    @classmethod
    def _resolve_in_repository(cls, value: Path) -> Path:
        folder = (REPOSITORY / value.expanduser()).resolve()
        if strange := sorted({letter for letter in str(folder) if letter.isascii() and letter not in PATH_LETTERS}):
            raise ValueError(
                f"{folder} holds {', '.join(map(_name_letter, strange))}, which Spark, Java or supervisord take for a sign of "
                f"their own: use a folder whose path has only letters, digits and {PATH_SIGNS}"
            )
        return folder

    @field_validator("kafka_ca", "tls_ca", "tls_certificate", "tls_key")
    @classmethod
    def _resolve_file(cls, value: str) -> str:
        return str((REPOSITORY / Path(value).expanduser()).resolve()) if value else ""

    @field_validator("web_url")
    @classmethod
    def _refuse_other_addresses(cls, value: str) -> str:
        if not re.fullmatch(r"(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)?", value):
            raise ValueError("write http:// or https:// and host, and :port where it is not the usual one; no path and no login")
        return value

    @field_validator("open_meteo_api_key")
    @classmethod
    def _refuse_torn_key(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]*", value.get_secret_value()):
            raise ValueError("it holds a blank, a line break or a letter that is not ASCII: paste the key alone")
        return value

    @field_validator("postgres_password", "airflow_jwt_secret", "airflow_api_secret_key", "airflow_admin_password")
    @classmethod
    def _refuse_control_characters(cls, value: SecretStr) -> SecretStr:
        if not all(letter.isprintable() for letter in value.get_secret_value()):
            raise ValueError("it holds a line break or a control character: leave it empty, and one is generated")
        return value

    @field_validator("spark_secret")
    @classmethod
    def _refuse_what_spark_cuts(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text != text.strip() or not text.isprintable():
            raise ValueError("it begins or ends with a blank, or holds a line break, which Spark cuts off: choose another secret")
        return value

    @field_validator("airflow_fernet_key")
    @classmethod
    def _refuse_other_keys(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and not all(re.fullmatch(r"[A-Za-z0-9_-]{43}=", key) for key in text.split(",")):
            raise ValueError("it is no Fernet key (32 bytes in URL-safe base64): leave it empty, and one is generated")
        return value

    @field_validator("pip_additional_requirements")
    @classmethod
    def _refuse_installing_at_start(cls, value: str) -> str:
        if value:
            raise ValueError("packages are not installed at start: add them to requirements.in, or build an image")
        return value

    @model_validator(mode="after")
    def _refuse_other_logins_here(self) -> Self:
        if is_loopback(self.kafka_host):
            own = ("SASL_SSL" if self.tls else "SASL_PLAINTEXT", "SCRAM-SHA-512", "")
            if (self.kafka_security_protocol, self.kafka_sasl_mechanism, self.kafka_username) != own:
                raise ValueError(
                    f"KAFKA_HOST={self.kafka_host} is the embedded Kafka, which makes its own users: leave KAFKA_USERNAME, "
                    "KAFKA_SECURITY_PROTOCOL and KAFKA_SASL_MECHANISM empty, or set KAFKA_HOST to your cluster"
                )
        elif (self.kafka_security_protocol, self.kafka_sasl_mechanism) == ("SASL_PLAINTEXT", "PLAIN"):
            raise ValueError(
                "KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT with KAFKA_SASL_MECHANISM=PLAIN sends the password over the network for "
                "anyone to read: use SASL_SSL, or a SCRAM mechanism"
            )
        return self

    @model_validator(mode="after")
    def _refuse_public_listener(self) -> Self:
        if self.ec2_public_dns and not self.tls:
            raise ValueError(
                f"EC2_PUBLIC_DNS={self.ec2_public_dns}: Kafka's public listener takes encrypted connections only: set TLS=1, "
                "or leave EC2_PUBLIC_DNS empty"
            )
        return self

    @model_validator(mode="after")
    def _refuse_half_of_a_certificate(self) -> Self:
        own = {name: getattr(self, name.lower()) for name in ("TLS_CA", "TLS_CERTIFICATE", "TLS_KEY")}
        if any(own.values()) and not all(own.values()):
            missing = ", ".join(name for name, path in own.items() if not path)
            raise ValueError(f"{missing} not set: your own certificates need all of TLS_CA, TLS_CERTIFICATE and TLS_KEY")
        if any(own.values()) and not self.tls:
            raise ValueError("TLS_CA, TLS_CERTIFICATE and TLS_KEY are set, and TLS is off: set TLS=1, or leave them empty")
        return self

    @model_validator(mode="after")
    def _refuse_plain_text_beyond_this_machine(self) -> Self:
        if self.listen_host not in {LOOPBACK, "localhost"} and not self.tls:
            raise ValueError(
                f"LISTEN_HOST={self.listen_host}: beyond {LOOPBACK}, logins and data would cross the network unencrypted: "
                f"set TLS=1, or LISTEN_HOST={LOOPBACK}"
            )
        return self

    @model_validator(mode="after")
    def _refuse_shared_ports(self) -> Self:
        held: dict[int, str] = {}
        for field in (*PORTS, "standin_port", *(["kafka_public_port"] if self.ec2_public_dns else [])):
            port = int(getattr(self, field))
            if port in held:
                raise ValueError(
                    f"{self.describe_port(held[port])} and {self.describe_port(field)} are one port: give each its own"
                )
            held[port] = field
        return self

    def describe_port(self, field: str) -> str:
        """A port as users know it: by the setting that decides it."""
        if field not in FOLLOWING or field in self.model_fields_set:
            return f"{setting_name(field)}={getattr(self, field)}"
        leading = FOLLOWING[field]
        decided_by = f"{setting_name(leading.field)}={getattr(self, leading.field)}"
        return f"{getattr(self, field)} ({leading.use}, which follows {decided_by})"

    @property
    def is_mode_decided(self) -> bool:
        """Whether OPEN_METEO_MODE was set to something."""
        return "open_meteo_mode" in self.model_fields_set

    @property
    def is_replay(self) -> bool:
        """Whether the simulator serves a file's observations instead of made-up weather."""
        return self.open_meteo_mode == "standin" and bool(self.standin_replay_file)

    @property
    def is_spark_our_own(self) -> bool:
        """Whether loads run on this machine or on the cluster of docker-compose.yml, and not on a cluster of the user's own."""
        return not self.spark_master.startswith("spark://") or self.spark_master == COMPOSE_MASTER

    @property
    def is_in_container(self) -> bool:
        """Whether this is one of the containers of docker-compose.yml, which reach each other over a network."""
        return bool(self.airflow_host)

    @property
    def is_behind_tls(self) -> bool:
        """Whether browsers reach the web pages through a proxy with TLS; pages with TLS need none, and none is believed."""
        return self.web_url.startswith("https://") and not self.web_tls

    @property
    def page_url(self) -> str:
        """Where browsers reach the web pages."""
        return self.web_url or f"{self._scheme}://localhost:{self.airflow_port}"

    @property
    def airflow_url(self) -> str:
        """Where Airflow's api-server is reached: at AIRFLOW_HOST, on this machine where that is empty."""
        here = LOOPBACK if self.web_bind in {"0.0.0.0", "localhost"} else self.web_bind  # noqa: S104 (compared)
        return f"{self._scheme}://{self.airflow_host or here}:{self.airflow_port}"

    @property
    def _scheme(self) -> str:
        return "https" if self.web_tls else "http"

    def certificate_file(self, service: str) -> Path:
        """With TLS=1, the key and the certificates of a service, in one file."""
        return self.tls_dir / f"{service}.pem"

    @property
    def kafka_public_host(self) -> str:
        """Where Kafka's public listener listens; in a container at every address, since the engine publishes the port."""
        return self.kafka_public_bind if self.listen_host == LOOPBACK else self.listen_host


def env_path() -> Path:
    """The .env file: ENV_FILE when set, else `.env` next to startup.sh."""
    return REPOSITORY / (os.environ.get("ENV_FILE") or ".env")


def setting_name(field: str) -> str:
    """The name of a field in the environment and in the .env file."""
    alias = StackSettings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else field.upper()


def env_names() -> frozenset[str]:
    """Every name that an .env file may have."""
    return frozenset(setting_name(field) for field in StackSettings.model_fields if field not in INTERNAL)


def load_settings() -> StackSettings:
    """The settings from the environment and the .env file; the names of an earlier release in it are replaced first.

    Raises:
        StackError: a name is not known, or a value does not fit; all of them are named with rule and remedy.
    """
    path = env_path()
    lines = find_wrong_lines(upgrade_env_file(path), env_names())
    try:
        settings = StackSettings(_env_file=path)  # type: ignore[call-arg]  # taken by BaseSettings, not a field
    except ValidationError as error:
        problems = [problem for problem in error.errors() if problem["type"] != "default_factory_not_called"]
        lines += [_describe(problem["loc"], problem["input"], problem["msg"]) for problem in problems]
        raise StackError(f"settings ({path}): " + "; ".join(lines)) from error
    if lines:
        raise StackError(f"settings ({path}): " + "; ".join(lines))
    return settings


def upgrade_env_file(path: Path) -> str:
    """The text of an .env file under the names of this release, which are written into it; empty when there is no file.

    Raises:
        StackError: it cannot be read, or old names cannot be replaced.
    """
    if not path.exists():
        return ""
    try:
        text = path.read_text(encoding="utf-8")
        upgrade = upgrade_text(text)
        if upgrade.text != text:
            replace_file(path.resolve(), upgrade.text)
    except UnicodeDecodeError as error:
        raise StackError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}): save it in that encoding") from error
    except OSError as error:
        raise StackError(f"{path} could not be read, or rewritten to the names of this release: {error}") from error
    for note in upgrade.notes:
        complain(f"{path}: {note}")
    return upgrade.text


def replace_file(path: Path, text: str) -> None:
    """Put `text` into `path`, whole or not at all, for its owner only."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".env-", delete=False, encoding="utf-8") as new:
        new.write(text)  # the file is made with mode 0600
    Path(new.name).replace(path)


def _name_letter(letter: str) -> str:
    return {" ": "a blank", "\t": "a tab", "\n": "a line break"}.get(letter) or (letter if letter.isprintable() else repr(letter))


def _describe(location: tuple[int | str, ...], value: object, message: str) -> str:
    rule = message.removeprefix("Value error, ").replace("Input should be", "write")
    if not location:
        return rule
    field = str(location[0])
    name = setting_name(field) if field in StackSettings.model_fields else field
    return f"{name}: {rule}" if field in CONFIDENTIAL else f"{name}={value}: {rule}"
