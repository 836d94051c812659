"""Names in .env files: those of earlier releases, and misspelt ones."""

from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values

from stack.containers import main
from stack.env_names import FORMER, find_stray_names, find_wrong_lines, upgrade_text
from stack.errors import StackError
from stack.settings import INTERNAL, env_names, load_settings, setting_name
from stack.weather_mode import settle_settings
from tests.stack.conftest import MakeSettings

PREVIOUS = Path(__file__).with_name("env-of-release-1.txt")
"""The .env.example of the previous release, with values that are its defaults."""


@pytest.fixture
def previous() -> str:
    return PREVIOUS.read_text(encoding="utf-8")


def test_a_file_of_the_previous_release_goes_on_working_and_is_upgraded_in_place(
    env_file: Path, previous: str, capsys: pytest.CaptureFixture[str]
) -> None:
    env_file.write_text(previous.replace("KAFKA_PORT=9092", "KAFKA_PORT=19092"))
    settings = settle_settings("offline")
    assert (settings.kafka_port, settings.kafka_controller_port) == (19092, 19093)
    assert not set(dotenv_values(env_file)) & FORMER
    assert find_wrong_lines(env_file.read_text(), env_names()) == []
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert [name for name in FORMER if name not in printed] == []
    upgraded = env_file.read_text()
    settle_settings("offline")
    assert (env_file.read_text(), capsys.readouterr().err) == (upgraded, "")


def test_every_former_name_is_in_the_file_of_the_previous_release(previous: str) -> None:
    assert set(dotenv_values(PREVIOUS)) >= FORMER
    assert set(dotenv_values(PREVIOUS)) <= FORMER | env_names() | {"COMPOSE_PROFILES"}


def test_an_upgraded_file_stays_its_owners_and_a_link_stays_a_link(tmp_path: Path, env_file: Path) -> None:
    target = tmp_path / "target"
    target.write_text("JOBS_DIR=\nKAFKA_PORT=1111\n")
    env_file.symlink_to(target)
    load_settings()
    assert env_file.is_symlink()
    assert target.read_text() == "KAFKA_PORT=1111\n"
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "becomes", "says"),
    [
        ("BAD_PLACES=partial\n", "BAD_LOCATIONS=partial\n", ["BAD_PLACES is now called BAD_LOCATIONS"]),
        ("export BAD_PLACES='partial'\n", "BAD_LOCATIONS=partial\n", ["BAD_PLACES is now called BAD_LOCATIONS"]),
        ("API_QUOTA_HOUR=100\n", "API_QUOTA=600/100/10000\n", ["API_QUOTA_HOUR=100 is now part of API_QUOTA"]),
        (
            "API_QUOTA_MINUTE=1\nAPI_QUOTA_HOUR=2\nAPI_QUOTA_DAY=3\n",
            "API_QUOTA=1/2/3\n",
            ["API_QUOTA_MINUTE=1 is now", "API_QUOTA_HOUR=2 is now", "API_QUOTA_DAY=3 is now"],
        ),
        ("START_DELAY_FROM=0\nSTART_DELAY_TO=20\n", "START_DELAY_MINUTES=0-20\n", ["START_DELAY_FROM=0", "START_DELAY_TO"]),
        ("BAD_PLACES=partial\nBAD_LOCATIONS=red\n", "BAD_LOCATIONS=red\n", ["BAD_PLACES is now called BAD_LOCATIONS"]),
        (
            "REVISION_DAYS=5\n",
            "",
            ["REVISION_DAYS=5 was removed and is not read any more: set the Airflow"],
        ),
        ("ARCHIVE_URL=http://a/v1/archive\n", "", ["ARCHIVE_URL=http://a/v1/archive was removed", "the server of BASE_URL"]),
        ("CASSANDRA_JMX_PORT=7299\n", "", ["CASSANDRA_JMX_PORT=7299 was removed", "it follows CASSANDRA_PORT"]),
        ("A=1\nDAGS_DIR=dags\n# note\n\nJOBS_DIR=\nB=2\n", "A=1\n# note\n\nB=2\n", ["were removed: DAGS_DIR, JOBS_DIR"]),
        ("\ufeffKAFKA_PORT=1\n", "KAFKA_PORT=1\n", []),
        ("# mine\n  \nKAFKA_PORT = 1 # port\nOTHER='a\nb'\n", "# mine\n  \nKAFKA_PORT = 1 # port\nOTHER='a\nb'\n", []),
    ],
)
def test_names_of_an_earlier_release_are_carried_over_and_said(text: str, becomes: str, says: list[str]) -> None:
    upgrade = upgrade_text(text)
    assert upgrade.text == becomes
    assert [part for part in says if part not in "; ".join(upgrade.notes)] == []
    assert bool(upgrade.notes) == bool(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("AIRFLOW_PROT=18081\n", "AIRFLOW_PROT (line 1) is not a setting: did you mean AIRFLOW_PORT?"),
        ("\n# x\n\nCASSANDRA_HAEP=2g\n", "CASSANDRA_HAEP (line 4) is not a setting: did you mean CASSANDRA_HEAP?"),
        ("HTTPS_PROXY=http://proxy\n", "HTTPS_PROXY (line 1) is not a setting: remove it; what other programs read belongs"),
        ("STATE_DIR /srv\n", "line 1 is not NAME=value: correct or remove it"),
        ("KAFKA_PORT=1\nKAFKA_HEAP\n", "line 2 is not NAME=value: correct or remove it"),
    ],
)
def test_a_line_that_would_be_ignored_is_refused_with_the_nearest_name(env_file: Path, text: str, says: str) -> None:
    assert says in "; ".join(find_wrong_lines(text, env_names()))
    env_file.write_text(text)
    with pytest.raises(StackError) as refused:
        load_settings()
    assert says in str(refused.value)
    assert env_file.read_text() == text


