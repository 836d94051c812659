"""Named locations of a CSV file: one line each, read strictly, so that no line is taken for something else than was meant."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from barograph.errors import RequestRefused
from barograph.model.tagged_location import KEYS, NEEDED, TaggedLocation, read_row

MAX_LINE: Final = 10_000
"""Characters of one line, ten times what the longest name and a hundred words of tags need: a longer one is no location."""

MAX_LOCATIONS: Final = 200_000
"""Locations of one file: they are held in memory until all are known to be right, some 160 MB for these."""

MAX_FINDINGS: Final = 20
"""So many findings are enough to see what is wrong; reading ends then."""

SEPARATORS: Final[Mapping[str, str]] = {";": "semicolons", "\t": "tabs", "|": "bars"}
WHOLE: Final = re.compile(r"[+-]?[0-9]+")
FORM: Final = f"the first line must name {', '.join(NEEDED)}, and may name {', '.join(KEYS[3:])}"


def parse_csv_locations(lines: Iterable[str]) -> tuple[list[TaggedLocation], list[str]]:
    """The locations of the lines of a CSV file with a header (`KEYS`; tags separated by blanks), and what is wrong with them.

    Blank lines are skipped; a finding names its line as an editor counts it. Reading ends after `MAX_FINDINGS`.
    """
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    locations, findings = list[TaggedLocation](), list[str]()
    first = next(numbered, None)
    if first is None:
        return [], [f"the file is empty: {FORM}"]
    try:
        columns = _read_header(first[1])
    except RequestRefused as refused:
        return [], [f"line {first[0]}: {refused}"]
    for number, line in islice(numbered, MAX_LOCATIONS):
        try:
            locations.append(_read_line(line, columns))
        except RequestRefused as refused:
            findings.append(f"line {number}: {refused}")
            if len(findings) == MAX_FINDINGS:
                return locations, [*findings, "the lines after it were not read"]
    if next(numbered, None):
        findings.append(f"the file has more than {MAX_LOCATIONS} locations: split it, and import one part after the other")
    return locations, findings


def _read_header(line: str) -> list[str]:
    if line.lstrip().startswith(("[", "{")):
        raise RequestRefused("this looks like JSON: give the file a name that ends in .json, or write CSV")
    columns = [column.strip().lower() for column in _split(line)]
    separators = [name for mark, name in SEPARATORS.items() if mark in line]
    if separators and not set(NEEDED) <= set(columns):
        raise RequestRefused(f"the columns are separated by {separators[0]}: separate them by commas")
    if doubled := [column for column, count in Counter(columns).items() if count > 1]:
        raise RequestRefused(f"column {doubled[0]!r} is named twice: name each once")
    if missing := [key for key in NEEDED if key not in columns]:
        raise RequestRefused(f"the columns {', '.join(columns)[:100]} do not name {', '.join(missing)}: {FORM}")
    if strange := [column for column in columns if column not in KEYS]:
        raise RequestRefused(f"column {strange[0]!r} is not known: a location has {', '.join(KEYS)}")
    return columns


def _read_line(line: str, columns: Sequence[str]) -> TaggedLocation:
    fields = _split(line)
    if len(fields) != len(columns):
        hint = (
            "quote a name that holds a comma, and write decimals with a point"
            if len(fields) > len(columns)
            else "write the commas of empty fields too"
        )
        raise RequestRefused(f"{len(fields)} fields where the first line names {len(columns)}: {hint}")
    row = {column: field.strip(" ") for column, field in zip(columns, fields, strict=True)}
    tags = row.get("tags", "").split(" ")
    numbers = [row["latitude"], row["longitude"], row.get("elevation", ""), *tags]
    if len(numbers) == 4 and all(WHOLE.fullmatch(number) for number in numbers):
        raise RequestRefused(f"{', '.join(numbers)} look like two decimal commas: write decimals with a point")
    return read_row({**row, "tags": [tag for tag in tags if tag]})


def _split(line: str) -> list[str]:
    """The fields of one line."""
    if len(line) > MAX_LINE:
        raise RequestRefused(
            f"more than {MAX_LINE} characters in one line, which is no location: separate locations by line ends"
        )
    if "\0" in line:
        raise RequestRefused("a NUL byte: this is no text in UTF-8, save the file as CSV in UTF-8")
    try:
        return next(csv.reader([line.rstrip("\r\n")], strict=True))
    except csv.Error as error:
        raise RequestRefused(
            f"a quote that opens here does not close before the field or the line ends ({error}): quote whole fields, double a "
            "quote inside one, and break no line inside quotes"
        ) from error
