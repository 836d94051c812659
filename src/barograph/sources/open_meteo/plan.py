"""From a request to questions: one per source, resolution and part of the window, refused as a whole if anything is wrong."""

from collections.abc import Sequence
from datetime import date

from barograph.errors import RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.location import Location, find_duplicates, parse_locations
from barograph.model.request import Request, find_unknown, parse_window
from barograph.model.resolution import STEPPED, Resolution
from barograph.model.tagged_location import parse_json_locations
from barograph.model.variables import Variable, all_variables
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.open_meteo.products import AUTO, PRODUCTS, Product, find_product, route, source_name


def plan_request(request: Request, today: date, settings: Settings, tagged: Sequence[Location] = ()) -> list[Chunk]:
    """The questions that `request` means, oldest days first, each with all locations; `today` is the first day not over yet.

    `tagged` are the imported locations that the request's tags choose.

    Raises:
        RequestRefused: lists everything that is wrong at once. Nothing was asked.
    """
    locations, findings = _read_locations(request, tagged)
    window, window_findings = parse_window(request.start_date, request.end_date, today)
    findings += window_findings
    if not request.hourly and not request.daily:
        findings.append("hourly and daily are both empty: name at least one variable")
    for resolution in STEPPED:
        findings += find_unknown(request.variables(resolution), resolution)
    parts = _route(window, today, request.source, findings)
    for product, part in parts:
        for resolution in STEPPED:
            findings += _find_unserved(product, part, today, request.variables(resolution), resolution)
    if findings:
        raise RequestRefused.listing(findings)
    return [
        Chunk(source_name(product, settings), resolution, tuple(locations), request.variables(resolution), part)
        for resolution in STEPPED
        for product, part in parts
        if request.variables(resolution)
    ]


def _read_locations(request: Request, tagged: Sequence[Location]) -> tuple[list[Location], list[str]]:
    plain, findings = parse_locations(request.latitudes, request.longitudes)
    named, named_findings = parse_json_locations(request.locations)
    locations = [*plain, *(tagged_location.location for tagged_location in named), *tagged]
    findings += named_findings + find_duplicates(locations)
    if request.tags and not tagged:
        findings.append(f"no imported location carries tag {' or '.join(request.tags)}: `barograph locations list` shows them")
    elif not locations and not findings:
        findings.append("latitudes, longitudes, locations and tags are empty: give at least one location")
    return locations, findings


def _route(window: Window | None, today: date, source: str, findings: list[str]) -> list[tuple[Product, Window]]:
    try:
        if source != AUTO:
            find_product(source)
        return list(route(window, today, source)) if window and window.end <= today else []
    except RequestRefused as refused:
        findings.append(str(refused))
        return []


def _find_unserved(product: Product, part: Window, today: date, names: Sequence[str], resolution: Resolution) -> list[str]:
    known = [all_variables()[name, resolution] for name in names if (name, resolution) in all_variables()]
    return [
        f"{resolution} variable {variable.name} is not served for {part} by {product}: {_remedy(variable, part, today)}"
        for variable in known
        if product not in variable.sources
    ]


def _remedy(variable: Variable, part: Window, today: date) -> str:
    served = {one: provision.served_days(today) for one, provision in PRODUCTS.items() if one in variable.sources}
    able = [one for one, days in served.items() if days.start <= part.start and part.end <= days.end]
    if able:
        return f"leave it out, or set source to {' or '.join(able)}"
    others = ", ".join(f"{one} ({days})" for one, days in served.items())
    return f"leave it out, or ask for other days of {others}"
