import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from barograph.printable import one_line
from stack.dotenv_file import EXAMPLE
from stack.errors import StackError
from stack.settings import (
    FOLLOWING,
    INTERNAL,
    PATH_LETTERS,
    PORTS,
    REPOSITORY,
    SECRETS,
    StackSettings,
    env_names,
    load_settings,
    setting_name,
)
from tests.stack.conftest import MakeSettings

SIZES = sorted(setting_name(name) for name in StackSettings.model_fields if name.endswith(("_heap", "_memory", "_memory_limit")))
FIELDS = {setting_name(field): field for field in StackSettings.model_fields}


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    assert set(dotenv_values(EXAMPLE)) == {*env_names(), "COMPOSE_PROFILES"}  # the last is Docker Compose's


def test_what_users_set_comes_first_and_is_short() -> None:
    first, advanced = EXAMPLE.read_text(encoding="utf-8").split("# ==== Advanced")
    assert len(re.findall(r"^\w+=", first, re.MULTILINE)) <= 13
    assert len(re.findall(r"^\w+=", advanced, re.MULTILINE)) > 0


def test_every_setting_in_the_example_is_explained() -> None:
    paragraphs = re.split(r"\n\s*\n", EXAMPLE.read_text(encoding="utf-8"))
    unexplained = [p.splitlines()[0] for p in paragraphs if re.search(r"^\w+=", p, re.MULTILINE) and not p.startswith("#")]
    assert unexplained == []


def test_the_example_shows_the_defaults() -> None:
    shown = dotenv_values(EXAMPLE)
    fields = {name: FIELDS[name] for name in env_names() - {setting_name(secret) for secret in SECRETS}}
    defaults = {name: StackSettings.model_fields[field].default for name, field in fields.items()}
    assert [
        f"{name}={shown[name]}, not {default}" for name, default in defaults.items() if shown[name] not in {str(default), ""}
    ] == []


def test_secrets_have_no_default() -> None:
    assert all(StackSettings.model_fields[field].default == SecretStr("") for field in SECRETS)
    assert not any(dotenv_values(EXAMPLE)[setting_name(field)] for field in SECRETS)


def test_the_environment_wins_over_the_file(env_file: Path, make_settings: MakeSettings) -> None:
    env_file.write_text("KAFKA_PORT=1111\nCASSANDRA_PORT=2222\n")
    settings = make_settings(KAFKA_PORT="3333")
    assert (settings.kafka_port, settings.cassandra_port) == (3333, 2222)


def test_an_empty_mode_is_not_decided(env_file: Path) -> None:
    env_file.write_text("OPEN_METEO_MODE=\n")
    assert not load_settings().is_mode_decided


