"""Java 17, Maven and ps: found, or installed by apt where that is allowed, or asked for in one line."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from stack.console import say, waiting
from stack.errors import StackError

PACKAGES: Final = {"java": "openjdk-17-jre-headless", "mvn": "maven", "ps": "procps"}
"""Debian package of each program."""


@cache
def find_java_home() -> Path | None:
    """The folder of a Java 17: JAVA_HOME, the `java` of the PATH, or one under /usr/lib/jvm; None when there is none."""
    on_path = shutil.which("java")
    homes = [
        *([Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []),
        *([Path(on_path).resolve().parents[1]] if on_path else []),
        *sorted(Path("/usr/lib/jvm").glob("*17*")),
    ]
    return next((home for home in homes if _is_java_17(home / "bin/java")), None)


def ensure_programs(*, with_maven: bool) -> None:
    """Make sure Java 17 and ps are there, and mvn when jars are still to be fetched.

    Raises:
        StackError: something is missing and this user may not install it; names the command that does.
    """
    missing = _find_missing(with_maven=with_maven)
    if not missing:
        return
    packages = [PACKAGES[program] for program in missing]
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    names = ", ".join("Java 17" if program == "java" else program for program in missing)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        apt = f"sudo apt-get update && sudo {' '.join(command)}"
        remedy = apt if shutil.which("apt-get") else f"install {', '.join(packages)}"
        raise StackError(f"missing on this machine: {names}. Install and start again: {remedy}")
    say(f"missing on this machine: {names}; installing {', '.join(packages)}")
    _run_apt(["apt-get", "update"])
    _run_apt(command)
    find_java_home.cache_clear()
    if still := _find_missing(with_maven=with_maven):
        raise StackError(f"still missing after {' '.join(command)}: {', '.join(still)}. Install it, then start again")


def _find_missing(*, with_maven: bool) -> list[str]:
    wanted = ["mvn", "ps"] if with_maven else ["ps"]
    java = [] if find_java_home() else ["java"]
    return java + [program for program in wanted if shutil.which(program) is None]


def _is_java_17(java: Path) -> bool:
    if not java.is_file():
        return False
    release = java.parents[1] / "release"
    if release.is_file():
        return 'JAVA_VERSION="17' in release.read_text(encoding="utf-8")
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    return re.search(r'version "17[."]', answer.stderr) is not None


def _run_apt(command: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with waiting(" ".join(command)):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last_line = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise StackError(f"{' '.join(command)} failed: {' '.join(last_line)}. Install the packages, then start again")
