"""Params and Variables: what users set in the web UI, read at run time."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from airflow.sdk import BaseHook, Variable
from airflow.sdk.exceptions import AirflowNotFoundException

from barograph.errors import RequestRefused
from barograph.model.request import LISTS, Request, find_brackets, split_names
from barograph.model.tagged_location import KEYS
from barograph.sources.port import Credential
from barograph.sources.registry import PROVIDERS

SECRET: Final = re.compile(r"api_?key|password|passwd|secret|token", re.IGNORECASE)
SECRETS_BELONG: Final = ". Secrets belong in no Param or Variable: an API key is {} in .env".format(
    " or ".join(provider.info.credential.setting for provider in PROVIDERS if provider.info.credential)
)

PAIRS: Final = (("latitudes", "longitudes"), ("start_date", "end_date"))
"""Params that mean something together only: half of one never takes its other half from the Variables."""

REVISION_DAYS: Final = 3
"""Where the Variable revision_days is missing or empty."""

MAX_REVISION_DAYS: Final = 90
"""Sources of the last days keep 92 at least: a window that reaches back further could not be asked."""

ParamValue = str | Sequence[str] | Sequence[Mapping[str, object]] | None


def get_variable_text(name: str) -> str:
    """Airflow Variable `name` as text; an empty one is a choice, a missing one is not.

    Raises:
        RequestRefused: it does not exist.
    """
    text = Variable.get(name, default=None)
    if text is None:
        raise RequestRefused(f"Airflow Variable {name!r} does not exist: set it under Admin, Variables, or give it as a Param")
    return str(text)


def read_revision_days() -> int:
    """Days before its own that a daily run asks again: Airflow Variable `revision_days`, else REVISION_DAYS.

    Raises:
        RequestRefused: the Variable is not a number of days that is taken.
    """
    text = str(Variable.get("revision_days", default="")).strip()
    if not text:
        return REVISION_DAYS
    if not text.isdecimal() or len(text) > 9 or int(text) > MAX_REVISION_DAYS:
        raise RequestRefused(f"Airflow Variable revision_days {text!r} is not a number of days from 0 to {MAX_REVISION_DAYS}")
    return int(text)


def read_secret(credential: Credential) -> str | None:
    """The secret of a source: the password of its connection; None = there is none."""
    try:
        return BaseHook.get_connection(credential.connection).password or None
    except AirflowNotFoundException:
        return None


def refuse_unknown_params(given: Iterable[str], known: Iterable[str]) -> None:
    """A misspelt Param would silently fall back to its Variable, and a secret would stand in the run for all to read.

    Raises:
        RequestRefused: names each Param that the DAG does not have.
    """
    strange = sorted(set(given) - set(known))
    if strange:
        hint = SECRETS_BELONG if any(SECRET.search(name) for name in strange) else ""
        raise RequestRefused(f"Params {', '.join(strange)} do not exist: this DAG takes {', '.join(sorted(known))}{hint}")


def read_request(params: Mapping[str, ParamValue], days: tuple[str, str] | None = None) -> Request:
    """The request of a run: each filled Param, else the Variable of its name. `days` replace start_date and end_date.

    Raises:
        RequestRefused: a Variable is missing, a pair of Params is given by half, or a text is written as JSON; all are named.
    """
    findings = [
        f"Param {given} is given without {other}: give both, or leave both empty to take the Variables of these names"
        for pair in PAIRS
        for given, other in (pair, pair[::-1])
        if _is_filled(params, given) and not _is_filled(params, other)
    ]
    latitudes, longitudes, locations, tags = _read_locations(params, findings)
    start_date, end_date = days or (_text("start_date", params, findings), _text("end_date", params, findings))
    request = Request(
        latitudes=latitudes,
        longitudes=longitudes,
        hourly=split_names(_text("hourly", params, findings)),
        daily=split_names(_text("daily", params, findings)),
        start_date=start_date,
        end_date=end_date,
        source=_text("source", params, findings),
        locations=locations,
        tags=split_names(tags),
    )
    if findings:
        raise RequestRefused.listing(findings)
    return request


def _read_locations(params: Mapping[str, ParamValue], findings: list[str]) -> tuple[str, str, str, str]:
    """Latitudes, longitudes, locations and tags: Params for either pair of them leave the other pair's Variables aside."""
    has_coordinates = _is_filled(params, "latitudes") or _is_filled(params, "longitudes")
    has_names = _is_filled(params, "locations") or _is_filled(params, "tags")
    latitudes = longitudes = locations = tags = ""
    if has_coordinates or not has_names:
        latitudes, longitudes = _text("latitudes", params, findings), _text("longitudes", params, findings)
    if has_names:
        given = params.get("locations") or ""
        try:
            locations = given if isinstance(given, str) else json.dumps(given)
        except RecursionError:
            findings.append(f"locations are nested too deep to be read: write a list of objects with {', '.join(KEYS)}")
        tags = _text("tags", params, findings) if _is_filled(params, "tags") else ""
    elif not has_coordinates:
        locations = str(Variable.get("locations", default="")).strip()
        tags = _checked("tags", "Variable", str(Variable.get("tags", default="")), findings)
    return latitudes, longitudes, locations, tags


def _is_filled(params: Mapping[str, ParamValue], name: str) -> bool:
    value = params.get(name)
    return bool(value.strip() if isinstance(value, str) else value)


def _text(name: str, params: Mapping[str, ParamValue], findings: list[str]) -> str:
    """The Param as text, else the Variable: an emptied text field takes its Variable, an empty list is a choice."""
    value = params.get(name)
    if isinstance(value, str) and value.strip():
        return _checked(name, "Param", value, findings)
    if value is not None and not isinstance(value, str):
        return _checked(name, "Param", ",".join(map(str, value)), findings)
    try:
        return _checked(name, "Variable", get_variable_text(name), findings)
    except RequestRefused as refused:
        findings.append(str(refused))
        return ""


def _checked(name: str, kind: str, text: str, findings: list[str]) -> str:
    """`text` without blanks around it; a `findings` entry and nothing where it holds a secret, or is JSON."""
    if SECRET.search(text):
        findings.append(f"{name} holds what looks like a secret, so it is not shown here: take it out{SECRETS_BELONG}")
        return ""
    if name in LISTS and (brackets := find_brackets(f"{kind} {name}", text)):
        findings.extend(brackets)
        return ""
    return text.strip()
