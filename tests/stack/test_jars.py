import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from stack import jars as module
from stack.errors import StackError
from stack.jars import PinnedJar, fetch_jars, find_missing_jars, pins_file, read_pins
from stack.settings import REPOSITORY

CONTENT = {"one-1.jar": b"one", "two-2-linux.jar": b"two"}


@pytest.fixture
def pom(tmp_path: Path) -> Path:
    """A pom.xml with a profile of two jars, both pinned."""
    path = tmp_path / "pom.xml"
    path.write_text("<project/>")
    lines = [
        PinnedJar(hashlib.sha256(CONTENT["one-1.jar"]).hexdigest(), "it", "one-1.jar", "org.made.up", "one", "1"),
        PinnedJar(hashlib.sha256(CONTENT["two-2-linux.jar"]).hexdigest(), "it", "two-2-linux.jar", "org.made.up", "two", "2"),
    ]
    pins_file(path).write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What Maven copies when it is asked."""
    files = dict(CONTENT)

    def copy(_profile: str, folder: Path, _pom: Path) -> None:
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)

    monkeypatch.setattr(module, "copy_jars", copy)
    return files


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jars that were read whole."""
    names: list[str] = []

    def digest_of(path: Path) -> str:
        names.append(path.name)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(module, "digest_of", digest_of)
    return names


def fetch(pom: Path) -> Path:
    """Fetch the profile beside its pom.xml."""
    fetch_jars(pom.parent / "jars", pom, ("it",))
    return pom.parent / "jars/it"


@pytest.mark.usefixtures("served")
def test_pinned_jars_are_taken_and_read_whole_only_when_they_changed(pom: Path, hashed: list[str]) -> None:
    folder = fetch(pom)
    assert set(hashed) == set(CONTENT)
    hashed.clear()
    fetch(pom)
    assert hashed == []
    os.utime(folder / "one-1.jar")
    fetch(pom)
    assert sorted(hashed) == sorted(CONTENT)


def test_a_jar_with_another_sum_is_refused_before_it_is_put_in_place(pom: Path, served: dict[str, bytes]) -> None:
    served["two-2-linux.jar"] = b"tampered"
    actual, pinned = (hashlib.sha256(content).hexdigest() for content in (b"tampered", b"two"))
    with pytest.raises(StackError, match=r"two-2-linux\.jar is not the jar of this release") as refused:
        fetch(pom)
    assert actual in str(refused.value)
    assert pinned in str(refused.value)
    assert "org/made/up/two/2" in str(refused.value)
    assert find_missing_jars(pom.parent / "jars", pom, ("it",)) == ["it"]


def test_a_jar_that_maven_brings_unasked_is_refused(pom: Path, served: dict[str, bytes]) -> None:
    served["three-3.JAR"] = b"three"
    with pytest.raises(StackError, match=r"three-3\.JAR is not one of the jars of this release: remove"):
        fetch(pom)


def test_a_jar_that_maven_leaves_out_is_refused(pom: Path, served: dict[str, bytes]) -> None:
    del served["one-1.jar"]
    with pytest.raises(StackError, match=r"one-1\.jar .* SHA-256 is unknown, the file is missing"):
        fetch(pom)


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("harm", ["content", "content of its size and time", "another jar", "a missing jar"])
def test_what_is_changed_later_is_refused_at_the_next_start(pom: Path, harm: str) -> None:
    folder = fetch(pom)
    jar = folder / "one-1.jar"
    before = jar.stat()
    if harm == "another jar":
        (folder / "added.jar").write_bytes(b"added")
    elif harm == "a missing jar":
        jar.unlink()
    else:
        jar.write_bytes(b"own" if harm.endswith("time") else b"longer")
        os.utime(jar, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(StackError, match=r"jars? of this release"):
        fetch(pom)


@pytest.mark.usefixtures("served")
def test_what_is_beside_the_jars_is_left_alone(pom: Path) -> None:
    folder = fetch(pom)
    (folder / "classes-1.jsa").write_bytes(b"an archive")
    (folder / "server").mkdir()
    fetch(pom)


@pytest.mark.usefixtures("served")
def test_folders_of_an_earlier_release_are_verified_in_place(pom: Path, hashed: list[str]) -> None:
    folder = fetch(pom)
    (folder / ".verified").unlink()
    hashed.clear()
    fetch(pom)
    assert set(hashed) == set(CONTENT)


def test_mavens_error_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "[ERROR] Could not find artifact\n[ERROR] again", "")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_kwargs: failed)
    monkeypatch.setattr(module, "find_java_home", lambda: tmp_path)
    with pytest.raises(StackError, match=r"jars of it: \[ERROR\] Could not find artifact\. It needs Maven Central, or a mirror"):
        module.copy_jars("it", tmp_path, tmp_path / "pom.xml")


def test_a_line_of_the_file_is_read_as_it_was_written() -> None:
    line = (REPOSITORY / "stack/jars.sha256").read_text(encoding="utf-8").splitlines()[0]
    assert str(PinnedJar.parse(line)) == line


def test_a_classifier_is_what_name_and_version_leave() -> None:
    found = {pin.name: pin.classifier for pin in read_pins()}
    epoll = next(name for name in found if name.startswith("netty-transport-native-epoll") and "x86_64" in name)
    assert found[epoll] == "linux-x86_64"
    assert {classifier for name, classifier in found.items() if name.startswith("kafka-clients")} == {""}
