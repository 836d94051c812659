"""Right answers made wrong: each edit changes one thing that a client must notice."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

Edit = Literal[
    "hole",
    "extra",
    "unsorted",
    "unequal",
    "offset",
    "text",
    "boolean",
    "unit",
    "undefined",
    "constant",
    "absurd",
    "column-missing",
    "section-missing",
    "field-more",
    "place-missing",
    "moved-cell",
]
Result = dict[str, Any]
"""One location's answer, as JSON has it."""


def edit_answer(name: Edit, body: bytes) -> str:
    """The answer `body` after the edit `name`."""
    answer = json.loads(body)
    results: list[Result] = answer if isinstance(answer, list) else [answer]
    if name == "place-missing":
        results.pop()
    for result in results:
        EDITS[name](result)
    return json.dumps(results if isinstance(answer, list) else answer, ensure_ascii=False, separators=(",", ":"))


def _sections(result: Result) -> Iterator[tuple[dict[str, list[Any]], dict[str, str]]]:
    for name in ("hourly", "daily"):
        if name in result:
            yield result[name], result[f"{name}_units"]


def _on_columns(change: Callable[[list[Any]], object], *, and_times: bool = False) -> Callable[[Result], None]:
    """An edit of every column in place, of the time axis only with `and_times`."""

    def edit(result: Result) -> None:
        for section, _ in _sections(result):
            for name, column in section.items():
                if and_times or name != "time":
                    change(column)

    return edit


def _unit(text: str, *, is_null: bool = False) -> Callable[[Result], None]:
    """An edit that gives every column another unit, and no values with `is_null`."""

    def edit(result: Result) -> None:
        for section, units in _sections(result):
            for name in [name for name in section if name != "time"]:
                units[name] = text
                section[name] = [None] * len(section[name]) if is_null else section[name]

    return edit


def _drop_columns(result: Result) -> None:
    for section, _ in _sections(result):
        for name in [name for name in section if name != "time"]:
            del section[name]


def _drop_sections(result: Result) -> None:
    for name in ("hourly", "daily"):
        result.pop(name, None)


def _put(value: Any) -> Callable[[list[Any]], None]:  # noqa: ANN401  # any JSON value
    def change(column: list[Any]) -> None:
        column[0] = value

    return change


def _shift_offset(result: Result) -> None:
    result.update(utc_offset_seconds=34_200, timezone="Australia/Adelaide", timezone_abbreviation="GMT+9:30")


def _go_on(result: Result) -> None:
    """One time more than asked for, in order."""
    for section, _ in _sections(result):
        last = datetime.fromisoformat(section["time"][-1])
        is_hour = "T" in section["time"][-1]
        after = last + (timedelta(hours=1) if is_hour else timedelta(days=1))
        for name, column in section.items():
            column.append(
                column[-1] if name != "time" else after.isoformat(timespec="minutes") if is_hour else f"{after:%Y-%m-%d}"
            )


def _swap(column: list[Any]) -> None:
    column[:2] = column[1::-1]


EDITS: Final[Mapping[Edit, Callable[[Result], None]]] = {
    "hole": _on_columns(lambda column: column.pop(min(1, len(column) - 1)), and_times=True),
    "extra": _go_on,
    "unsorted": _on_columns(_swap, and_times=True),
    "unequal": _on_columns(lambda column: column.pop()),
    "offset": _shift_offset,
    "text": _on_columns(_put("12.3")),
    "boolean": _on_columns(_put(True)),
    "unit": _unit("K"),
    "undefined": _unit("undefined", is_null=True),
    "constant": _on_columns(lambda column: column.__setitem__(slice(None), column[:1] * len(column))),
    "absurd": _on_columns(_put(-9999)),
    "column-missing": _drop_columns,
    "section-missing": _drop_sections,
    "field-more": lambda result: result.update(surprise={"a": 1}),
    "place-missing": lambda _result: None,
    "moved-cell": lambda result: result.update(latitude=result["latitude"] + 0.02),
}