def test_relative_folders_lie_beside_startup_sh(make_settings: MakeSettings) -> None:
    assert make_settings(STATE_DIR="elsewhere").state_dir == REPOSITORY / "elsewhere"


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("_PIP_ADDITIONAL_REQUIREMENTS", "pandas", "build an image"),
        ("EC2_PUBLIC_DNS", "ec2-1-2-3-4.compute.amazonaws.com", "leave it empty"),
        *(("AIRFLOW_PORT", value, "write a whole number from 1 to 65535") for value in ("99999", "-1", "0", "many")),
        ("KAFKA_PORT", "8080", "AIRFLOW_PORT=8080 and KAFKA_PORT=8080 are one port: give each its own"),
        (
            "POSTGRES_PORT",
            "9093",
            r"POSTGRES_PORT=9093 and 9093 \(Kafka's controller, which follows KAFKA_PORT=9092\) are one port",
        ),
        *((name, "2GB", "like 512m or 2g") for name in SIZES),
        *((name, "1m", "it is too small") for name in SIZES),
        ("AIRFLOW_UID", "-1", "write a whole number from 1 to 2147483647"),
        ("AIRFLOW_UID", "0", "write a whole number from 1 to 2147483647"),
        ("SPARK_WORKERS", "0", "write a whole number from 1 to 999"),
        ("STANDIN_LIMITS_FACTOR", "inf", "write a decimal number of 0 or more, with a point"),
        ("DURABLE", "maybe", r"write 1 \(on\) or 0 \(off\)"),
        ("WEB_BIND", "http://0.0.0.0", "without scheme, port or path"),
        ("KAFKA_PUBLIC_BIND", "0.0.0.0:9094", "without scheme, port or path"),
        ("OPEN_METEO_MODE", "offline", "write 'online' or 'standin'"),
        ("BAD_LOCATIONS", "green", "write 'red' or 'partial'"),
        ("OPEN_METEO_API_KEY", "one two", "paste the key alone"),
        ("POSTGRES_PASSWORD", "pässword", "leave it empty, and one is generated"),
        ("AIRFLOW_FERNET_KEY", "short", "leave it empty, and one is generated"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_remedy(
    make_settings: MakeSettings, name: str, value: str, remedy: str
) -> None:
    with pytest.raises(StackError, match=remedy):
        make_settings(**{name: value})


def test_a_refusal_names_the_setting(make_settings: MakeSettings) -> None:
    with pytest.raises(StackError, match="AIRFLOW_PORT=many: "):
        make_settings(AIRFLOW_PORT="many")


def test_a_refused_secret_is_not_shown(make_settings: MakeSettings) -> None:
    with pytest.raises(StackError) as refused:
        make_settings(POSTGRES_PASSWORD="5ecre7ü", OPEN_METEO_API_KEY="5ecre7 x", AIRFLOW_FERNET_KEY="5ecre7")  # noqa: S106 (made up)
    assert str(refused.value).count(": it ") == 3
    assert "5ecre7" not in str(refused.value)


def test_all_that_is_wrong_is_named_at_once(env_file: Path, make_settings: MakeSettings) -> None:
    env_file.write_text("AIRFLOW_PROT=18081\nCASANDRA_HEAP=2g\nAIRFLOW_PORT=99999\n")
    with pytest.raises(StackError, match=r"AIRFLOW_PROT.*CASANDRA_HEAP.*AIRFLOW_PORT=99999: .*SPARK_WORKERS=0: ") as refused:
        make_settings(SPARK_WORKERS="0")
    assert "\n" not in str(refused.value)
    assert "factory" not in str(refused.value)


SIGNS = {sign: sign for sign in map(chr, range(32, 127)) if sign not in PATH_LETTERS}
SIGNS |= {" ": "a blank", "\t": "a tab", "\n": "a line break"}


@pytest.mark.parametrize("name", ["STATE_DIR", "JARS_DIR", "DAGS_DIR"])
def test_a_folder_whose_path_would_be_misread_is_refused_with_the_sign(make_settings: MakeSettings, name: str) -> None:
    for sign, shown in SIGNS.items():
        folder = f"/srv/a{sign}b"
        says = f"{name}={one_line(folder)}: {one_line(folder)} holds {shown}, which Spark, Java or"
        with pytest.raises(StackError, match=re.escape(says)):
            make_settings(**{name: folder})


def test_a_home_folder_with_a_blank_is_refused_where_a_folder_lies_in_it(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/a b")
    make_settings()
    with pytest.raises(StackError, match=r"STATE_DIR=~/stack: /home/a b/stack holds a blank"):
        make_settings(STATE_DIR="~/stack")


def test_letters_digits_and_the_signs_that_all_programs_read_alike_are_taken(make_settings: MakeSettings) -> None:
    folder = "/srv/Wetter_ü-日/1.0+a@b~(c)&d!"
    assert str(make_settings(STATE_DIR=folder).state_dir) == folder


def test_startup_sh_and_the_settings_refuse_the_same_signs() -> None:
    line = next(line for line in (REPOSITORY / "startup.sh").read_text(encoding="utf-8").splitlines() if "LC_ALL=C tr -d" in line)
    kept = line.split("'")[1].replace("A-Z", "").replace("a-z", "").replace("0-9", "").replace("\\200-\\377", "")
    assert set(kept) == {sign for sign in PATH_LETTERS if not sign.isalnum()}


def test_ports_that_follow_have_their_usual_numbers_with_the_default_ports(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert [getattr(settings, name) for name in FOLLOWING] == [8974, 9093, 7000, 7199]


def test_ports_that_follow_move_with_their_service(make_settings: MakeSettings) -> None:
    settings = make_settings(AIRFLOW_PORT="18080", KAFKA_PORT="19092", CASSANDRA_PORT="19042")
    assert [getattr(settings, name) for name in FOLLOWING] == [18974, 19093, 17000, 17199]


@pytest.mark.parametrize("port", [1, 80, 1024, 1500, 30_000, 65_000, 65_535])
def test_every_port_has_followers_that_everyone_may_use(make_settings: MakeSettings, port: int) -> None:
    for leading in ("AIRFLOW_PORT", "KAFKA_PORT", "CASSANDRA_PORT"):
        settings = make_settings(**{leading: str(port)})
        assert all(1024 <= getattr(settings, name) <= 65_535 for name in FOLLOWING)
        make_settings(**{leading: {"AIRFLOW_PORT": "8080", "KAFKA_PORT": "9092", "CASSANDRA_PORT": "9042"}[leading]})


def test_a_port_that_follows_may_be_given_by_the_environment(make_settings: MakeSettings) -> None:
    assert make_settings(CASSANDRA_JMX_PORT="7200").cassandra_jmx_port == 7200


def test_internal_settings_are_fields() -> None:
    assert set(StackSettings.model_fields) >= INTERNAL
    assert set(StackSettings.model_fields) >= set(PORTS)
