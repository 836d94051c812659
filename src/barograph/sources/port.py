"""The port every source implements that is asked for past windows, and what it promises."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from barograph.errors import AnswerRefused
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.observation import Observation
from barograph.model.quota import Call
from barograph.model.request import Wanted
from barograph.model.resolution import Resolution, TimeRule
from barograph.model.variables import Value


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that a source may be given: the Airflow connection whose password it is, and the setting that fills it."""

    connection: str
    setting: str


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source before it is asked anything.

    `name` is its provider's. `prefixes` are the first parts of the `source` of its rows (`noaa` of `noaa/isd`). `choices` are
    what users may write as `source` of a request to mean it. `resolutions` says per resolution which valid times its answers
    hold. `variables` gives the names it serves at a resolution, each with the choices
    that serve it. `pool` is the Airflow pool whose slots its calls take.
    `keeps_days`: the days before today that each of its series can be asked for (None = all of them). `credential`: None = it
    needs none.
    """

    name: str
    prefixes: tuple[str, ...]
    choices: tuple[str, ...]
    resolutions: Mapping[Resolution, TimeRule]
    variables: Callable[[Resolution], Mapping[str, Sequence[str]]]
    pool: str
    keeps_days: int | None = None
    credential: Credential | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """The grid cell that answered for a location: degrees, and metres above sea level (None = the source does not say)."""

    latitude: float
    longitude: float
    elevation: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One location's answer, column by column.

    `times` are in record form (see `Observation.time`), rising, each once; each column is as long, None = no value at the source.
    By the source's time rule they are every asked time (calendar), those the source lists on the calendar's steps (listed), or
    any instants of the window (any). `cell`: None = the values are the location's own.
    """

    location: Location
    cell: Cell | None
    times: Sequence[str]
    columns: Mapping[str, Sequence[Value]]

    def observations(self, source: str) -> Iterator[Observation]:
        """The same, time by time."""
        names = tuple(self.columns)
        location_id = self.location.location_id
        for time, *values in zip(self.times, *self.columns.values(), strict=True):
            yield Observation(location_id, source, time, dict(zip(names, values, strict=True)))


@dataclass(frozen=True, slots=True)
class StillServed:
    """What of a chunk its source can be asked for again today (None = nothing), and why the rest, `gone`, cannot."""

    chunk: Chunk | None
    refused: str | None = None
    gone: Chunk | None = None


class PullSource(Protocol):
    """A provider of weather that is asked for past windows. It knows its API, and nothing of Airflow, Kafka or the store."""

    @property
    def info(self) -> SourceInfo:
        """What is known of it without asking."""
        ...

    @property
    def busy(self) -> int:
        """How often it has answered that it is asked too often."""
        ...

    def plan(self, wanted: Wanted, today: date) -> list[Chunk]:
        """What `wanted` means: a chunk per series, resolution and part of the window, each with all locations; asks nothing.

        `today` (UTC) is the first day that is not over yet. Chunks come by resolution, oldest days first.

        Raises:
            RequestRefused: its `findings` list everything that is wrong: days or variables that are not served.
        """
        ...

    def split(self, chunk: Chunk) -> Iterable[Chunk]:
        """`chunk` cut into chunks that are fetched at once: each fits into memory and into the source's limits.

        Together they ask for each observation of `chunk` exactly once.
        """
        ...

    def call(self, chunk: Chunk) -> Call | None:
        """What fetching `chunk` takes of which quota; None = nothing counts it."""
        ...

    def fetch(self, chunk: Chunk) -> Iterable[Series]:
        """One series per asked location, in order, with the asked variables in the units of the variables file.

        Nothing is asked before the first item is taken. For the time rule calendar nothing is left out: a value that the source
        does not have is None.

        Raises:
            LocationUnserved: the source has no data at one of the locations; ask without it.
            AnswerTooLarge: ask for a part of the chunk.
            AccessRefused: the key or the address is refused; change it.
            RequestRefused: the source refuses the request; change it.
            AnswerRefused: the answer is not what was asked for; report it.
            QuotaExceeded: nothing is served before an instant; wait.
            SourceUnavailable: no answer; wait.
            AnswerBroken: the answer is cut or incomplete; wait.
        """
        ...

    def still_served(self, chunk: Chunk, today: date) -> StillServed:
        """Which days of `chunk`, planned some time ago, can be asked for today; asks nothing."""
        ...


def check_series(info: SourceInfo, chunk: Chunk, answer: Sequence[Series]) -> None:
    """Hold an answer to the port's promise, so that nothing wrong is sent whoever implements it.

    Raises:
        AnswerRefused: locations, variables or times are not those that were promised.
    """
    if tuple(series.location for series in answer) != chunk.locations:
        raise AnswerRefused(f"{chunk}: {info.name} did not answer once for each location in order: report it, nothing was sent")
    calendar, (start, end) = chunk.window.record_times(chunk.resolution), (f"{chunk.window.start}", f"{chunk.window.end}")
    for series in answer:
        where = f"{chunk}, {series.location.location_id}: {info.name}"
        if tuple(series.columns) != chunk.variables or {len(series.times)} != {len(column) for column in series.columns.values()}:
            raise AnswerRefused(f"{where} did not give a value of each variable for each time: report it, nothing was sent")
        if info.resolutions[chunk.resolution] == "calendar":
            fits = list(series.times) == list(calendar)
        else:
            rises = all(earlier < later for earlier, later in zip(series.times, series.times[1:], strict=False))
            fits = rises and all(start <= time < end for time in series.times)
        if not fits:
            raise AnswerRefused(f"{where} answered for other times than its time rule promises: report it, nothing was sent")
