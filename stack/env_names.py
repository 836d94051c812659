"""Names in an .env file: those of earlier releases are carried over, misspelt ones are found."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Final

from dotenv.parser import Binding, parse_stream

RENAMED: Final = {"BAD_PLACES": "BAD_LOCATIONS"}
"""Old name to new; the value stays."""

JOINED: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "START_DELAY_MINUTES": ("-", {"START_DELAY_FROM": "5", "START_DELAY_TO": "20"}),
    "API_QUOTA": ("/", {"API_QUOTA_MINUTE": "600", "API_QUOTA_HOUR": "5000", "API_QUOTA_DAY": "10000"}),
}
"""New name to the sign between its parts, and the old names of the parts with their defaults."""

_SERVER: Final = "every product is asked at the server of BASE_URL"
_CONTAINERS: Final = "it is the address of a container, and docker-compose.yml sets it"
_HERE: Final = "it is the folder of that name next to startup.sh"

REMOVED: Final = {
    "FORECAST_URL": ("https://api.open-meteo.com/v1/forecast", _SERVER),
    "ARCHIVE_URL": ("https://archive-api.open-meteo.com/v1/archive", _SERVER),
    "HISTORICAL_FORECAST_URL": ("https://historical-forecast-api.open-meteo.com/v1/forecast", _SERVER),
    "STANDIN_HOST": ("127.0.0.1", _CONTAINERS),
    "POSTGRES_HOST": ("127.0.0.1", _CONTAINERS),
    "AIRFLOW_HOST": ("", _CONTAINERS),
    "AIRFLOW_SCHEDULER_HEALTH_PORT": ("8974", "it follows AIRFLOW_PORT"),
    "KAFKA_CONTROLLER_PORT": ("9093", "it follows KAFKA_PORT"),
    "CASSANDRA_STORAGE_PORT": ("7000", "it follows CASSANDRA_PORT"),
    "CASSANDRA_JMX_PORT": ("7199", "it follows CASSANDRA_PORT"),
    "SPARK_JARS_DIR": ("", "it is the folder spark in JARS_DIR"),
    "JOBS_DIR": ("", _HERE),
    "DAGS_DIR": ("dags", _HERE),
    "REVISION_DAYS": ("3", "set the Airflow Variable revision_days"),
}
"""Old name to its default, and to what holds now."""

FORMER: Final = frozenset((*RENAMED, *REMOVED, *(old for _, parts in JOINED.values() for old in parts)))
"""Every name that an earlier release had in .env."""

FOREIGN: Final = re.compile(r"(COMPOSE|DOCKER|BUILDX|BUILDKIT)_\w+|BAROGRAPH_VERSION")
"""Names that Docker Compose reads from the same file."""

LIKELY: Final = 0.6
ALMOST_CERTAIN: Final = 0.9
"""How alike (difflib) a misspelt name is to the one that is meant: to be suggested, to be mentioned unasked."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The text of an .env file under the names of this release, and what was changed, a line for each thing to know."""

    text: str
    notes: list[str]


def upgrade_text(text: str) -> Upgrade:
    """Carry the names of earlier releases over; every other line stays, and so does what already has the new name."""
    bindings = list(parse_stream(StringIO(text.removeprefix("\ufeff"))))
    values = {binding.key.upper(): binding.value or "" for binding in bindings if binding.key and not binding.error}
    carried = _carry_over(values)
    lines, dropped, notes = [], [], []
    for binding in bindings:
        name = (binding.key or "").upper()
        if name not in FORMER or binding.error:
            lines.append(binding.original.string)
            continue
        new = _successor(name)
        lines.append(_indent(binding))
        if new in carried:
            lines.append(f"{new}={carried.pop(new)}\n")
        if values[name] in {"", _former_default(name)}:
            dropped.append(name)
        elif new:
            notes.append(f"{name}={values[name]} is now part of {new}" if new in JOINED else f"{name} is now called {new}")
        else:
            notes.append(f"{name}={values[name]} was removed and is not read any more: {REMOVED[name][1]}")
    if dropped:
        notes.append(f"names of an earlier release, at their defaults, were removed: {', '.join(dict.fromkeys(dropped))}")
    return Upgrade("".join(lines), notes)


def _carry_over(values: Mapping[str, str]) -> dict[str, str]:
    """The new names that get a value from old ones: not those that have one, nor those whose old values say nothing."""
    new_values = {new: values[old] for old, new in RENAMED.items() if values.get(old)}
    for new, (sign, parts) in JOINED.items():
        if any(values.get(old) for old in parts):
            new_values[new] = sign.join(values.get(old) or default for old, default in parts.items())
    return {new: value for new, value in new_values.items() if new not in values}


def _successor(name: str) -> str:
    """The name that replaced an old one; empty when there is none."""
    return RENAMED.get(name) or next((new for new, (_, parts) in JOINED.items() if name in parts), "")


def _former_default(name: str) -> str:
    if name in RENAMED:
        return "red"
    return REMOVED[name][0] if name in REMOVED else JOINED[_successor(name)][1][name]


def find_wrong_lines(text: str, known: Collection[str]) -> list[str]:
    """What does not belong into an .env file, each with the remedy: unknown names, and lines that are no NAME=value."""
    problems = []
    for binding in parse_stream(StringIO(text.removeprefix("\ufeff"))):
        line = binding.original.line + len(_indent(binding).splitlines())
        if binding.error or (binding.key and binding.value is None):
            problems.append(f"line {line} is not NAME=value: correct or remove it")
        elif binding.key and binding.key.upper() not in known and not FOREIGN.fullmatch(binding.key):
            meant = difflib.get_close_matches(binding.key.upper(), known, n=1, cutoff=LIKELY)
            remedy = f"did you mean {meant[0]}?" if meant else "remove it; what other programs read belongs into the environment"
            problems.append(f"{binding.key} (line {line}) is not a setting: {remedy}")
    return problems


def find_stray_names(names: Collection[str], known: Collection[str], internal: Collection[str]) -> list[str]:
    """Names in the environment that look like settings and are none: those of earlier releases, and near misses."""
    notes = []
    for name in sorted(set(names) - set(known) - set(internal)):
        meant = difflib.get_close_matches(name, known, n=1, cutoff=ALMOST_CERTAIN)
        if name in RENAMED:
            notes.append(f"{name} in the environment is now called {RENAMED[name]}; it is read under its old name, too")
        elif name in FORMER:
            new = _successor(name)
            notes.append(f"{name} in the environment is not read any more: {f'set {new}' if new else REMOVED[name][1]}")
        elif meant:
            notes.append(f"{name} in the environment is not a setting: did you mean {meant[0]}?")
    return notes


def _indent(binding: Binding) -> str:
    """The blank lines before a binding."""
    text = binding.original.string
    return text[: len(text) - len(text.lstrip())]
