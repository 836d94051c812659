"""The port every weather source implements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.observation import Observation
from barograph.model.variables import Value


@dataclass(frozen=True, slots=True)
class Cell:
    """The grid cell that answered for a location: degrees, and metres above sea level (None = the source does not say)."""

    latitude: float
    longitude: float
    elevation: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One location's answer, column by column.

    `times` are in record form (see `Observation.time`), every asked time once and in order; each column is as long.
    """

    location: Location
    cell: Cell
    times: Sequence[str]
    columns: Mapping[str, Sequence[Value]]

    def observations(self, source: str) -> Iterator[Observation]:
        """The same, time by time."""
        names = tuple(self.columns)
        location_id = self.location.location_id
        for time, *values in zip(self.times, *self.columns.values(), strict=True):
            yield Observation(location_id, source, time, dict(zip(names, values, strict=True)))


class Source(Protocol):
    """A provider of weather that is asked for past windows."""

    def fetch(self, chunk: Chunk) -> list[Series]:
        """Every asked time of every asked location, in request order, in the units of the variables file.

        Nothing is left out: a value the source does not have is None.

        Raises:
            LocationUnserved: the source has no data at one of the places; ask without it.
            RequestRefused: the source refuses the question; change it.
            AnswerRefused: the answer is not what was asked for; report it.
            SourceUnavailable: no answer within two minutes of trying; wait.
            AnswerBroken: answers came, but cut or incomplete; wait.
        """
        ...
