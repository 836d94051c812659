"""Generations of produce tasks: which one is current, and what its tries have asked already. Rows are deleted after 90 days.

The retries and continuations of one task share a generation; what one of them has sent, the others do not ask again.
"""

from itertools import islice
from typing import Final

from barograph.model.attempt import Attempt
from barograph.model.generation import Generation
from barograph.store.ledger import Ledger
from barograph.store.queries import Queries

MAX_SIBLINGS: Final = 1000
"""A task with more attempts than this is not searched for siblings that may land with another load."""


class Generations:
    """Reads and writes `produce_generations`, reads `generation_attempts`, which the ledger writes when it opens an attempt."""

    def __init__(self, queries: Queries, ledger: Ledger) -> None:
        self._queries, self._ledger = queries, ledger

    def enter(self, dag_id: str, run_id: str, task: str, *, is_retry: bool, force: bool) -> Generation:
        """The generation that this try works for: the newest one, or a new one.

        A retry continues the newest generation. The first try after a clear continues one that was not finished; one that was
        done is asked again in a new generation, and so is every one with `force`.
        """
        newest = next((known for known in self.of_run(dag_id, run_id) if known.task == task), None)
        if newest is not None and (is_retry or not (newest.is_done or force)):
            return newest
        entered = Generation(dag_id, run_id, task, 1 if newest is None else newest.number + 1)
        self._write(entered, is_done=False)
        return entered

    def finish(self, generation: Generation) -> None:
        """Every chunk of it has been sent or left out."""
        self._write(generation, is_done=True)

    def of_run(self, dag_id: str, run_id: str) -> list[Generation]:
        """The newest generation of each produce task of a run."""
        select = "SELECT task, generation, is_done FROM produce_generations WHERE dag_id = ? AND run_id = ?"
        rows = self._queries.run(select, dag_id, run_id)
        return [Generation(dag_id, run_id, row.task, row.generation, bool(row.is_done)) for row in rows]

    def read_sent(self, generation: Generation) -> list[Attempt]:
        """The attempts of `generation` that are EXTRACTED or COMMITTED, oldest first."""
        attempts = self._ledger.find(self._attempt_keys(generation))
        return sorted((one for one in attempts if one.status in {"EXTRACTED", "COMMITTED"}), key=lambda one: one.version)

    def read_siblings(self, generation: Generation) -> list[Attempt]:
        """The attempts of the newest generation of each other produce task of the same run; none of a task that has many."""
        siblings = list[Attempt]()
        for other in self.of_run(generation.dag_id, generation.run_id):
            if other.task != generation.task:
                keys = self._attempt_keys(other, MAX_SIBLINGS + 1)
                siblings += self._ledger.find(keys) if len(keys) <= MAX_SIBLINGS else []
        return siblings

    def _attempt_keys(self, generation: Generation, at_most: int | None = None) -> list[tuple[str, str, int]]:
        """Source, resolution and version of its attempts, `at_most` of them."""
        rows = self._queries.run(
            "SELECT source, resolution, version FROM generation_attempts "
            "WHERE dag_id = ? AND run_id = ? AND task = ? AND generation = ?",
            *(generation.dag_id, generation.run_id, generation.task, generation.number),
        )
        return [(row.source, row.resolution, row.version) for row in islice(rows, at_most)]

    def _write(self, generation: Generation, *, is_done: bool) -> None:
        insert = "INSERT INTO produce_generations (dag_id, run_id, task, generation, is_done) VALUES (?, ?, ?, ?, ?)"
        key = (generation.dag_id, generation.run_id, generation.task, generation.number)
        self._queries.run(insert, *key, is_done)
