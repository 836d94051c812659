"""What the driver raises, as barograph's errors: what wants time, and what wants a change."""

from typing import Any

import pytest
from cassandra import (
    AuthenticationFailed,
    InvalidRequest,
    OperationTimedOut,
    ReadTimeout,
    Unauthorized,
    Unavailable,
    WriteTimeout,
)
from cassandra.cluster import EXEC_PROFILE_DEFAULT, NoHostAvailable
from cassandra.protocol import OverloadedErrorMessage
from pydantic import SecretStr

from barograph.errors import BarographError, Permanent, StoreRefused, StoreUnavailable, Transient
from barograph.settings import Settings
from barograph.store import connection

NODE = "127.0.0.1:9042"
CONNECTED: list[dict[str, Any]] = []
"""What the driver was told at each connection."""


@pytest.fixture(autouse=True)
def no_cassandra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that never connects to anything."""

    class Cluster:
        def __init__(self, *_: object, **given: object) -> None:
            CONNECTED.append(given)

        def connect(self) -> None: ...
        def shutdown(self) -> None: ...

    monkeypatch.setattr(connection, "Cluster", Cluster)


def raised_for(error: Exception) -> BarographError:
    """What comes out of a session in which the driver raises `error`."""
    with pytest.raises(BarographError) as caught, connection.connect(Settings()):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        WriteTimeout("late", write_type=0),
        ReadTimeout("late"),
        Unavailable("too few nodes"),
        OperationTimedOut(),
        NoHostAvailable("no node", {NODE: OSError("refused")}),
        NoHostAvailable("no node", {NODE: OverloadedErrorMessage(0x1001, "overloaded", None)}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_is_tried_again(error: Exception) -> None:
    found = raised_for(error)
    assert isinstance(found, StoreUnavailable)
    assert isinstance(found, Transient)
    assert f"Cassandra at {NODE} does not answer" in str(found)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (NoHostAvailable("no node", {NODE: AuthenticationFailed("wrong password")}), "`./startup.sh barograph`"),
        (Unauthorized("User x has no MODIFY permission"), "./startup.sh grants the stack's roles what they need"),
        (InvalidRequest("unconfigured table ingest_ledger"), "`barograph init` makes what is missing"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_must_be_changed_is_not_tried_again(error: Exception, remedy: str) -> None:
    found = raised_for(error)
    assert isinstance(found, StoreRefused)
    assert isinstance(found, Permanent)
    assert remedy in str(found)


@pytest.mark.parametrize("datacenter", ["", "berlin-1"], ids=["that of the contact point", "the one of the settings"])
def test_the_nodes_of_one_datacenter_are_asked(datacenter: str) -> None:
    with connection.connect(Settings(cassandra_datacenter=datacenter)):
        profile = CONNECTED[-1]["execution_profiles"][EXEC_PROFILE_DEFAULT]
    assert profile.load_balancing_policy._child_policy.local_dc == datacenter


def test_without_a_user_name_there_is_no_login() -> None:
    with connection.connect(Settings()):
        assert CONNECTED[-1]["auth_provider"] is None


def test_the_login_of_the_settings_is_used_and_shown_nowhere() -> None:
    settings = Settings(cassandra_username="recorder", cassandra_password=SecretStr("5ecre7"))
    with connection.connect(settings):
        login = CONNECTED[-1]["auth_provider"]
    assert (login.username, login.password) == ("recorder", "5ecre7")
    assert "5ecre7" not in f"{settings} {settings!r}"
