import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stack.settings import REPOSITORY

TOOLS = ("sh", "dirname", "readlink", "cat", "cksum", "rm", "mkdir", "tr")
FILES = ("startup.sh", "requirements-install.txt", "requirements.txt", "pyproject.toml")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with startup.sh and what it reads, and a PATH in `bin` without any Python."""
    for name in FILES:
        shutil.copy(REPOSITORY / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return tmp_path


def test_a_machine_without_python_is_told_what_to_install(clone: Path) -> None:
    environment = {"PATH": str(clone / "bin"), "HOME": str(clone)}
    done = subprocess.run(["sh", clone / "startup.sh"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no Python 3.11 or 3.12 found" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_an_unfitting_python_is_passed_over(clone: Path) -> None:
    (clone / "bin/python3.11").write_text("#!/bin/sh\nexit 1\n")
    (clone / "bin/python3.11").chmod(0o755)
    environment = {"PATH": str(clone / "bin"), "HOME": str(clone)}
    done = subprocess.run(["sh", clone / "startup.sh"], env=environment, capture_output=True, text=True, check=False)
    assert "no Python 3.11 or 3.12 found" in done.stderr


FAKE_PYTHON = """#!/bin/sh
case "$*" in
*" venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
*" pip "*) echo "$*" >&2; echo "ERROR: hashes do not match" >&2; exit 1 ;;
esac
"""


def test_a_package_that_is_not_the_pinned_one_ends_the_install_with_the_remedy(clone: Path) -> None:
    (clone / "bin/python3.11").write_text(FAKE_PYTHON)
    (clone / "bin/python3.11").chmod(0o755)
    for tool in ("cp", "mkdir"):
        (clone / "bin" / tool).unlink(missing_ok=True)
        (clone / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    environment = {"PATH": str(clone / "bin"), "HOME": str(clone)}
    done = subprocess.run(["sh", clone / "startup.sh"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"--require-hashes -r {clone}/requirements-install.txt" in done.stderr
    assert "hashes do not match" in done.stderr
    assert "install from PyPI or an unchanged mirror of it, and keep the hashes" in done.stderr
    assert (clone / ".venv/.installing").exists()  # so that the next start begins again


@pytest.mark.parametrize("command", [["sh", "startup.sh"], ["./startup.sh"], ["sh", str(REPOSITORY / "startup.sh")]])
def test_it_starts_by_sh_by_path_and_directly(command: list[str]) -> None:
    done = subprocess.run([*command, "--help"], cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage: startup.sh" in done.stdout


REFUSED = " \t,#%;:\"'\\$`*?[]{}=<>|^"
ALLOWED = "._-+@~()&!ü日"


def start_in(folder: Path, clone: Path) -> subprocess.CompletedProcess[str]:
    """startup.sh in a clone of its own, where it finds no Python."""
    folder.mkdir()
    for name in FILES:
        shutil.copy(clone / name, folder / name)
    environment = {"PATH": str(clone / "bin"), "HOME": str(clone)}
    return subprocess.run(["sh", folder / "startup.sh"], env=environment, capture_output=True, text=True, check=False)


def test_a_folder_whose_path_would_be_misread_is_refused_before_anything_is_made(clone: Path) -> None:
    for sign in REFUSED:
        folder = clone / f"a{sign}b"
        done = start_in(folder, clone)
        assert done.returncode == 1
        assert f"{folder}, holds '{sign}', which Spark, Java or supervisord" in done.stderr
        assert "move it to where the path has only letters" in done.stderr
        assert not (folder / ".venv").exists()


def test_folders_with_other_signs_are_taken(clone: Path) -> None:
    assert [sign for sign in ALLOWED if "no Python 3.11" not in start_in(clone / f"a{sign}b", clone).stderr] == []
