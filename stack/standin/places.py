"""The results a request asks for: one per coordinate, each in its grid cell, or one per range of days."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from stack.standin import errors
from stack.standin.errors import Refused
from stack.standin.grid import Cell, finest_cell, float32_text
from stack.standin.parameters import Parameters
from stack.standin.profiles import Model, Profile
from stack.standin.spans import Dates, Span

MAX_LOCATIONS: Final = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """One result: requested coordinates (degrees), its cell and span. `location_id` 0 is left out of the answer.

    `elevation` is the given one in m; None = not given, nan = no height correction.
    """

    latitude: float
    longitude: float
    elevation: float | None
    location_id: int
    cell: Cell
    span: Span


@dataclass(frozen=True, slots=True)
class Coordinates:
    """The parameters that say where, one element per coordinate; empty optional lists were not given."""

    latitudes: list[float]
    longitudes: list[float]
    elevations: list[float]
    location_ids: list[int]

    @classmethod
    def decode(cls, parameters: Parameters) -> "Coordinates":
        """Read them without comparing them."""
        return cls(
            parameters.numbers("latitude"),
            parameters.numbers("longitude"),
            parameters.numbers("elevation"),
            parameters.integers("location_id"),
        )

    def check(self) -> None:
        """Refuse counts that differ and degrees out of range."""
        count = len(self.latitudes)
        if count != len(self.longitudes):
            raise Refused(errors.COORDINATE_COUNTS)
        if self.location_ids and len(self.location_ids) != count:
            raise Refused(errors.COUNT_AS_COORDINATES.format("location_id"))
        if self.elevations and len(self.elevations) != count:
            raise Refused(errors.COUNT_AS_COORDINATES.format("elevation"))
        for latitude, longitude in zip(self.latitudes, self.longitudes, strict=True):
            if not -90 <= latitude <= 90:
                raise Refused(errors.LATITUDE_RANGE.format(float32_text(latitude)))
            if not -180 <= longitude <= 180:
                raise Refused(errors.LONGITUDE_RANGE.format(float32_text(longitude)))


def read_places(coordinates: Coordinates, dates: Dates, profile: Profile, model: Model, now: datetime) -> tuple[Place, ...]:
    """One place per result, in request order; refuses too many, days out of range and places without a cell."""
    count = len(coordinates.latitudes)
    ranges = max(1, len(dates.starts))
    if ranges > 1 and count not in {1, ranges}:
        raise Refused(errors.DATES_AND_COORDINATES)
    if count > MAX_LOCATIONS:
        raise Refused(errors.TOO_MANY_LOCATIONS.format(MAX_LOCATIONS))
    if not count:
        return ()
    spans = dates.spans(profile, now)
    if count == 1:
        return tuple(_place(coordinates, 0, span, model) for span in spans)
    spans = spans * count if len(spans) == 1 else spans
    return tuple(_place(coordinates, index, span, model) for index, span in enumerate(spans))


def _place(coordinates: Coordinates, index: int, span: Span, model: Model) -> Place:
    latitude, longitude = coordinates.latitudes[index], coordinates.longitudes[index]
    cell = finest_cell(model.grids, latitude, longitude)
    if cell is None:
        raise Refused(errors.NO_DATA)
    elevation = coordinates.elevations[index] if coordinates.elevations else None
    location_id = coordinates.location_ids[index] if coordinates.location_ids else index
    return Place(latitude, longitude, elevation, location_id, cell, span)
