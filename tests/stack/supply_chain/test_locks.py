"""What is installed from elsewhere is pinned by sum, without an exception."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from benchmarks import dsbulk
from stack.jars import POM, PROFILES, read_pins
from stack.settings import REPOSITORY
from stack.supply_chain.pinned import packages

LOCKS = sorted(REPOSITORY.glob("requirements*.txt"))
SHA256 = re.compile(r"[0-9a-f]{64}")
NAMESPACE = {"m": "http://maven.apache.org/POM/4.0.0"}
POMS = {POM: set(PROFILES), dsbulk.POM: set(dsbulk.PROFILES)}


def test_each_file_of_names_has_its_file_of_sums() -> None:
    assert {path.stem for path in LOCKS} == {path.stem for path in REPOSITORY.glob("requirements*.in")}
    assert [path.stem for path in LOCKS] == ["requirements-dev", "requirements-install", "requirements"]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_requirement_has_one_version_and_a_sum(path: Path) -> None:
    pinned = list(packages(path))
    unpinned = [str(one.purl) for one in pinned if not one.purl.version or not one.sha256]
    assert (bool(pinned), unpinned) == (True, [])
    assert [digest for one in pinned for digest in one.sha256 if not SHA256.fullmatch(digest)] == []


def test_a_requirement_without_a_sum_would_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("one==1 \\\n    --hash=sha256:" + "a" * 64 + "\ntwo==2\n")
    assert [len(one.sha256) for one in packages(path)] == [1, 0]


def test_every_install_asks_for_sums() -> None:
    startup = (REPOSITORY / "startup.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in (*startup.splitlines(), *makefile.splitlines()) if re.search(r"(pip|UV\)) install ", line)]
    assert len(installs) == 4
    own = [line for line in installs if "--no-deps --no-build-isolation -e" in line]
    assert len(own) == 1
    assert [line for line in installs if line not in own and "--require-hashes" not in line] == []


def test_what_builds_packages_from_source_is_pinned_too() -> None:
    installed = {one.purl.name for one in packages(REPOSITORY / "requirements-install.txt")}
    assert installed == {"uv", "setuptools"}
    startup = (REPOSITORY / "startup.sh").read_text(encoding="utf-8")
    assert '--build-constraints "$root/requirements-install.txt"' in startup


@pytest.mark.parametrize("pom", POMS, ids=lambda pom: pom.parent.name)
def test_every_jar_of_a_pom_is_pinned(pom: Path) -> None:
    pins = read_pins(pom)
    assert {pin.profile for pin in pins} == POMS[pom]
    assert [str(pin) for pin in pins if not SHA256.fullmatch(pin.sha256)] == []
    named = {
        (profile.findtext("m:id", namespaces=NAMESPACE), one.findtext("m:artifactId", namespaces=NAMESPACE))
        for profile in ElementTree.parse(pom).iterfind(".//m:profile", NAMESPACE)  # noqa: S314 (ours)
        for one in profile.iterfind("m:dependencies/m:dependency", NAMESPACE)
    }
    assert named
    assert named - {(pin.profile, pin.artifact) for pin in pins} == set()


def test_the_versions_of_a_pom_are_the_pinned_ones() -> None:
    versions = {(pin.profile, pin.artifact): pin.version for pin in read_pins()}
    for profile in ElementTree.parse(POM).iterfind(".//m:profile", NAMESPACE):  # noqa: S314 (ours)
        name = str(profile.findtext("m:id", namespaces=NAMESPACE))
        for one in profile.iterfind("m:dependencies/m:dependency", NAMESPACE):
            artifact = str(one.findtext("m:artifactId", namespaces=NAMESPACE))
            assert one.findtext("m:version", namespaces=NAMESPACE) == versions[name, artifact], "run `make lock`"


def test_the_image_verifies_the_jars_that_it_takes() -> None:
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    assert "COPY stack/pom.xml stack/jars.sha256 stack/" in dockerfile
    assert "diff /tmp/pinned /tmp/found" in dockerfile
