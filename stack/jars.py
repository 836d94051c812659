"""The jars of stack/pom.xml: fetched once by Maven into one folder per profile, whole or not at all."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stack.console import waiting
from stack.errors import StackError
from stack.java import find_java_home
from stack.settings import REPOSITORY

POM: Final = REPOSITORY / "stack/pom.xml"
PROFILES: Final = ("postgres", "kafka", "cassandra", "spark")


def find_missing_jars(jars_dir: Path, pom: Path = POM, profiles: Sequence[str] = PROFILES) -> list[str]:
    """Profiles of `pom` whose folder is not there, or was filled from another pom.xml."""
    return [profile for profile in profiles if _read_stamp(jars_dir / profile) != _pom_digest(pom)]


def fetch_jars(jars_dir: Path, pom: Path = POM, profiles: Sequence[str] = PROFILES) -> None:
    """Fetch what is missing; another stack that fetches into the same folder is waited for.

    Raises:
        StackError: Maven failed; holds its last error line.
    """
    if not find_missing_jars(jars_dir, pom, profiles):
        return
    jars_dir.mkdir(parents=True, exist_ok=True)
    with locked(jars_dir):
        for profile in find_missing_jars(jars_dir, pom, profiles):
            with waiting(f"fetching the jars of {profile}"):
                _fetch_profile(profile, jars_dir, pom)


def _fetch_profile(profile: str, jars_dir: Path, pom: Path) -> None:
    incoming = jars_dir / f".{profile}"
    shutil.rmtree(incoming, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-f", str(pom), "-P", profile, "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={incoming}", "-DincludeScope=runtime"]
    environment = {**os.environ, "JAVA_HOME": str(find_java_home())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")] or [done.stderr.strip()]
        raise StackError(
            f"Maven could not fetch the jars of {profile}: {errors[0]}. "
            "It needs Maven Central, or a mirror named in ~/.m2/settings.xml; start again when it is reachable"
        )
    (incoming / ".pom").write_text(_pom_digest(pom), encoding="ascii")
    shutil.rmtree(jars_dir / profile, ignore_errors=True)
    incoming.rename(jars_dir / profile)


def _pom_digest(pom: Path) -> str:
    return hashlib.sha256(pom.read_bytes()).hexdigest()


def _read_stamp(folder: Path) -> str:
    stamp = folder / ".pom"
    return stamp.read_text(encoding="ascii") if stamp.is_file() else ""


@contextmanager
def locked(jars_dir: Path) -> Iterator[None]:
    """Be the only one that writes into `jars_dir`; others are waited for."""
    with (jars_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
