"""The small form of `make acceptance-open-meteo`: many places, many days, limits on, killed in the middle, all landed."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from cassandra.cluster import Session

from barograph.errors import SourceUnavailable
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.quota import PERIODS
from barograph.model.window import Window
from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.port import Series
from benchmarks.open_meteo import archive_variables, find_asked_again
from stack.side_stack import SideStack
from stack.simulator_control import SimulatorControl
from tests.orchestration.runs import try_of

pytestmark = [pytest.mark.integration, pytest.mark.spark]
START = date(2017, 1, 1)
WIDE = (120, archive_variables(8), 7)
LONG = (2, archive_variables(20), 150)
"""Places, variables and days."""


@pytest.fixture
def control(side: SideStack) -> Iterator[SimulatorControl]:
    """The stand-in's orders, its limits on."""
    side.simulator.forget()
    side.simulator.order(limits={})
    yield side.simulator
    side.simulator.forget()


@pytest.mark.parametrize("shape", [WIDE, LONG], ids=["wide", "long"])
def test_everything_lands_within_the_limits_and_nothing_is_asked_twice_after_a_kill(
    shape: tuple[int, list[str], int],
    control: SimulatorControl,
    producing: Callable[..., ProduceObservationsOperator],
    services: LoadContext,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, variables, days = shape
    places = tuple(Location(f"{46 + n % 40 / 5:g}", f"{6 + n // 40 / 10:g}", f"{count} places, {n}") for n in range(count))
    window = Window(START, START + timedelta(days=days))
    question = Chunk("standin/archive", "hourly", places, tuple(variables), window)
    operator = producing(question, CHUNK_OBSERVATIONS=2500)
    session.execute("TRUNCATE analytics.api_usage")
    with monkeypatch.context() as killing:
        fetch, calls = OpenMeteo.fetch, iter(range(2))

        def die_at_third(self: OpenMeteo, chunk: Chunk) -> Iterator[Series]:
            answer = iter([*fetch(self, chunk)])  # all of it has come
            if next(calls, None) is None:
                raise SourceUnavailable("killed")
            return answer

        killing.setattr(OpenMeteo, "fetch", die_at_third)
        with pytest.raises(SourceUnavailable):
            operator.execute(try_of(f"acceptance-{count}"))
    produced = operator.execute(try_of(f"acceptance-{count}", number=2))
    line = load_attempts(produced["attempt_ids"], services)
    asked = count * days * 24
    assert f"asked={asked} landed={asked} quarantined=0 missing=0 " in line
    assert {one.status for one in services.ledger.get(produced["attempt_ids"])} == {"COMMITTED"}
    told = control.told()
    assert [answer["status"] for answer in told["answers"]] == [200] * len(told["answers"])
    assert len(find_asked_again(told["answers"])) == 1  # the one that was in flight
    charged = session.execute("SELECT period, sum(weight) AS weight FROM analytics.api_usage GROUP BY host, period")
    total = pytest.approx(sum(answer["weight"] for answer in told["answers"]))
    assert {row.period: row.weight for row in charged} == dict.fromkeys(PERIODS, total)
