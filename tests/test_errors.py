import pytest

from barograph.errors import AnswerBroken, BarographError, SourceUnavailable, StoreUnavailable
from barograph.transport.client import BrokerUnavailable
from tests.failure.last_lines import is_clear


@pytest.mark.parametrize("kind", [AnswerBroken, BrokerUnavailable, SourceUnavailable, StoreUnavailable])
def test_message_of_what_only_time_mends_ends_with_the_remedy(kind: type[BarographError]) -> None:
    said = str(kind("x:1 does not answer"))
    assert said.startswith("x:1 does not answer; ")
    assert is_clear(said)


def test_remedy_is_said_once() -> None:
    once = str(StoreUnavailable("x"))
    assert str(StoreUnavailable(once)) == once
