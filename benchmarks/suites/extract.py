"""Extract: the bytes of an answer into checked columns, against json.loads and a loop over hours."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from benchmarks.processes import run_watched
from benchmarks.suite import Contender, Scale
from benchmarks.world import World

OURS: Final = "barograph: parse and check"
WAYS: Final = {OURS: "ours", "json.loads alone": "json", "json.loads and a loop over hours": "loop"}


@dataclass
class Extract:
    """See the module."""

    name: str = "extract"
    needs_airflow: bool = False

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """The same answer of 100 places and ten days, as often as it takes to make up the rows (a quarter of the others')."""
        rows = max(24_000, scale.rows // 4 // 24_000 * 24_000)
        return [Contender(name, rows, partial(self._run, world, way, rows)) for name, way in WAYS.items()]

    def _run(self, world: World, way: str, rows: int, _round: int) -> Mapping[str, float]:
        command = [sys.executable, "-m", "benchmarks.programs.extract_answer", way, str(rows)]
        _, usage, said = run_watched(command, world.environment, {}, world.log(f"extract {way}"))
        return {**json.loads(said.splitlines()[-1]), **usage.as_figures()}
