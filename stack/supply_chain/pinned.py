"""What requirements.txt and jars.sha256 pin: the names, versions and sums of everything that is installed from elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packageurl import PackageURL
from pip_requirements_parser import RequirementsFile

from stack.jars import PinnedJar, read_pins
from stack.settings import REPOSITORY


@dataclass(frozen=True, slots=True)
class Pinned:
    """A package or jar in the one version that is installed; a package has a sum for each file that PyPI serves of it."""

    purl: PackageURL
    sha256: tuple[str, ...]

    @property
    def version_purl(self) -> str:
        """The package and version that an advisory names: without what tells its files apart."""
        return str(self.purl).partition("?")[0]


def packages(path: Path = REPOSITORY / "requirements.txt") -> Iterator[Pinned]:
    """Every package of a requirements file that `make lock` wrote."""
    for requirement in RequirementsFile.from_file(str(path)).requirements:
        purl = PackageURL("pypi", name=requirement.name, version=requirement.get_pinned_version)
        yield Pinned(purl, tuple(given.removeprefix("sha256:") for given in requirement.hash_options))


def jars() -> list[Pinned]:
    """Every jar of stack/pom.xml, once where several services bring the same."""
    found = {_jar(pin) for pin in read_pins()}
    return sorted(found, key=lambda jar: str(jar.purl))


def _jar(pin: PinnedJar) -> Pinned:
    qualifiers = {"classifier": pin.classifier} if pin.classifier else None
    return Pinned(PackageURL("maven", pin.group, pin.artifact, pin.version, qualifiers), (pin.sha256,))
