"""Params and Variables: what users set in the web UI, read at run time."""

from collections.abc import Iterable, Mapping, Sequence

from airflow.sdk import BaseHook, Variable
from airflow.sdk.exceptions import AirflowNotFoundException

from barograph.errors import RequestRefused
from barograph.model.request import Request, split_names
from barograph.sources.status import CONNECTION

ParamValue = str | Sequence[str] | None


def get_variable_text(name: str) -> str:
    """Airflow Variable `name` as text; an empty one is a choice, a missing one is not.

    Raises:
        RequestRefused: it does not exist.
    """
    text = Variable.get(name, default=None)
    if text is None:
        raise RequestRefused(f"Airflow Variable {name!r} does not exist: set it under Admin, Variables, or give it as a Param")
    return str(text)


def read_api_key() -> str | None:
    """The password of connection `open_meteo_default`; None = the free hosts are asked."""
    try:
        return BaseHook.get_connection(CONNECTION).password or None
    except AirflowNotFoundException:
        return None


def refuse_unknown_params(given: Iterable[str], known: Iterable[str]) -> None:
    """A misspelt Param would silently fall back to its Variable.

    Raises:
        RequestRefused: names each Param that the DAG does not have.
    """
    strange = sorted(set(given) - set(known))
    if strange:
        raise RequestRefused(f"Params {', '.join(strange)} do not exist: this DAG takes {', '.join(sorted(known))}")


def read_request(params: Mapping[str, ParamValue], days: tuple[str, str] | None = None) -> Request:
    """The request of a run: each filled Param, else the Variable of its name. `days` stand for start_date and end_date.

    Raises:
        RequestRefused: a Variable is missing; all of them are named.
    """
    findings: list[str] = []
    start_date, end_date = days or (_text("start_date", params, findings), _text("end_date", params, findings))
    request = Request(
        latitudes=_text("latitudes", params, findings),
        longitudes=_text("longitudes", params, findings),
        hourly=split_names(_text("hourly", params, findings)),
        daily=split_names(_text("daily", params, findings)),
        start_date=start_date,
        end_date=end_date,
        source=_text("source", params, findings),
    )
    if findings:
        raise RequestRefused.listing(findings)
    return request


def _text(name: str, params: Mapping[str, ParamValue], findings: list[str]) -> str:
    value = params.get(name)
    if value not in (None, ""):  # an emptied text field; an empty list is a choice
        return value if isinstance(value, str) else ",".join(value)
    try:
        return get_variable_text(name)
    except RequestRefused as refused:
        findings.append(str(refused))
        return ""
