"""Questions into chunks: the cheapest shapes that memory and the quota allow."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from barograph.model.chunk import Chunk
from barograph.model.cost import cost_of_location
from barograph.model.location import Location
from barograph.model.resolution import spec_of
from barograph.model.window import Window


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """The most that one chunk may hold: places, observations (the bound of memory) and weight (see `cost_of`)."""

    places: int
    observations: int
    weight: float


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """A way to cut a question, the best one first in order: its whole weight, calls, chunks of days, places per call."""

    weight: float
    calls: int
    chunks: int
    places: int


def split_into_chunks(question: Chunk, limits: ChunkLimits) -> Iterator[Chunk]:
    """Cut `question` into chunks within `limits`, at the least weight, and of that with the fewest calls.

    Chunks are whole days, at least one, and differ by at most a day; so do batches by a place. A chunk of one place and one day
    may be beyond the limits. Order: chunk by chunk, within it batch by batch. Places with a given elevation come in batches of
    their own: a call gives the elevation of all its places, or of none.
    """
    for places in (
        [one for one in question.locations if one.elevation is None],
        [one for one in question.locations if one.elevation is not None],
    ):
        if not places:
            continue
        shape = find_shape(replace(question, locations=tuple(places)), limits)
        for window in _chunks(question.window, shape.chunks):
            for batch in _batches(places, math.ceil(len(places) / shape.places)):
                yield replace(question, locations=tuple(batch), window=window)


def find_shape(question: Chunk, limits: ChunkLimits) -> Shape:
    """The cheapest shape.

    Short chunks are paid as if they were longer (a place costs 1 for 1 day as for 14), so every number of chunks is tried.
    """
    days, names, places = question.window.days, len(question.variables), len(question.locations)
    per_day = spec_of(question.resolution).per_day
    shapes = []
    for chunks in range(1, days + 1):
        short, longer = divmod(days, chunks)
        longest = short + (longer > 0)
        fitting = min(
            places,
            limits.places,
            limits.observations // (per_day * longest),
            math.floor(limits.weight / cost_of_location(names, longest)),
        )
        if fitting < 1 and longest > 1:
            continue
        weight = places * (longer * cost_of_location(names, longest) + (chunks - longer) * cost_of_location(names, short))
        batch = max(1, fitting)
        shapes.append(Shape(round(weight, 6), chunks * math.ceil(places / batch), chunks, batch))
    return min(shapes)


def _chunks(window: Window, count: int) -> Iterator[Window]:
    start = window.start
    for index in range(count):
        end = window.start + timedelta(days=window.days * (index + 1) // count)
        yield Window(start, end)
        start = end


def _batches(locations: Sequence[Location], count: int) -> Iterator[Sequence[Location]]:
    for index in range(count):
        yield locations[len(locations) * index // count : len(locations) * (index + 1) // count]
