"""The table of locations on the real Cassandra: locations by name and tag, and the cells that answered for them."""

import pytest
from cassandra.cluster import Session

from barograph.errors import RequestRefused
from barograph.model.location import Location
from barograph.model.tagged_location import TaggedLocation
from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.settings import Settings
from barograph.store.store import Store
from tests.integration.sending import hours_of
from tests.orchestration.runs import try_of

pytestmark = pytest.mark.integration
SETTINGS = Settings()
NEAR = [Location("50.001", "7.001", "north bank"), Location("50.002", "7.002", "south bank")]
PEAKS = [
    TaggedLocation(Location(f"{46 + n / 10:g}", "9", f"peak {n}", f"{2000 + n}"), frozenset({"peaks", f"no {n}"}))
    for n in range(3)
]


def test_locations_are_chosen_by_any_of_their_tags_as_they_were_imported(session: Session) -> None:
    Store(session, SETTINGS).locations.keep(PEAKS)
    chosen = Store(session, SETTINGS).locations.choose_by_tag(["peaks"])
    assert [one.to_json() for one in chosen] == [peak.location.to_json() for peak in PEAKS]
    assert [one.name for one in Store(session, SETTINGS).locations.choose_by_tag(["no 1", "no 2"])] == ["peak 1", "peak 2"]
    assert Store(session, SETTINGS).locations.choose_by_tag(["nowhere"]) == []


def test_an_import_again_takes_new_tags_and_elevation(session: Session) -> None:
    Store(session, SETTINGS).locations.keep([TaggedLocation(Location("1.5", "2", "moves not", "5"), frozenset({"old"}))])
    assert [one.elevation for one in Store(session, SETTINGS).locations.choose_by_tag(["old"])] == ["5"]
    Store(session, SETTINGS).locations.keep([TaggedLocation(Location("1.5", "2", "moves not", "7"), frozenset({"new"}))])
    assert [one.elevation for one in Store(session, SETTINGS).locations.choose_by_tag(["new"])] == ["7"]
    assert Store(session, SETTINGS).locations.choose_by_tag(["old"]) == []


def test_a_name_that_stands_elsewhere_refuses_the_whole_import(session: Session) -> None:
    Store(session, SETTINGS).locations.keep([TaggedLocation(Location("1", "2", "first here"))])
    moved = [TaggedLocation(Location("5", "6", "new one")), TaggedLocation(Location("1", "2.5", "first here"))]
    with pytest.raises(
        RequestRefused, match=r"first here is at 1,2, not at 1,2\.5: `barograph locations move 'first here' 1,2\.5` moves it"
    ):
        Store(session, SETTINGS).locations.keep(moved)
    assert Store(session, SETTINGS).locations.find([Location("5", "6", "new one")]) == []


def test_two_locations_in_one_cell_both_stay_and_the_cell_is_kept_by_source(
    operator: ProduceObservationsOperator, session: Session
) -> None:
    asked = {**hours_of("standin/archive", ["temperature_2m"]).to_json(), "locations": [one.to_json() for one in NEAR]}
    operator.planned = {"hourly": [asked], "daily": []}  # type: ignore[assignment]  # what Airflow has made of the XComArg by then
    produced = operator.execute(try_of("one cell"))
    (attempt,) = Store(session, SETTINGS).ledger.get(produced["attempt_ids"])
    assert (produced["observations"], list(attempt.chunk.locations)) == (48, NEAR)
    cells = [Store(session, SETTINGS).locations.get(near.location_id).cells["standin/archive"] for near in NEAR]
    assert [cell[:2] for cell in cells] == [(50.0, 7.0)] * 2
    assert all(cell[2] is not None for cell in cells)


def test_a_location_moves_and_retires_and_comes_back(session: Session) -> None:
    Store(session, SETTINGS).locations.keep([TaggedLocation(Location("1.5", "2", "ship", "5"), frozenset({"afloat"}))])
    Store(session, SETTINGS).locations.move("ship", "3.5", "4", None)
    moved = Store(session, SETTINGS).locations.get("ship")
    assert (moved.location.latitude, moved.location.longitude, moved.location.elevation) == ("3.5", "4", None)
    assert list(moved.earlier.values()) == [(1.5, 2.0, 5.0)]
    Store(session, SETTINGS).locations.retire("ship")
    assert Store(session, SETTINGS).locations.choose_by_tag(["afloat"]) == []
    Store(session, SETTINGS).locations.keep([TaggedLocation(Location("3.5", "4", "ship"), frozenset({"afloat"}))])
    assert [location.name for location in Store(session, SETTINGS).locations.choose_by_tag(["afloat"])] == ["ship"]
