"""Writes the example answers of the Open-Meteo API: `python -m tests.examples.write_answers`.

Locations, days and values are invented; what they show is how the hosted API writes: `EXAMPLES` has an entry for each shape and
quirk. Nothing here uses the code that the examples test.
Source: https://open-meteo.com/en/docs, and answers of the API compared with it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "open-meteo"
STEPS: Final = {"minutely_15": timedelta(minutes=15), "hourly": timedelta(hours=1), "daily": timedelta(days=1)}
CODES: Final = (0, 2, 3, 61, 80, 45, 71, 95)


@dataclass(frozen=True, slots=True)
class Column:
    """A variable: its unit, its decimals, and the range its values move in; with `decimals` None it holds times of day.

    From index `null_from` on it is null.
    """

    name: str
    unit: str
    decimals: int | None
    low: float = 0
    high: float = 0
    null_from: int | None = None

    def texts(self, times: Sequence[datetime], shift: int) -> Iterator[str]:
        """Its values as the API writes them, one per time; `shift` tells locations apart."""
        codes = islice(cycle(CODES), shift, None)
        for index, time in enumerate(times):
            if self.null_from is not None and index >= self.null_from:
                yield "null"
            elif self.decimals is None:
                yield f'"{time + timedelta(minutes=self.low + index + shift):%Y-%m-%dT%H:%M}"'
            elif self.name.startswith("weather_code"):
                yield str(next(codes))
            else:
                share = (index * 37 + shift * 11 + len(self.name)) % 100 / 100
                yield f"{self.low + (self.high - self.low) * share:.{self.decimals}f}"


@dataclass(frozen=True, slots=True)
class Section:
    """One of `current`, `minutely_15`, `hourly`, `daily`: its first local time, how many times, and its columns."""

    name: str
    first: str
    count: int
    columns: Sequence[Column]

    def text(self, shift: int) -> str:
        """The units object and the section, as the API writes both."""
        first = datetime.fromisoformat(self.first)
        interval = {"interval": "seconds"} if self.name == "current" else {}
        units = {"time": "iso8601", **interval, **{column.name: column.unit for column in self.columns}}
        written = f'"{self.name}_units":{_compact(units)},"{self.name}":{{'
        if self.name == "current":
            values = [f'"{column.name}":{next(column.texts([first], shift))}' for column in self.columns]
            return written + ",".join([f'"time":"{self.first}"', '"interval":900', *values]) + "}"
        times = [first + STEPS[self.name] * index for index in range(self.count)]
        labels = [f"{time:%Y-%m-%d}" if self.name == "daily" else f"{time:%Y-%m-%dT%H:%M}" for time in times]
        columns = [f'"{column.name}":[{",".join(column.texts(times, shift))}]' for column in self.columns]
        return written + ",".join([f'"time":{_compact(labels)}', *columns]) + "}"


@dataclass(frozen=True, slots=True)
class Cell:
    """What the API says of a location: its grid cell and height as text (None = no height), and its zone."""

    latitude: str
    longitude: str
    elevation: str | None
    offset_s: int = 0
    zone: str = "GMT"
    abbreviation: str = "GMT"


@dataclass(frozen=True, slots=True)
class Example:
    """A request and what answers it: one object for one cell, an array for several."""

    url: str
    answered_at: str
    cells: Sequence[Cell]
    sections: Sequence[Section]
    seconds: Sequence[str] = field(default=("0.1373291015625", "0.0520944595336914", "0.06711483001708984"))
    """`generationtime_ms` of each cell."""

    def body(self) -> str:
        """The body, without a blank between tokens."""
        results = []
        for index, cell in enumerate(self.cells):
            head = {
                "latitude": cell.latitude,
                "longitude": cell.longitude,
                "generationtime_ms": self.seconds[index],
                "utc_offset_seconds": str(cell.offset_s),
                "timezone": f'"{cell.zone}"',
                "timezone_abbreviation": f'"{cell.abbreviation}"',
                **({"elevation": cell.elevation} if cell.elevation else {}),
                **({"location_id": str(index)} if index else {}),
            }
            parts = [f'"{key}":{text}' for key, text in head.items()]
            results.append("{" + ",".join([*parts, *(section.text(index) for section in self.sections)]) + "}")
        return results[0] if len(results) == 1 else f"[{','.join(results)}]"

    def meta(self) -> str:
        """The request and when it was answered."""
        told = {"url": self.url, "method": "GET", "status": 200, "headers": {"Date": [self.answered_at]}}
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


BERN: Final = Cell("46.94", "7.44", "549.0")
GRAZ: Final = Cell("47.08", "15.439999", "363.0")
LUXEMBOURG: Final = Cell("49.62", "6.14", "283.0")
LISBON: Final = Cell("38.6875", "-9.125", "11.0", 0, "Europe/Lisbon", "GMT")
SUMMER_IN_GRAZ: Final = Cell("47.08", "15.439999", "363.0", 7200, "Europe/Vienna", "GMT+2")
QUITO: Final = Cell("-0.125", "-78.5", "2846.0", -18000, "America/Guayaquil", "GMT-5")
KATHMANDU: Final = Cell("27.75", "85.25", "1317.0", 20700, "Asia/Kathmandu", "GMT+5:45")
ON_ANOTHER_MODELS_GRID: Final = Cell("41.12789", "-8.600006", "94.0", 3600, "Europe/Lisbon", "GMT+1")
AT_SEA: Final = Cell("-36.75", "174.75", None)

METRIC: Final = (
    Column("temperature_2m", "°C", 1, -4, 19),
    Column("relative_humidity_2m", "%", 0, 31, 100),
    Column("precipitation", "mm", 2, 0, 1.7),
    Column("wind_speed_10m", "km/h", 1, 0, 44),
    Column("wind_direction_10m", "°", 0, 0, 360),
    Column("weather_code", "wmo code", 0),
)
IMPERIAL: Final = (
    Column("temperature_2m", "°F", 1, 21, 74),
    Column("weather_code", "wmo code", 0),
    Column("wind_speed_10m", "mp/h", 1, 0, 23),
    Column("pressure_msl", "hPa", 1, 989, 1031),
    Column("snowfall", "inch", 3, 0, 0),
    Column("uv_index", "", 2, 0, 9.5),
    Column("snow_depth", "ft", 3, 0, 0.4),
    Column("visibility", "ft", 3, 900, 93000),
)
CODE: Final = (Column("weather_code", "wmo code", 0),)
SUN: Final = (Column("sunrise", "iso8601", None, 341), Column("sunset", "iso8601", None, 1130))
UV_MAX: Final = Column("uv_index_max", "", 2, 0.05, 8.4)
IN_IMPERIAL: Final = "temperature_unit=fahrenheit&wind_speed_unit=mph&precipitation_unit=inch"
API: Final = "https://api.open-meteo.com/v1"


def _names(columns: Sequence[Column]) -> str:
    return "%2C".join(column.name for column in columns)


def _repeated(section: str, columns: Sequence[Column]) -> str:
    """A list as repeated keys, sorted as some clients do: the answer keeps another order."""
    return "&".join(f"{section}={name}" for name in sorted(column.name for column in columns))


HORIZON: Final = (Column("temperature_2m", "°C", 1, 2, 17, null_from=180), Column("rain", "mm", 2, 0, 0.9, null_from=180))
UNDEFINED: Final = Column("lifted_index", "undefined", 0, null_from=0)
CURRENT: Final = (*IMPERIAL, Column("is_day", "", 0, 1, 1))
ARCHIVE: Final = (
    Column("temperature_2m", "°C", 1, -11, 6),
    Column("snow_depth", "m", 2, 0, 0.31),
    Column("shortwave_radiation", "W/m²", 1, 0, 412),
    Column("vapour_pressure_deficit", "kPa", 2, 0, 0.62),
    Column("soil_moisture_0_to_7cm", "m³/m³", 3, 0.1, 0.452),
)
ARCHIVE_DAILY: Final = (
    *SUN,
    Column("shortwave_radiation_sum", "MJ/m²", 2, 0.4, 27),
    Column("et0_fao_evapotranspiration", "mm", 2, 0.1, 5.2),
    Column("daylight_duration", "s", 2, 34000, 50000),
    Column("temperature_2m_max", "°C", 1, null_from=0),
)
TWO_MODELS: Final = tuple(Column(f"weather_code_{model}", "wmo code", 0) for model in ("best_match", "ecmwf_ifs025"))

EXAMPLES: Final[Mapping[str, Example]] = {
    "dwd-icon/one-location-hourly": Example(
        f"{API}/dwd-icon?latitude=46.948&longitude=7.4474&hourly={_names(METRIC)}&start_date=2026-05-03&end_date=2026-05-04",
        "Thu, 14 May 2026 08:20:11 GMT",
        [BERN],
        [Section("hourly", "2026-05-03T00:00", 48, METRIC)],
    ),
    "dwd-icon/three-locations-hourly-and-daily": Example(
        f"{API}/dwd-icon?latitude=46.948%2C47.0707%2C49.6117&longitude=7.4474%2C15.4395%2C6.13&hourly={_names(METRIC)}"
        "&daily=weather_code&start_date=2026-05-03&end_date=2026-05-04&timezone=GMT",
        "Thu, 14 May 2026 08:21:40 GMT",
        [BERN, GRAZ, LUXEMBOURG],
        [Section("hourly", "2026-05-03T00:00", 48, METRIC), Section("daily", "2026-05-03", 2, CODE)],
    ),
    "dwd-icon/null-beyond-the-horizon": Example(
        f"{API}/dwd-icon?latitude=46.948&longitude=7.4474&hourly={_names(HORIZON)}&forecast_days=9",
        "Thu, 14 May 2026 00:31:02 GMT",
        [BERN],
        [Section("hourly", "2026-05-14T00:00", 216, HORIZON)],
    ),
    "dwd-icon/a-variable-that-the-model-lacks": Example(
        f"{API}/dwd-icon?latitude=46.948&longitude=7.4474&hourly=temperature_2m%2Clifted_index&forecast_days=1",
        "Thu, 14 May 2026 08:25:33 GMT",
        [BERN],
        [Section("hourly", "2026-05-14T00:00", 24, (METRIC[0], UNDEFINED))],
    ),
    "dwd-icon/every-section": Example(
        f"{API}/dwd-icon?current=weather_code&daily=weather_code&hourly=weather_code&latitude=0.470707e2&longitude=0.154395e2"
        "&minutely_15=weather_code",
        "Wed, 13 May 2026 16:47:09 GMT",
        [GRAZ],
        [
            Section("current", "2026-05-13T16:45", 1, CODE),
            Section("minutely_15", "2026-05-13T00:00", 672, CODE),
            Section("hourly", "2026-05-13T00:00", 168, CODE),
            Section("daily", "2026-05-13", 7, CODE),
        ],
    ),
    "forecast/two-models": Example(
        f"{API}/forecast?current=weather_code&hourly=weather_code&daily=weather_code&latitude=47.0707&longitude=15.4395"
        "&models=best_match%2Cecmwf_ifs025&forecast_days=2",
        "Wed, 13 May 2026 16:52:44 GMT",
        [GRAZ],
        [
            Section("current", "2026-05-13T16:45", 1, CODE),
            Section("hourly", "2026-05-13T00:00", 48, TWO_MODELS),
            Section("daily", "2026-05-13", 2, TWO_MODELS),
        ],
    ),
    "forecast/local-time-behind-utc": Example(
        f"{API}/forecast?latitude=-0.1807&longitude=-78.4678&hourly={_names(IMPERIAL)}&forecast_days=2&timezone=auto"
        f"&{IN_IMPERIAL}",
        "Fri, 15 May 2026 03:02:18 GMT",
        [QUITO],
        [Section("hourly", "2026-05-14T00:00", 48, IMPERIAL)],
    ),
    "forecast/local-days-in-summer-time": Example(
        f"{API}/forecast?latitude=47.0707&longitude=15.4395&daily={_names((*CODE, *SUN, UV_MAX))}&forecast_days=7"
        f"&timezone=auto&{IN_IMPERIAL}",
        "Fri, 15 May 2026 09:12:50 GMT",
        [SUMMER_IN_GRAZ],
        [Section("daily", "2026-05-15", 7, (*CODE, *SUN, UV_MAX))],
    ),
    "forecast/a-zone-without-offset": Example(
        f"{API}/forecast?latitude=38.7169&longitude=-9.1399&hourly={_names(IMPERIAL)}&daily=uv_index_max&forecast_days=1"
        "&timezone=Europe%2FLisbon&temperature_unit=fahrenheit&wind_speed_unit=mph&precipitation_unit=inch",
        "Mon, 09 Feb 2026 21:40:00 GMT",
        [LISBON],
        [Section("hourly", "2026-02-09T00:00", 24, IMPERIAL), Section("daily", "2026-02-09", 1, (UV_MAX,))],
    ),
    "forecast/current-with-repeated-keys": Example(
        f"{API}/forecast?{_repeated('current', CURRENT)}&{_repeated('daily', (*SUN, UV_MAX))}&forecast_days=1"
        f"&latitude=-0.1807&longitude=-78.4678&{IN_IMPERIAL}&timezone=auto",
        "Fri, 15 May 2026 17:21:37 GMT",
        [QUITO],
        [Section("current", "2026-05-15T12:15", 1, CURRENT), Section("daily", "2026-05-15", 1, (UV_MAX, *SUN))],
    ),
    "forecast/hours-from-now-on": Example(
        f"{API}/forecast?forecast_hours=24&hourly={_names(IMPERIAL)}&latitude=41.1496&longitude=-8.611&timezone=auto"
        f"&{IN_IMPERIAL}",
        "Fri, 15 May 2026 21:36:25 GMT",
        [ON_ANOTHER_MODELS_GRID],
        [Section("hourly", "2026-05-15T22:00", 24, IMPERIAL)],
    ),
    "historical-forecast/one-model-named": Example(
        "https://historical-forecast-api.open-meteo.com/v1/forecast?latitude=49.6117&longitude=6.13"
        f"&hourly={_names(METRIC)}&daily=weather_code&start_date=2023-08-30&end_date=2023-09-01&models=icon_seamless",
        "Thu, 14 May 2026 08:40:02 GMT",
        [LUXEMBOURG],
        [Section("hourly", "2023-08-30T00:00", 72, METRIC), Section("daily", "2023-08-30", 3, CODE)],
    ),
    "archive/before-1970-and-a-column-without-values": Example(
        f"https://archive-api.open-meteo.com/v1/archive?latitude=47.0707&longitude=15.4395&hourly={_names(ARCHIVE)}"
        f"&daily={_names(ARCHIVE_DAILY)}&start_date=1959-12-31&end_date=1960-01-01",
        "Thu, 14 May 2026 08:44:31 GMT",
        [Cell("47.0", "15.5", "363.0")],
        [Section("hourly", "1959-12-31T00:00", 48, ARCHIVE), Section("daily", "1959-12-31", 2, ARCHIVE_DAILY)],
    ),
    "archive/a-zone-of-quarter-hours": Example(
        "https://archive-api.open-meteo.com/v1/archive?latitude=27.7172&longitude=85.324&hourly=temperature_2m"
        f"&daily={_names(SUN)}&start_date=2025-01-10&end_date=2025-01-10&timezone=auto",
        "Thu, 14 May 2026 08:45:57 GMT",
        [KATHMANDU],
        [Section("hourly", "2025-01-10T00:00", 24, METRIC[:1]), Section("daily", "2025-01-10", 1, SUN)],
    ),
    "archive/two-locations-in-one-cell-without-height": Example(
        "https://archive-api.open-meteo.com/v1/archive?latitude=-36.8%2C-36.7&longitude=174.8%2C174.7"
        "&hourly=temperature_2m&start_date=2025-01-10&end_date=2025-01-10",
        "Thu, 14 May 2026 08:47:20 GMT",
        [AT_SEA, AT_SEA],
        [Section("hourly", "2025-01-10T00:00", 24, METRIC[:1])],
    ),
}


def written() -> dict[Path, str]:
    """Every file of the examples with its text."""
    files = {}
    for name, example in EXAMPLES.items():
        files[FOLDER / f"{name}.json"] = example.body()
        files[FOLDER / f"{name}.meta.json"] = example.meta()
    return files


def main() -> None:
    """Write them all."""
    for path, text in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
