"""Chunks of a plan cut into the cheapest shapes that memory and the quota allow."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import spec_of
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.open_meteo.cost import MAX_COST, cost_of_location


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """The most that one chunk may hold: locations, observations (the bound of memory) and cost (see `cost_of`)."""

    locations: int
    observations: int
    cost: float


def limits_of(settings: Settings) -> ChunkLimits:
    """The limits by the settings; a chunk's cost must fit into a minute, and into what one call may cost."""
    return ChunkLimits(settings.batch_locations, settings.chunk_observations, min(settings.quota["minute"], MAX_COST))


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """A way to cut a chunk, the best one first in order: its whole cost, calls, parts of its days, locations per call."""

    cost: float
    calls: int
    parts: int
    locations: int


def split_into_chunks(whole: Chunk, limits: ChunkLimits) -> Iterator[Chunk]:
    """Cut `whole` into chunks within `limits`, at the least cost, and of that with the fewest calls.

    Parts are whole days, at least one, and differ by at most a day; so do batches by a location. A chunk of one location and one
    day may be beyond the limits. Order: part by part, within it batch by batch. Locations with a given elevation come in batches
    of their own: a call gives the elevation of all its locations, or of none.
    """
    for locations in (
        [location for location in whole.locations if location.elevation is None],
        [location for location in whole.locations if location.elevation is not None],
    ):
        if not locations:
            continue
        shape = find_shape(replace(whole, locations=tuple(locations)), limits)
        for window in _parts(whole.window, shape.parts):
            for batch in _batches(locations, math.ceil(len(locations) / shape.locations)):
                yield replace(whole, locations=tuple(batch), window=window)


def find_shape(whole: Chunk, limits: ChunkLimits) -> Shape:
    """The cheapest shape.

    Short parts are paid as if they were longer (a location costs 1 for 1 day as for 14), so every number of parts is tried.
    """
    days, names, locations = whole.window.days, len(whole.variables), len(whole.locations)
    per_day = spec_of(whole.resolution).per_day
    shapes = []
    for parts in range(1, days + 1):
        short, longer = divmod(days, parts)
        longest = short + (longer > 0)
        fitting = min(
            locations,
            limits.locations,
            limits.observations // (per_day * longest),
            math.floor(limits.cost / cost_of_location(names, longest)),
        )
        if fitting < 1 and longest > 1:
            continue
        cost = locations * (longer * cost_of_location(names, longest) + (parts - longer) * cost_of_location(names, short))
        batch = max(1, fitting)
        shapes.append(Shape(round(cost, 6), parts * math.ceil(locations / batch), parts, batch))
    return min(shapes)


def _parts(window: Window, count: int) -> Iterator[Window]:
    start = window.start
    for index in range(count):
        end = window.start + timedelta(days=window.days * (index + 1) // count)
        yield Window(start, end)
        start = end


def _batches(locations: Sequence[Location], count: int) -> Iterator[Sequence[Location]]:
    for index in range(count):
        yield locations[len(locations) * index // count : len(locations) * (index + 1) // count]
