import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from stack.dotenv_file import EXAMPLE
from stack.errors import StackError
from stack.settings import REPOSITORY, SECRETS, StackSettings, load_settings, setting_name
from tests.stack.conftest import MakeSettings

FIELDS = {setting_name(field): field for field in StackSettings.model_fields}


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    assert set(dotenv_values(EXAMPLE)) == set(FIELDS)


def test_every_setting_in_the_example_is_explained() -> None:
    paragraphs = re.split(r"\n\s*\n", EXAMPLE.read_text(encoding="utf-8"))
    unexplained = [p.splitlines()[0] for p in paragraphs if re.search(r"^\w+=", p, re.MULTILINE) and not p.startswith("#")]
    assert unexplained == []


def test_the_example_shows_the_defaults() -> None:
    shown = dotenv_values(EXAMPLE)
    defaults = {name: StackSettings.model_fields[field].default for name, field in FIELDS.items() if field not in SECRETS}
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
        ("STATE_DIR", "/srv/100%", "use another folder"),
        ("KAFKA_PORT", "many", "valid integer"),
        ("KAFKA_PORT", "8080", "needs its own"),
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
