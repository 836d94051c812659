"""Chunks on their way from task to task: Airflow's database gets a reference where there are many locations."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from barograph.model.chunk import Chunk, ChunkJson
from barograph.model.resolution import STEPPED
from barograph.settings import Settings
from barograph.store.store import open_store

ChunksByResolution = dict[str, list[ChunkJson]]
"""`Chunk.to_json` objects per resolution; an empty list leaves that branch out."""

MANY: Final = 100
"""So many locations, some 2 kB, still travel as they are."""


def to_xcom(questions: Sequence[Chunk], settings: Settings) -> ChunksByResolution:
    """The chunks in JSON types; long lists of locations go to the store."""
    if all(len(one.locations) <= MANY for one in questions):
        packed = [one.to_json() for one in questions]
    else:
        with open_store(settings) as store:
            ids = {locations: store.lists.keep(locations) for locations in {one.locations for one in questions}}
        packed = [{**replace(one, locations=()).to_json(), "list_id": ids[one.locations]} for one in questions]
    return {name: [one for one in packed if one["resolution"] == name] for name in STEPPED}


def from_xcom(questions: Iterable[ChunkJson], settings: Settings) -> list[Chunk]:
    """The questions that `to_xcom` gave.

    Raises:
        RequestRefused: a list of locations is not in the store, or not as it was stored.
    """
    packed = list(questions)
    chunks = [Chunk.from_json(one) for one in packed]
    wanted = {one["list_id"] for one in packed if "list_id" in one}
    if not wanted:
        return chunks
    with open_store(settings) as store:
        lists = store.lists.read(wanted)
    return [
        replace(chunk, locations=lists[one["list_id"]]) if "list_id" in one else chunk
        for chunk, one in zip(chunks, packed, strict=True)
    ]
