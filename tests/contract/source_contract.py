"""The contract of `barograph.sources.port.Source`: what every source that is asked for past windows keeps, whoever it asks.

A source joins with a `Subject`, which alone knows how it is made and how its provider is made to answer badly, and a class:

    class TestMySource(SourceContract):
        @pytest.fixture
        def subject(self) -> Subject: ...
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Final, Literal, Protocol, get_args

import pytest

from barograph.errors import (
    AnswerBroken,
    AnswerRefused,
    BarographError,
    LocationUnserved,
    RequestRefused,
    SourceBusy,
    SourceUnavailable,
)
from barograph.model.chunk import Chunk
from barograph.model.resolution import Resolution
from barograph.model.variables import Value, get_variable
from barograph.sources.port import Series, Source

Trouble = Literal[
    "a location is not served",
    "the request is refused",
    "a pause is wanted",
    "the provider is overloaded",
    "the answer is cut",
    "a time is missing",
    "a unit is another",
    "a location is missing",
    "a column is missing",
    "a column is too short",
    "times are out of order",
]
ENDS_IN: Final[Mapping[Trouble, type[BarographError]]] = {
    "a location is not served": LocationUnserved,
    "the request is refused": RequestRefused,
    "a pause is wanted": SourceBusy,
    "the provider is overloaded": SourceUnavailable,
    "the answer is cut": AnswerBroken,
    "a time is missing": AnswerBroken,
    "a unit is another": AnswerRefused,
    "a location is missing": AnswerRefused,
    "a column is missing": AnswerRefused,
    "a column is too short": AnswerRefused,
    "times are out of order": AnswerRefused,
}
"""The exact class that each must end in: it is the operator's next move."""

PYTHON_TYPES: Final = {"double": (int, float), "int": (int,), "timestamp": (str,)}


class Subject(Protocol):
    """A source under test and its provider. The only part of the suite that an implementation writes."""

    resolutions: Sequence[Resolution]

    def make_source(self) -> Source:
        """The source, which tries once."""
        ...

    def make_chunk(self, resolution: Resolution, *, is_reversed: bool = False) -> Chunk:
        """A chunk of at least two locations and two variables or days; `is_reversed`: the same locations the other way round."""
        ...

    def make_chunk_with_holes(self) -> Chunk:
        """A chunk for which the provider lacks some values, and has others."""
        ...

    def said(self, chunk: Chunk) -> Sequence[Mapping[str, Sequence[Value]]]:
        """What the provider holds, by location and variable, read without the source: a value for each time of the window."""
        ...

    def misbehave(self, trouble: Trouble) -> None:
        """Let the provider answer so from now on."""
        ...

    def count_calls(self) -> int:
        """How often the provider was asked."""
        ...


def fetch(subject: Subject, chunk: Chunk) -> list[Series]:
    """Everything that the source yields for `chunk`."""
    return list(subject.make_source().fetch(chunk))


def start_fetching(source: Source, chunk: Chunk) -> Iterable[Series]:
    """What the source hands out, before anything is taken from it."""
    return source.fetch(chunk)


each_resolution = pytest.mark.parametrize("resolution", ["hourly", "daily"])


