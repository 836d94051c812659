from datetime import date, timedelta

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.orchestration.unserved import ASKED_AGAIN_AFTER, Unserved
from barograph.store.unserved import UnservedLocation
from tests.orchestration.fake_source import NOW, FakeBook

PLACES = tuple(Location(str(n), "1") for n in range(4))
ATLANTIS = PLACES[1]
DAY = Chunk("fake/rain", "hourly", PLACES, ("rain",), Window(date(2024, 4, 1), date(2024, 4, 2)))


def known(days_ago: float, found_days_ago: float = 30) -> FakeBook:
    """A book in which `ATLANTIS` was found and last confirmed so many days ago."""
    confirmed_at, found_at = NOW - timedelta(days=days_ago), NOW - timedelta(days=found_days_ago)
    return FakeBook(
        {"fake/rain": {ATLANTIS.location_id: UnservedLocation(ATLANTIS.location_id, found_at, confirmed_at, "no data")}}
    )


def set_aside(book: FakeBook, *, force: bool = False) -> tuple[list[tuple[Location, ...]], Unserved]:
    """The locations of the chunks that are asked for."""
    unserved = Unserved(book, lambda: NOW)
    return [chunk.locations for chunk in unserved.set_aside(DAY, force=force)], unserved


OTHERS = tuple(place for place in PLACES if place != ATLANTIS)


def test_a_location_known_to_have_no_data_is_skipped_for_a_week_and_named() -> None:
    asked, unserved = set_aside(known(days_ago=6.9))
    assert asked == [OTHERS]
    assert unserved.named(since=NOW) == (set(), {ATLANTIS.location_id})


def test_after_a_week_it_is_asked_for_in_a_chunk_of_its_own() -> None:
    asked, unserved = set_aside(known(days_ago=ASKED_AGAIN_AFTER.days))
    assert asked == [OTHERS, (ATLANTIS,)]
    assert unserved.named(since=NOW) == (set(), set())


def test_force_asks_for_it_at_once() -> None:
    assert set_aside(known(days_ago=1), force=True)[0] == [OTHERS, (ATLANTIS,)]


def test_what_is_found_again_is_no_news_and_skipped_for_another_week() -> None:
    book = known(days_ago=8)
    unserved = Unserved(book, lambda: NOW)
    unserved.add("fake/rain", ATLANTIS.location_id, "no data")
    assert unserved.named(since=NOW - timedelta(hours=1)) == (set(), {ATLANTIS.location_id})
    assert set_aside(book)[0] == [OTHERS]


def test_what_an_earlier_try_of_the_run_has_found_is_news_still() -> None:
    _, unserved = set_aside(known(days_ago=0, found_days_ago=0))
    assert unserved.named(since=NOW - timedelta(minutes=5)) == ({ATLANTIS.location_id}, set())


def test_a_location_that_is_served_again_is_forgotten() -> None:
    book = known(days_ago=8)
    unserved = Unserved(book, lambda: NOW)
    unserved.served(unserved.set_aside(DAY, force=False)[1])
    assert book.rows["fake/rain"] == {}


def test_another_source_is_asked_for_it() -> None:
    unserved = Unserved(known(days_ago=1), lambda: NOW)
    other = Chunk("fake/snow", "hourly", PLACES, ("snowfall",), DAY.window)
    assert unserved.set_aside(other, force=False) == [other]


def test_a_chunk_of_nothing_else_is_not_asked_for() -> None:
    unserved = Unserved(known(days_ago=1), lambda: NOW)
    alone = Chunk("fake/rain", "hourly", (ATLANTIS,), ("rain",), DAY.window)
    assert unserved.set_aside(alone, force=False) == []
