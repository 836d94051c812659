from collections import namedtuple

import pytest

from stack.health import NO_ROOM_BYTES, find_full_disk, find_problem
from stack.logins import make_logins
from tests.stack.conftest import MakeSettings

Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.mark.parametrize(("free_bytes", "is_full"), [(NO_ROOM_BYTES - 1, True), (NO_ROOM_BYTES, False)])
def test_full_disk_is_named_with_its_folder_and_the_remedy(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, free_bytes: int, is_full: bool
) -> None:
    settings = make_settings(KAFKA_PORT="1")  # where no stack of this machine answers
    make_logins(settings)
    folder = settings.state_dir / "kafka/data"
    folder.mkdir(parents=True)
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(0, 0, free_bytes if path == folder else 2**40))
    expected = f"disk full, 63 MiB are free in {folder} and 64 needed: make room" if is_full else ""
    assert find_full_disk(settings, "kafka") == expected
    assert find_problem(settings, "kafka").startswith("disk full") is is_full


@pytest.mark.parametrize("name", ["cassandra", "standin"])
def test_service_without_data_has_no_full_disk(make_settings: MakeSettings, name: str) -> None:
    assert find_full_disk(make_settings(), name) == ""
