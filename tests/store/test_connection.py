"""What the driver raises, as barograph's errors: what wants time, and what wants a change."""

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
from cassandra.cluster import NoHostAvailable
from cassandra.protocol import OverloadedErrorMessage

from barograph.errors import BarographError, Permanent, StoreRefused, StoreUnavailable, Transient
from barograph.settings import Settings
from barograph.store import connection

NODE = "127.0.0.1:9042"


@pytest.fixture(autouse=True)
def no_cassandra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that never connects to anything."""

    class Cluster:
        def __init__(self, *_: object, **__: object) -> None: ...
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
        (NoHostAvailable("no node", {NODE: AuthenticationFailed("wrong password")}), "set CASSANDRA_USERNAME and"),
        (Unauthorized("User x has no MODIFY permission"), "grant the role what it lacks"),
        (InvalidRequest("unconfigured table ingest_ledger"), "`barograph init` makes what is missing"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_must_be_changed_is_not_tried_again(error: Exception, remedy: str) -> None:
    found = raised_for(error)
    assert isinstance(found, StoreRefused)
    assert isinstance(found, Permanent)
    assert remedy in str(found)
