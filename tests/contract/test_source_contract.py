"""Every source keeps the contract, and the contract finds a source that does not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from inspect import signature

import pytest

from barograph.errors import BarographError
from barograph.model.chunk import Chunk
from barograph.sources.port import Series, Source
from tests.contract.open_meteo_subjects import AtExamples, AtSimulator
from tests.contract.source_contract import SourceContract, Subject
from tests.stack.standin.live import Live

ASKS_AT_ONCE = pytest.mark.xfail(strict=True, reason="`OpenMeteo.fetch` answers with a list: it asks before anything is taken")


class TestOpenMeteoAtExamples(SourceContract):
    @pytest.fixture
    def subject(self) -> Subject:
        return AtExamples()

    @ASKS_AT_ONCE
    def test_nothing_is_asked_before_the_first_item_is_taken(self, subject: Subject) -> None:
        super().test_nothing_is_asked_before_the_first_item_is_taken(subject)


class TestOpenMeteoAtTheSimulator(SourceContract):
    @pytest.fixture
    def subject(self, live: Live) -> Subject:
        return AtSimulator(live)

    @ASKS_AT_ONCE
    def test_nothing_is_asked_before_the_first_item_is_taken(self, subject: Subject) -> None:
        super().test_nothing_is_asked_before_the_first_item_is_taken(subject)


Spoil = Callable[[Sequence[Series]], Sequence[Series]]


@dataclass
class Spoilt:
    """A source that hands out what `spoil` makes of another one's series, once the first is taken; `hides`: and no error."""

    source: Source
    spoil: Spoil
    hides: bool

    def fetch(self, chunk: Chunk) -> Iterator[Series]:
        try:
            yield from self.spoil(list(self.source.fetch(chunk)))
        except BarographError:
            if not self.hides:
                raise


@dataclass
class SpoiltSubject(AtExamples):
    """The examples, asked by a spoilt source."""

    spoil: Spoil = list
    hides: bool = False

    def make_source(self) -> Source:
        return Spoilt(super().make_source(), self.spoil, self.hides)  # type: ignore[return-value]  # it is lazy


def without_last_time(fetched: Sequence[Series]) -> list[Series]:
    return [
        replace(series, times=series.times[:-1], columns={name: column[:-1] for name, column in series.columns.items()})
        for series in fetched
    ]


def with_values_of_the_next(fetched: Sequence[Series]) -> list[Series]:
    return [replace(series, columns=other.columns) for series, other in zip(fetched, [*fetched[1:], fetched[0]], strict=True)]


def with_zero_for_none(fetched: Sequence[Series]) -> list[Series]:
    return [
        replace(series, columns={name: [v or 0 for v in column] for name, column in series.columns.items()}) for series in fetched
    ]


def as_text(fetched: Sequence[Series]) -> list[Series]:
    return [
        replace(series, columns={name: [str(v) for v in column] for name, column in series.columns.items()}) for series in fetched
    ]


def with_other_columns(fetched: Sequence[Series]) -> list[Series]:
    return [replace(series, columns=dict(reversed(list(series.columns.items())))) for series in fetched]


def in_the_antipodes(fetched: Sequence[Series]) -> list[Series]:
    return [replace(series, cell=replace(series.cell, latitude=-series.cell.latitude)) for series in fetched]


SPOILT: dict[str, tuple[Spoil, str]] = {
    "the last time is left out": (without_last_time, "test_every_asked_time_comes_once_and_in_order_for_every_location"),
    "a location is left out": (lambda fetched: fetched[1:], "test_every_asked_time_comes_once_and_in_order_for_every_location"),
    "a location comes twice": (lambda fetched: [*fetched, fetched[0]], "test_observations_carry_the_keys_of_their_rows"),
    "locations come sorted": (
        lambda fetched: sorted(fetched, key=lambda series: series.location.location_id),
        "test_locations_come_in_the_order_of_the_request",
    ),
    "values go to another location": (with_values_of_the_next, "test_values_are_what_the_provider_said_of_that_location"),
    "no value becomes 0": (with_zero_for_none, "test_no_value_is_none_and_its_time_is_not_left_out"),
    "values are texts": (as_text, "test_values_are_of_their_variables_type"),
    "columns are in another order": (with_other_columns, "test_columns_are_the_variables_asked_for_in_their_order"),
    "the cell is elsewhere": (in_the_antipodes, "test_the_cell_that_answered_is_told"),
}


def run(name: str, subject: Subject) -> None:
    """The contract's test of that name."""
    test = getattr(SourceContract(), name)
    given = {"subject": subject, "resolution": "hourly", "trouble": "the answer is cut"}
    test(**{argument: given[argument] for argument in signature(test).parameters})


@pytest.mark.parametrize(("spoil", "test"), SPOILT.values(), ids=SPOILT)
def test_a_source_that_breaks_a_promise_is_found(spoil: Spoil, test: str) -> None:
    run(test, SpoiltSubject())
    with pytest.raises(AssertionError):
        run(test, SpoiltSubject(spoil=spoil))


def test_a_source_that_waits_for_the_first_item_to_be_taken_is_not_blamed() -> None:
    run("test_nothing_is_asked_before_the_first_item_is_taken", SpoiltSubject())


def test_a_source_that_hides_an_error_is_found() -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        run("test_each_trouble_ends_in_its_error_and_nothing_is_taken", SpoiltSubject(hides=True))
