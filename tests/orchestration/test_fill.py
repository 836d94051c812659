"""The plan of a fill: how far it looks back, what it closes, and what it hands on."""

from contextlib import nullcontext
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from barograph.gaps import GapPlan
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.fill import Gap
from barograph.model.location import Location
from barograph.model.state import LONGEST_TASK
from barograph.model.window import Window
from barograph.orchestration import fill
from barograph.orchestration.fill import plan_missing
from tests.orchestration.runs import run_of

pytestmark = pytest.mark.usefixtures("defaults")
NAMED = Location("51.8", "10.6", "Brocken", "1141")
CHUNK = Chunk("open-meteo/archive", "hourly", (NAMED,), ("rain",), Window(date(2026, 11, 20), date(2026, 11, 21)))
STUCK = Attempt(CHUNK, 3, "OPEN", "run", "task")
PLAN = GapPlan(
    load=[Attempt(CHUNK, 1, "EXTRACTED", "run", "task")], ask=[Gap(CHUNK, "x")], refused=[Gap(CHUNK, "gone")], stuck=[STUCK]
)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Since when and with what patience is looked, and what is closed."""
    seen = list[object]()

    def find_gaps(_: object, since: date | None, patience: timedelta) -> GapPlan:
        seen.append((since, patience))
        return PLAN

    monkeypatch.setattr(fill, "open_store", lambda settings: nullcontext(SimpleNamespace()))
    monkeypatch.setattr(fill, "find_gaps", find_gaps)
    monkeypatch.setattr(fill, "close_stuck", lambda _, plan: seen.extend(plan.stuck))
    return seen


@pytest.mark.parametrize(
    ("run_type", "params", "expected"),
    [
        ("scheduled", {"since": None}, (None, LONGEST_TASK)),
        ("manual", {"since": "2026-10-01"}, (date(2026, 10, 1), timedelta(0))),
    ],
)
def test_a_fill_looks_back_as_its_param_says_and_closes_what_is_stuck(
    looked: list[object], run_type: str, params: dict[str, object], expected: tuple[object, object]
) -> None:
    chunks, extracted = plan_missing(run_of(run_type, "2026-11-22T07:00:00+00:00", params=params))
    assert looked == [expected, STUCK]
    assert extracted == {"hourly": ["open-meteo/archive/hourly/1"], "daily": []}
    assert chunks["hourly"][0]["locations"] == [NAMED.to_json()]  # with its coordinates: the ledger keeps them


@pytest.mark.parametrize(
    ("params", "conf", "says"),
    [({"since": "yesterday"}, {}, "since 'yesterday' is not a day"), ({}, {"sinse": "2026-10-01"}, "Params sinse do not exist")],
)
def test_a_fill_with_a_wrong_param_asks_for_nothing(
    looked: list[object], params: dict[str, object], conf: dict[str, object], says: str
) -> None:
    with pytest.raises(AirflowFailException, match=says):
        plan_missing(run_of("manual", "2026-11-22T07:00:00+00:00", params=params, conf=conf))
    assert looked == []
