"""docs/variables.md, made from the variables file and from what the sources say they serve: `make docs`."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Final

from barograph.model.resolution import STEPPED, Resolution
from barograph.model.variables import PRESSURE_LEVELS, expand_name, read_rows
from barograph.sources.registry import PROVIDERS

HEAD: Final = """# Variables

Made by `make docs` from `src/barograph/model/variables.csv` and what the sources serve (`src/barograph/sources/*/variables.csv`);
change those files, not this one.

A variable is asked for by its name and becomes a column of that name in `hourlydata` or `dailydata`, of the type given here. A
column comes with the first run that asks for it, and stays with its values when it is no longer asked for. Values outside the
bounds cannot be real and go to quarantine. `kind` says what a value stands for: its moment (instant), or the mean, sum, max or
min of the hour before or of the day; directions are averaged as angles. Every time is UTC and every day a GMT day: a daily value
is of the 24 hours from 00:00 UTC, also where the local day begins at another time. In cqlsh a name with capitals wants quotes:
`"temperature_850hPa"`.
"""


def make_page() -> str:
    """The whole page."""
    counts = Counter(
        choice
        for provider in PROVIDERS
        for resolution in provider.info.resolutions
        for choices in provider.info.variables(resolution).values()
        for choice in choices
    )
    lines = [HEAD, "| source | variables |", "|---|---|", *(f"| `{name}` | {count} |" for name, count in sorted(counts.items()))]
    levels = ", ".join(str(level) for level in PRESSURE_LEVELS)
    lines += ["", f"`{{level}}` stands for each of {levels}: `temperature_850hPa`."]
    for resolution in STEPPED:
        lines += ["", f"## {resolution.capitalize()}", "", *_rows(resolution)]
    return "\n".join(lines) + "\n"


def _rows(resolution: Resolution) -> Iterator[str]:
    yield "| variable | unit | decimals | CQL type | kind | bounds | known from | sources | meaning |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in read_rows():
        if row["resolution"] == resolution:
            bounds = f"{row['lowest']} to {row['highest']}" if row["lowest"] else ""
            columns = (row["unit"], row["decimals"], row["type"], row["kind"], bounds, row["bounds_from"])
            served = ", ".join(_choices_of(row["name"], resolution))
            yield f"| `{row['name']}` | {' | '.join(columns)} | {served} | {row['meaning']} |"


def _choices_of(name: str, resolution: Resolution) -> list[str]:
    """Whoever serves a variable, or the first one of a family."""
    member = expand_name(name)[0]
    return [choice for provider in PROVIDERS for choice in provider.info.variables(resolution).get(member, ())]


if __name__ == "__main__":
    sys.stdout.write(make_page())
