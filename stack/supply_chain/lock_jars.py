"""Writes the jars.sha256 next to each pom.xml: a sum for every jar, itself named there or brought by another one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks import dsbulk
from stack.jars import POM, PROFILES, PinnedJar, copy_jars, digest_of, pins_file

PROFILES_OF_POM: Final = {POM: PROFILES, dsbulk.POM: dsbulk.PROFILES}


def lock_jars(pom: Path, profiles: tuple[str, ...]) -> None:
    """Pin what Maven resolves `pom` to now."""
    pins = sorted((pin for profile in profiles for pin in _resolve(profile, pom)), key=lambda pin: (pin.profile, pin.name))
    pins_file(pom).write_text("".join(f"{pin}\n" for pin in pins), encoding="utf-8")


def _resolve(profile: str, pom: Path) -> Iterator[PinnedJar]:
    """The jars of a profile; Maven's layout of folders tells group, artifact and version."""
    with tempfile.TemporaryDirectory(prefix="barograph-jars-") as name:
        folder = Path(name)
        copy_jars(profile, folder, pom, "-Dmdep.useRepositoryLayout=true")
        for jar in folder.rglob("*.jar"):
            *group, artifact, version, _ = jar.relative_to(folder).parts
            yield PinnedJar(digest_of(jar), profile, jar.name, ".".join(group), artifact, version)


if __name__ == "__main__":
    for pom, profiles in PROFILES_OF_POM.items():
        lock_jars(pom, profiles)
