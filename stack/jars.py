"""The jars of stack/pom.xml: fetched once by Maven into one folder per profile, whole or not at all, and only the pinned ones."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from stack.console import waiting
from stack.errors import StackError
from stack.java import find_java_home
from stack.settings import REPOSITORY

POM: Final = REPOSITORY / "stack/pom.xml"
PROFILES: Final = ("postgres", "kafka", "cassandra", "spark")

_LAYOUT: Final = Path("~/.m2/repository")
"""Where Maven keeps what it fetched, unless its settings say otherwise."""


@dataclass(frozen=True, slots=True)
class PinnedJar:
    """A jar that a pom.xml brings, itself or through another one: one line of the jars.sha256 next to that pom.xml."""

    sha256: str
    profile: str
    name: str
    group: str
    artifact: str
    version: str

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read `sum  profile/name  group:artifact:version`."""
        digest, path, coordinates = line.split()
        return cls(digest, *path.split("/"), *coordinates.split(":"))

    @property
    def classifier(self) -> str:
        """What tells this jar from others of its artifact, such as `linux-x86_64`; mostly empty."""
        return self.name.removeprefix(f"{self.artifact}-{self.version}").removesuffix(".jar").removeprefix("-")

    def __str__(self) -> str:
        return f"{self.sha256}  {self.profile}/{self.name}  {self.group}:{self.artifact}:{self.version}"


def pins_file(pom: Path) -> Path:
    """Where the sums of the jars of `pom` are; `make lock` writes it."""
    return pom.with_name("jars.sha256")


def read_pins(pom: Path = POM) -> list[PinnedJar]:
    """Every jar that may be in the folders of `pom`."""
    return [PinnedJar.parse(line) for line in pins_file(pom).read_text(encoding="utf-8").splitlines()]


def find_missing_jars(jars_dir: Path, pom: Path = POM, profiles: Sequence[str] = PROFILES) -> list[str]:
    """Profiles of `pom` whose folder is not there, or was filled from another pom.xml."""
    return [profile for profile in profiles if _read_stamp(jars_dir / profile / ".pom") != _pom_digest(pom)]


def fetch_jars(jars_dir: Path, pom: Path = POM, profiles: Sequence[str] = PROFILES) -> None:
    """Fetch what is missing, and hold every jar against its sum; another stack that fetches into the same folder is waited for.

    Raises:
        StackError: Maven failed (holds its last error line), or a jar is not the pinned one.
    """
    every = read_pins(pom)
    pins = {profile: [pin for pin in every if pin.profile == profile] for profile in profiles}
    if not find_missing_jars(jars_dir, pom, profiles) and all(_is_verified(jars_dir / one, pins[one]) for one in profiles):
        return
    jars_dir.mkdir(parents=True, exist_ok=True)
    with locked(jars_dir):
        for profile in find_missing_jars(jars_dir, pom, profiles):
            with waiting(f"fetching the jars of {profile}"):
                _fetch_profile(profile, jars_dir, pom, pins[profile])
        for profile in profiles:
            _verify(jars_dir / profile, pins[profile])


def copy_jars(profile: str, folder: Path, pom: Path, *options: str) -> None:
    """Let Maven copy the jars of a profile into `folder`.

    Raises:
        StackError: Maven failed; holds its last error line.
    """
    command = ["mvn", "-q", "-B", "-C", "-Dstyle.color=never", "-f", str(pom), "-P", profile, "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={folder}", "-DincludeScope=runtime", *options]
    environment = {**os.environ, "JAVA_HOME": str(find_java_home())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")] or [done.stderr.strip()]
        raise StackError(
            f"Maven could not fetch the jars of {profile}: {errors[0]}. "
            "It needs Maven Central, or a mirror named in ~/.m2/settings.xml; start again when it is reachable"
        )


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch_profile(profile: str, jars_dir: Path, pom: Path, pins: Sequence[PinnedJar]) -> None:
    incoming = jars_dir / f".{profile}"
    shutil.rmtree(incoming, ignore_errors=True)
    copy_jars(profile, incoming, pom)
    _verify(incoming, pins)
    (incoming / ".pom").write_text(_pom_digest(pom), encoding="ascii")
    shutil.rmtree(jars_dir / profile, ignore_errors=True)
    incoming.rename(jars_dir / profile)


def _verify(folder: Path, pins: Sequence[PinnedJar]) -> None:
    """Hold the jars of a folder against their sums, unless none of its files has changed since that was done."""
    if _is_verified(folder, pins):
        return
    state = _state(folder, pins)
    _hold_against(folder, pins)
    (folder / ".verified").write_text(state, encoding="ascii")


def _is_verified(folder: Path, pins: Sequence[PinnedJar]) -> bool:
    return _read_stamp(folder / ".verified") == _state(folder, pins)


def _state(folder: Path, pins: Sequence[PinnedJar]) -> str:
    """A digest of the pins and of what the file system says of each jar; no write to a file leaves its ctime as it was."""
    files = [(jar.name, jar.stat()) for jar in _jars(folder)]
    facts = [(name, of.st_size, of.st_mtime_ns, of.st_ctime_ns, of.st_ino) for name, of in files]
    return hashlib.sha256(repr((facts, [str(pin) for pin in pins])).encode()).hexdigest()


def _jars(folder: Path) -> list[Path]:
    """What Java takes from a folder in its class path."""
    return sorted(path for path in folder.glob("*") if path.suffix.lower() == ".jar")


def _hold_against(folder: Path, pins: Sequence[PinnedJar]) -> None:
    """Compare the jars of a folder with their pins.

    Raises:
        StackError: one is missing, is not pinned, or has another sum.
    """
    wanted = {pin.name: pin for pin in pins}
    found = {jar.name: digest_of(jar) for jar in _jars(folder)}
    for name in sorted(wanted.keys() | found.keys()):
        pin, actual = wanted.get(name), found.get(name)
        if pin is None:
            raise StackError(f"{folder / name} is not one of the jars of this release: remove {folder}, then start again")
        if pin.sha256 != actual:
            kept = _LAYOUT.joinpath(*pin.group.split("."), pin.artifact, pin.version)
            raise StackError(
                f"{folder / name} is not the jar of this release: its SHA-256 is {actual or 'unknown, the file is missing'}, "
                f"pinned is {pin.sha256}. Remove {folder} and {kept}, then start again; "
                "if it is refused again, the mirror named in ~/.m2/settings.xml serves another file than Maven Central"
            )


def _pom_digest(pom: Path) -> str:
    return hashlib.sha256(pom.read_bytes()).hexdigest()


def _read_stamp(stamp: Path) -> str:
    return stamp.read_text(encoding="ascii") if stamp.is_file() else ""


@contextmanager
def locked(jars_dir: Path) -> Iterator[None]:
    """Be the only one that writes into `jars_dir`; others are waited for."""
    with (jars_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
