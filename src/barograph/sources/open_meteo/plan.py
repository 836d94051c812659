"""Which products are asked for which part of a request, and which days they can still be asked for later."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from barograph.errors import RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.request import Wanted
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.open_meteo.products import PRODUCTS, RECENT_DAYS, Product, find_product, route, source_name
from barograph.sources.open_meteo.variables import products_of
from barograph.sources.port import StillServed


def plan_chunks(wanted: Wanted, today: date, settings: Settings) -> list[Chunk]:
    """See `PullSource.plan`.

    Raises:
        RequestRefused: lists days and variables that are not served.
    """
    parts = list(route(wanted.window, today, wanted.choice)) if wanted.window.end <= today else []
    asked = [(resolution, names) for resolution, names in wanted.variables.items() if names]
    findings = [
        finding
        for product, part in parts
        for resolution, names in asked
        for finding in _find_unserved(product, part, today, names, resolution)
    ]
    if findings:
        raise RequestRefused.listing(findings)
    return [
        Chunk(source_name(product, settings), resolution, wanted.locations, names, part)
        for resolution, names in asked
        for product, part in parts
    ]


def _find_unserved(product: Product, part: Window, today: date, names: Sequence[str], resolution: Resolution) -> Iterable[str]:
    for name in names:
        products = products_of(name, resolution)
        if product not in products:
            yield f"{resolution} variable {name} is not served for {part} by {product}: {_remedy(products, part, today)}"


def _remedy(products: Sequence[str], part: Window, today: date) -> str:
    served = {name: provision.served_days(today) for name, provision in PRODUCTS.items() if name in products}
    if not served:
        return "leave it out, no product of Open-Meteo serves it"
    able = [name for name, days in served.items() if days.start <= part.start and part.end <= days.end]
    if able:
        return f"leave it out, or set source to {' or '.join(able)}"
    others = ", ".join(f"{name} ({days})" for name, days in served.items())
    return f"leave it out, or ask for other days of {others}"


def find_still_served(chunk: Chunk, today: date, settings: Settings) -> StillServed:
    """See `PullSource.still_served`: products of the recent days keep 92, and each mode asks for its own series alone."""
    try:
        product = find_product(chunk.source.rpartition("/")[2])
    except RequestRefused as refused:
        return StillServed(None, str(refused), chunk)
    if chunk.source != source_name(product, settings):
        return StillServed(None, f"OPEN_METEO_MODE is {settings.open_meteo_mode}: its source is not asked in this mode", chunk)
    kept_from = PRODUCTS[product].served_days(today).start
    if chunk.window.start >= kept_from:
        return StillServed(chunk)
    gone = replace(chunk, window=Window(chunk.window.start, min(chunk.window.end, kept_from)))
    reason = f"the source keeps {RECENT_DAYS} days: historic_weather_data_dag asks another one for them"
    if chunk.window.end <= kept_from:
        return StillServed(None, reason, gone)
    return StillServed(replace(chunk, window=Window(kept_from, chunk.window.end)), reason, gone)
