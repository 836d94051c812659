from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import java
from stack.errors import StackError


@pytest.fixture(autouse=True)
def _fresh_search() -> Iterator[None]:
    search = java.find_java_home
    search.cache_clear()
    yield
    search.cache_clear()


def _make_java(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    (home / "bin/java").touch(mode=0o755)
    (home / "release").write_text(f'JAVA_VERSION="{version}"\n', encoding="utf-8")
    return home


def test_java_home_with_java_17_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = _make_java(tmp_path / "jdk", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert java.find_java_home() == home


def test_another_java_in_front_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_make_java(tmp_path / "new", "21.0.1")))
    home = _make_java(tmp_path / "old", "17.0.9")
    monkeypatch.setenv("PATH", str(home / "bin"))
    assert java.find_java_home() == home


def test_what_is_missing_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "find_java_home", lambda: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda program: "/usr/bin/apt-get" if program == "apt-get" else None)
    with pytest.raises(StackError, match=r"Java 17, mvn, ps\..*sudo apt-get update && .*openjdk-17-jre-headless maven procps"):
        java.ensure_programs(with_maven=True)


def test_maven_is_not_asked_for_once_the_jars_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "find_java_home", lambda: Path("/jdk"))
    monkeypatch.setattr("shutil.which", lambda program: None if program == "mvn" else f"/usr/bin/{program}")
    java.ensure_programs(with_maven=False)