class SourceContract:
    """The promises of the port, one test each."""

    @each_resolution
    def test_every_asked_time_comes_once_and_in_order_for_every_location(self, subject: Subject, resolution: Resolution) -> None:
        chunk = self.chunk_of(subject, resolution)
        fetched = fetch(subject, chunk)
        assert len(chunk.locations) > 1
        assert len(fetched) == len(chunk.locations)
        assert [list(series.times) for series in fetched] == [list(chunk.window.record_times(resolution))] * len(fetched)
        assert sum(len(list(series.observations(chunk.source))) for series in fetched) == chunk.asked

    @each_resolution
    def test_locations_come_in_the_order_of_the_request(self, subject: Subject, resolution: Resolution) -> None:
        forward, backward = (self.chunk_of(subject, resolution, is_reversed=is_reversed) for is_reversed in (False, True))
        assert forward.locations == backward.locations[::-1] != backward.locations
        for chunk in (forward, backward):
            assert tuple(series.location for series in fetch(subject, chunk)) == chunk.locations
        assert fetch(subject, forward) == fetch(subject, backward)[::-1]

    @each_resolution
    def test_columns_are_the_variables_asked_for_in_their_order(self, subject: Subject, resolution: Resolution) -> None:
        chunk = self.chunk_of(subject, resolution)
        assert {tuple(series.columns) for series in fetch(subject, chunk)} == {chunk.variables}

    @each_resolution
    def test_values_are_what_the_provider_said_of_that_location(self, subject: Subject, resolution: Resolution) -> None:
        chunk = self.chunk_of(subject, resolution)
        said = subject.said(chunk)
        assert len({repr(columns) for columns in said}) == len(said) > 1
        assert [dict(series.columns) for series in fetch(subject, chunk)] == list(said)

    @each_resolution
    def test_values_are_of_their_variables_type(self, subject: Subject, resolution: Resolution) -> None:
        chunk = self.chunk_of(subject, resolution)
        for series in fetch(subject, chunk):
            for name, column in series.columns.items():
                held = {type(value) for value in column if value is not None}
                assert held
                assert held <= set(PYTHON_TYPES[get_variable(name, resolution).type]), name

    def test_no_value_is_none_and_its_time_is_not_left_out(self, subject: Subject) -> None:
        chunk = subject.make_chunk_with_holes()
        said = subject.said(chunk)
        values = [value for columns in said for column in columns.values() for value in column]
        assert None in values
        assert set(values) != {None}
        fetched = fetch(subject, chunk)
        assert [dict(series.columns) for series in fetched] == list(said)
        assert [len(series.times) for series in fetched] == [chunk.window.count(chunk.resolution)] * len(chunk.locations)

    @each_resolution
    def test_observations_carry_the_keys_of_their_rows(self, subject: Subject, resolution: Resolution) -> None:
        chunk = self.chunk_of(subject, resolution)
        held = [row for series in fetch(subject, chunk) for row in series.observations(chunk.source)]
        keys = [(row.location_id, row.source, row.time) for row in held]
        times = chunk.window.record_times(resolution)
        assert keys == [(location.location_id, chunk.source, time) for location in chunk.locations for time in times]

    @each_resolution
    def test_the_cell_that_answered_is_told(self, subject: Subject, resolution: Resolution) -> None:
        for series in fetch(subject, self.chunk_of(subject, resolution)):
            assert abs(series.cell.latitude - float(series.location.latitude)) < 1
            assert abs(series.cell.longitude - float(series.location.longitude)) < 1

    @each_resolution
    def test_the_same_chunk_yields_the_same_again(self, subject: Subject, resolution: Resolution) -> None:
        source, chunk = subject.make_source(), self.chunk_of(subject, resolution)
        assert list(source.fetch(chunk)) == list(source.fetch(chunk))

    @pytest.mark.parametrize("trouble", get_args(Trouble))
    def test_each_trouble_ends_in_its_error_and_nothing_is_taken(self, subject: Subject, trouble: Trouble) -> None:
        chunk = self.chunk_of(subject, subject.resolutions[0])
        subject.misbehave(trouble)
        taken: list[Series] = []
        with pytest.raises(BarographError) as raised:
            taken.extend(subject.make_source().fetch(chunk))
        assert type(raised.value) is ENDS_IN[trouble]
        assert taken == []

    def test_a_pause_has_an_end_in_utc(self, subject: Subject) -> None:
        chunk = self.chunk_of(subject, subject.resolutions[0])
        subject.misbehave("a pause is wanted")
        with pytest.raises(SourceBusy) as raised:
            fetch(subject, chunk)
        assert raised.value.wait_until.utcoffset() == timedelta(0) == UTC.utcoffset(None)

    def test_nothing_is_asked_before_the_first_item_is_taken(self, subject: Subject) -> None:
        chunk = self.chunk_of(subject, subject.resolutions[0])
        started = start_fetching(subject.make_source(), chunk)
        before = subject.count_calls()
        assert next(iter(started)).location == chunk.locations[0]
        assert (before, subject.count_calls() > 0) == (0, True)

    @staticmethod
    def chunk_of(subject: Subject, resolution: Resolution, *, is_reversed: bool = False) -> Chunk:
        """A chunk of that resolution, or of the one that the source has."""
        held = resolution if resolution in subject.resolutions else subject.resolutions[0]
        return subject.make_chunk(held, is_reversed=is_reversed)
