"""Every recorded value is within the bounds of the variables file: a bound that stops a real value blocks a day."""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from barograph.model.resolution import STEPPED, Resolution
from barograph.model.variables import all_variables
from barograph.sources.open_meteo.variables import served_variables
from tests.examples.folders import ANSWERS, STATIONS, each

TO_FILES_UNIT: Final = {
    ("°F", "°C"): (1 / 1.8, -32 / 1.8),
    ("mp/h", "km/h"): (3.6 / 2.237, 0.0),
    ("m/s", "km/h"): (3.6, 0.0),
    ("kn", "km/h"): (3.6 / 1.94384, 0.0),
    ("inch", "mm"): (25.4, 0.0),
    ("inch", "cm"): (2.54, 0.0),
    ("ft", "m"): (1 / 3.280839895, 0.0),
}
"""Factor and offset; recordings were asked for in all units."""


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one variable in one recording."""

    recording: str
    name: str
    resolution: Resolution
    unit: str
    values: Sequence[float]

    @property
    def beyond(self) -> list[float]:
        """The values, in the variables file's unit, that the bounds stop."""
        variable = all_variables()[self.name, self.resolution]
        same = {variable.unit: (1.0, 0.0), served_variables()[variable.name, variable.resolution].provider_unit: (1.0, 0.0)}
        factor, offset = same.get(self.unit) or TO_FILES_UNIT[self.unit, variable.unit]
        assert variable.lowest is not None
        assert variable.highest is not None
        in_unit = [value * factor + offset for value in self.values]
        return [value for value in in_unit if not variable.lowest <= value <= variable.highest]


def columns_of(recording: str, answer: Mapping[str, Any]) -> Iterator[Column]:
    """The known variables of an answer; `current` and `minutely_15` hold hourly ones."""
    for section in ("hourly", "daily", "current", "minutely_15"):
        resolution: Resolution = "daily" if section == "daily" else "hourly"
        for name, given in answer.get(section, {}).items():
            variable, unit = all_variables().get((name, resolution)), answer[f"{section}_units"].get(name)
            values = [value for value in (given if isinstance(given, list) else [given]) if isinstance(value, int | float)]
            if variable is not None and variable.type != "timestamp" and values:
                yield Column(recording, name, resolution, unit, values)


def columns_below(folder: Path) -> Iterator[Column]:
    """The columns of every answer in the files of `folder`; what is no answer is passed over."""
    for path in sorted(folder.rglob("*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        for answer in body if isinstance(body, list) else [body]:
            if any(f"{resolution}_units" in answer for resolution in (*STEPPED, "current", "minutely_15")):
                yield from columns_of(path.stem, answer)


def complain(columns: Sequence[Column]) -> list[str]:
    """A line for each column with values beyond its bounds."""
    return [f"{one.recording}: {one.name} {one.resolution} {one.beyond[:5]}" for one in columns if one.beyond]


@each(ANSWERS)
def test_recorded_answers_are_within_the_bounds(path: Path) -> None:
    columns = list(columns_below(path))
    assert len({one.name for one in columns}) >= 20
    assert complain(columns) == []


@each(STATIONS)
def test_hours_of_stations_are_within_the_bounds(path: Path) -> None:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) in {3_564, 175_291}
    names = [name for name in rows[0] if (name, "hourly") in all_variables()]
    units = {name: "m/s" if name == "wind_speed_10m" else all_variables()[name, "hourly"].unit for name in names}
    columns = [Column("isd", name, "hourly", units[name], [float(row[name]) for row in rows if row[name]]) for name in names]
    assert len(columns) == 7
    assert complain(columns) == []


def test_a_value_beyond_the_bounds_would_be_seen() -> None:
    answer = {"hourly_units": {"temperature_2m": "°F"}, "hourly": {"temperature_2m": [None, 70.0, 212.0]}}
    assert complain(list(columns_of("boiling", answer))) == ["boiling: temperature_2m hourly [100.0]"]
