"""docs/variables.md, made from the variables file: `make docs`."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Final

from barograph.model.resolution import STEPPED
from barograph.model.variables import PRESSURE_LEVELS, all_variables, read_rows

HEAD: Final = """# Variables

Made by `make docs` from `src/barograph/sources/open_meteo/variables.csv`; change that file, not this one.

A variable is asked for by its name and becomes a column of that name in `hourlydata` or `dailydata`, of the type given here. A
column comes with the first run that asks for it, and stays with its values when it is no longer asked for. Values outside the
bounds cannot be real and go to quarantine. "°C, published as K" means the source's text for the same steps; values stay as they
are. Every time is UTC and every day a GMT day: a daily value is of the 24 hours from 00:00
UTC, also where the local day begins at another time. In cqlsh a name with capitals wants quotes: `"temperature_850hPa"`.
"""


def _rows(resolution: str) -> Iterator[str]:
    yield "| variable | unit | decimals | CQL type | bounds | known from | sources | meaning |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in read_rows():
        if row["resolution"] == resolution:
            bounds = f"{row['lowest']} to {row['highest']}" if row["lowest"] else ""
            unit = f"{row['unit']}, published as {row['provider_unit']}" if row["provider_unit"] else row["unit"]
            columns = (unit, row["decimals"], row["type"], bounds, row["bounds_from"])
            yield f"| `{row['name']}` | {' | '.join(columns)} | {', '.join(row['sources'].split())} | {row['meaning']} |"


def make_page() -> str:
    """The whole page."""
    counts = Counter(product for one in all_variables().values() for product in one.sources)
    lines = [HEAD, "| source | variables |", "|---|---|", *(f"| `{name}` | {count} |" for name, count in sorted(counts.items()))]
    levels = ", ".join(str(level) for level in PRESSURE_LEVELS)
    lines += ["", f"`{{level}}` stands for each of {levels}: `temperature_850hPa`."]
    for resolution in STEPPED:
        lines += ["", f"## {resolution.capitalize()}", "", *_rows(resolution)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(make_page())
