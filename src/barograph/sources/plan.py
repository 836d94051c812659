"""From a request to chunks, refused as a whole if anything is wrong. What holds for every source is checked here."""

from collections.abc import Sequence
from datetime import date

from barograph.errors import RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.location import Location, find_duplicates, parse_locations
from barograph.model.request import Request, Wanted, find_unknown, parse_window
from barograph.model.resolution import STEPPED
from barograph.model.tagged_location import parse_json_locations
from barograph.model.variables import all_variables
from barograph.sources.registry import Sources


def plan_request(request: Request, today: date, sources: Sources, tagged: Sequence[Location] = ()) -> list[Chunk]:
    """The chunks that `request` means (see `PullSource.plan`); `today` is the first day not over yet.

    `tagged` are the imported locations that the request's tags choose.

    Raises:
        RequestRefused: lists everything that is wrong at once. Nothing was asked.
    """
    locations, findings = _read_locations(request, tagged)
    window, window_findings = parse_window(request.start_date, request.end_date, today)
    findings += window_findings
    if not any(request.variables(resolution) for resolution in STEPPED):
        findings.append(f"{' and '.join(STEPPED)} are both empty: name at least one variable")
    for resolution in STEPPED:
        findings += find_unknown(request.variables(resolution), resolution)
    chunks = list[Chunk]()
    try:
        source = sources.choose(request.source)
        if window is not None:
            known = {name: tuple(one for one in request.variables(name) if (one, name) in all_variables()) for name in STEPPED}
            chunks = source.plan(Wanted(request.source, tuple(locations), known, window), today)
    except RequestRefused as refused:
        findings += refused.findings or [str(refused)]
    if findings:
        raise RequestRefused.listing(findings)
    return chunks


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
