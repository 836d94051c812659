"""Writes the example month of station hours: `python -m tests.examples.write_month`.

Five invented stations in November 2007, in the format that `./startup.sh --replay` takes (`stack.standin.replay`), and with what
station data are like: single hours that are not there, runs of them, a whole day, the month's first and last hour; cells that are
empty, among them a whole hour of them; calm and variable wind with direction 0; wind in knots told as m/s, cloud cover in oktas
told as a percentage, temperatures around 0 °C.
"""

import gzip
import math
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "stations" / "november-2007.csv.gz"
FIRST_HOUR: Final = datetime(2007, 11, 1)  # noqa: DTZ001  # written without a zone: the file's times are UTC
HOURS: Final = 30 * 24
HEADER: Final = (
    "latitude,longitude,time,temperature_2m,dew_point_2m,pressure_msl,wind_speed_10m,wind_direction_10m,cloud_cover,precipitation"
)
MS_PER_KNOT: Final = 0.514444
OKTAS: Final = ("0", "25", "50", "75", "88", "100")
CLIMATE: Final[Mapping[str, tuple[float, float]]] = {
    "43.117,-1.5": (9, 1019),
    "-12.35,130.867": (29, 1008),
    "64.133,-21.9": (0, 994),
    "0.05,32.45": (22, 1013),
    "-54.8,-68.3": (5, 1001),
}
"""Mean temperature (°C) and pressure (hPa) by latitude and longitude."""

ABSENT: Final[Mapping[str, frozenset[int]]] = {
    "43.117,-1.5": frozenset({100, 250, 254}),
    "-12.35,130.867": frozenset(range(480, 504)),
    "64.133,-21.9": frozenset({0, HOURS - 1}),
    "0.05,32.45": frozenset(range(331, 336)),
    "-54.8,-68.3": frozenset({47, 48}),
}
"""Hours of the month that the file does not have: single ones, a day, its edges, a run, and both sides of midnight."""

WITHOUT_VALUES: Final = ("43.117,-1.5", 600)
"""A station's hour that is there with every cell empty."""

MISSING: Final = sum(map(len, ABSENT.values())) + 1
"""Hours of the month without any value."""


def lines() -> Iterator[str]:
    """The header, then each station's hours in order."""
    yield HEADER
    chance = random.Random(200711)  # noqa: S311  # invented weather keeps no secret
    for station, (temperature, pressure) in CLIMATE.items():
        for hour in range(HOURS):
            cells = _cells(chance, hour, temperature, pressure)
            if hour in ABSENT[station]:
                continue
            if (station, hour) == WITHOUT_VALUES:
                cells = [""] * len(cells)
            yield ",".join([station, f"{FIRST_HOUR + timedelta(hours=hour):%Y-%m-%dT%H:%M}", *cells])


def _cells(chance: random.Random, hour: int, temperature: float, pressure: float) -> list[str]:
    """One hour's cells; the number of draws is the same for each, so that a hole moves nothing."""
    draws = [chance.random() for _ in range(9)]
    daily = math.sin((hour - 9) / 24 * math.tau)
    degrees = temperature + 4 * daily + 3 * math.sin(hour / 90) + draws[0]
    knots = max(0, round(14 * draws[1] - 1.5))
    is_variable = draws[2] < 0.03
    return [
        _tenths(degrees),
        "" if draws[3] < 0.035 else _tenths(degrees - 1 - 6 * draws[4]),
        "" if draws[5] < 0.04 else f"{pressure + 14 * math.sin(hour / 70) + draws[0]:.1f}",
        f"{knots * MS_PER_KNOT:.1f}",
        "0" if knots == 0 or is_variable else str(10 * (1 + int(36 * draws[6]))),
        "" if draws[7] < 0.006 else OKTAS[int(len(OKTAS) * draws[2])],
        f"{(draws[8] - 0.97) * 150:.1f}" if draws[8] > 0.97 else "0.0",
    ]


def _tenths(value: float) -> str:
    """With one decimal, and without the sign of -0.0."""
    return f"{round(value, 1) + 0.0:.1f}"


def main() -> None:
    """Write the file, the same bytes each time."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_bytes(gzip.compress(("\n".join(lines()) + "\n").encode(), mtime=0))


if __name__ == "__main__":
    main()