def test_names_that_docker_compose_reads_are_let_through(env_file: Path) -> None:
    env_file.write_text("COMPOSE_PROJECT_NAME=x\nDOCKER_HOST=unix:///run/docker.sock\nBAROGRAPH_VERSION=1\nkafka_port=1111\n")
    assert load_settings().kafka_port == 1111


@pytest.mark.parametrize("field", sorted(INTERNAL))
def test_what_only_containers_and_tests_set_is_no_name_of_the_file(field: str) -> None:
    assert setting_name(field) not in env_names()
    assert setting_name(field) in FORMER


def test_a_file_that_is_not_utf_8_is_refused_by_name(env_file: Path) -> None:
    env_file.write_bytes(b"AIRFLOW_ADMIN_PASSWORD=p\xe4ss\n")
    with pytest.raises(StackError, match=r"is not UTF-8 .*at byte 24\): save it in that encoding"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("BAD_PLACES", "is now called BAD_LOCATIONS; it is read under its old name, too"),
        ("API_QUOTA_DAY", "is not read any more: set API_QUOTA"),
        ("ARCHIVE_URL", "is not read any more: every product is asked at the server of BASE_URL"),
        ("AIRFLOW_PROT", "is not a setting: did you mean AIRFLOW_PORT?"),
    ],
)
def test_a_name_in_the_environment_that_looks_like_a_setting_is_mentioned(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    make_settings(**{name: "1" if name != "BAD_PLACES" else "red"})
    settle_settings("offline")
    assert f"{name} in the environment {says}" in capsys.readouterr().err


def test_names_of_other_programs_in_the_environment_are_left_alone() -> None:
    others = ["AIRFLOW_HOME", "SPARK_HOME", "KAFKA_HEAP_OPTS", "CASSANDRA_HOME", "PATH", "POSTGRES_DB", "SPARK_MASTER_HOST"]
    assert find_stray_names(others, env_names(), [setting_name(field) for field in INTERNAL]) == []


def test_a_container_upgrades_the_file_for_a_machine_without_python(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    former = "BAD_PLACES=red\nREVISION_DAYS=5\nKAFKA_HEAP=1g\n"  # pragma: allowlist secret (settings)
    monkeypatch.setattr("sys.stdin", StringIO(former))
    assert main("upgrade-env") == 0
    printed = capsys.readouterr()
    assert printed.out == "BAD_LOCATIONS=red\nKAFKA_HEAP=1g\n"
    assert "set the Airflow Variable revision_days" in printed.err


def test_a_container_refuses_a_misspelt_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("AIRFLOW_PROT=1\n"))
    assert main("upgrade-env") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "did you mean AIRFLOW_PORT?" in printed.err
