import shutil
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values

from stack.settings import REPOSITORY

DOCKER = """#!/bin/sh
echo "$COMPOSE_PROFILES|$*" >>"$CALLS"
case "$*" in
*" upgrade-env") ${UPGRADE:-cat} ;;
*" run "*) printf 'https://example.org does not answer\\nstandin\\n' ;;
*" logs "*) echo '120 hourly rows' ;;
*" up "*) exit "${UP:-0}" ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with startup.sh and what `--docker` needs, and a `docker` that writes down how it was called."""
    for name in ("startup.sh", "scripts/docker.sh", ".env.example"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker").write_text(DOCKER)
    (tmp_path / "bin/docker").chmod(0o755)
    return tmp_path


def start(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    names = {"PATH": f"{clone / 'bin'}:/usr/bin:/bin", "CALLS": str(clone / "calls"), **environment}
    command = ["sh", str(clone / "startup.sh"), "--docker", *arguments]
    return subprocess.run(command, env=names, cwd=clone, capture_output=True, text=True, check=False)


def calls(clone: Path) -> str:
    return (clone / "calls").read_text(encoding="utf-8")


def test_it_ends_with_the_first_run_shown_and_needs_no_python(clone: Path) -> None:
    done = start(clone, "--online")
    assert (done.returncode, done.stderr) == (0, "")
    assert "120 hourly rows" in done.stdout
    assert "|compose --env-file .env up --wait" in calls(clone)
    assert not (clone / ".venv").exists()


def test_offline_starts_the_standin_and_is_remembered(clone: Path) -> None:
    start(clone, "--offline")
    assert "standin|compose --env-file .env up --wait" in calls(clone)
    kept = dotenv_values(clone / ".env")
    assert (kept["OPEN_METEO_MODE"], kept["COMPOSE_PROFILES"]) == ("standin", "standin")
    start(clone, "--online")
    kept = dotenv_values(clone / ".env")
    assert (kept["OPEN_METEO_MODE"], kept["COMPOSE_PROFILES"]) == ("online", "online")


def test_where_nobody_has_decided_a_container_asks_and_the_answer_is_written_down(clone: Path) -> None:
    done = start(clone)
    assert "https://example.org does not answer" in done.stdout
    assert dotenv_values(clone / ".env")["OPEN_METEO_MODE"] == "standin"
    (clone / "calls").unlink()
    start(clone)
    assert " ask" not in calls(clone)


def test_every_other_line_of_the_env_file_is_kept(clone: Path) -> None:
    start(clone, "--offline")
    assert (clone / ".env").stat().st_mode & 0o077 == 0
    before = dotenv_values(clone / ".env.example")
    changed = {name for name, value in dotenv_values(clone / ".env").items() if before[name] != value}
    assert changed == {"OPEN_METEO_MODE", "COMPOSE_PROFILES"}


def test_a_red_start_is_an_error_that_says_where_to_look(clone: Path) -> None:
    done = start(clone, "--offline", UP="1")
    assert done.returncode == 1
    assert "docker compose logs SERVICE" in done.stderr


def test_a_replay_is_refused(clone: Path) -> None:
    done = start(clone, "--replay")
    assert done.returncode == 1
    assert "a replay needs the embedded stack" in done.stderr


def test_a_machine_without_docker_is_told_what_to_install(clone: Path) -> None:
    (clone / "bin/docker").unlink()
    for tool in ("sh", "dirname", "readlink"):
        (clone / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    done = start(clone, PATH=str(clone / "bin"))
    assert done.returncode == 1
    assert "install Docker Engine" in done.stderr


def test_names_of_an_earlier_release_are_replaced_before_anything_starts(clone: Path) -> None:
    (clone / ".env").write_text("BAD_PLACES=partial\nOPEN_METEO_MODE=online\n")
    done = start(clone, UPGRADE="sed s/BAD_PLACES/BAD_LOCATIONS/")
    assert done.returncode == 0, done.stderr
    assert (clone / ".env").read_text() == "BAD_LOCATIONS=partial\nOPEN_METEO_MODE=online\n"
    assert (clone / ".env").stat().st_mode & 0o777 == 0o600
    assert calls(clone).index("upgrade-env") < calls(clone).index(" up ")


def test_a_refused_name_leaves_the_file_as_it_is_and_starts_nothing(clone: Path) -> None:
    (clone / ".env").write_text("AIRFLOW_PROT=1\nOPEN_METEO_MODE=online\n")
    done = start(clone, UPGRADE="false")
    assert done.returncode == 1
    assert ".env was left as it is: correct it" in done.stderr
    assert (clone / ".env").read_text() == "AIRFLOW_PROT=1\nOPEN_METEO_MODE=online\n"
    assert sorted(path.name for path in clone.glob(".env*")) == [".env", ".env.example"]
    assert " up " not in calls(clone)
