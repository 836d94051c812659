"""Rounds: how often a produce task was told to ask, and what the tries of its newest round have asked already.

The retries and continuations of one task share a round; what one of them has sent, the others do not ask again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cassandra.cluster import Session

from barograph.model.attempt import Attempt
from barograph.model.resolution import Resolution
from barograph.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Generation:
    """The `number`-th time that `task` of a run was told to ask; `is_done`: every chunk of it has been sent or left out."""

    dag_id: str
    run_id: str
    task: str
    number: int
    is_done: bool = False

    @property
    def generation_id(self) -> str:
        """As it stands in the ledger, with every attempt of the round."""
        return f"{self.dag_id}/{self.run_id}/{self.task}/{self.number}"


def enter_generation(
    session: Session, keyspace: str, dag_id: str, run_id: str, task: str, *, is_retry: bool, force: bool
) -> Generation:
    """The round that this try works for: the newest one, or a new one.

    A retry goes on in the newest round. The first try after a clear goes on in a round that never was done; one that was done
    is asked anew, and so is every one with `force`.
    """
    query = session.prepare(f"SELECT round, is_done FROM {keyspace}.produce_rounds WHERE dag_id = ? AND run_id = ? AND task = ?")
    row = session.execute(query, (dag_id, run_id, task)).one()
    if row is not None and (is_retry or not (row.is_done or force)):
        return Generation(dag_id, run_id, task, row.round, bool(row.is_done))
    entered = Generation(dag_id, run_id, task, 1 if row is None else row.round + 1)
    _write(session, keyspace, entered, is_done=False)
    return entered


def finish_generation(session: Session, keyspace: str, done: Generation) -> None:
    """Every chunk of the round has been sent or left out."""
    _write(session, keyspace, done, is_done=True)


def _write(session: Session, keyspace: str, one: Generation, *, is_done: bool) -> None:
    insert = session.prepare(
        f"INSERT INTO {keyspace}.produce_rounds (dag_id, run_id, task, round, is_done) VALUES (?, ?, ?, ?, ?)"
    )
    session.execute(insert, (one.dag_id, one.run_id, one.task, one.number, is_done))


def read_sent(
    session: Session, ledger: Ledger, keyspace: str, one: Generation, keys: Iterable[tuple[str, Resolution]]
) -> list[Attempt]:
    """The attempts of the round at these sources and resolutions that are EXTRACTED or COMMITTED, oldest first."""
    query = session.prepare(
        f"SELECT attempt_id, status, round FROM {keyspace}.ingest_ledger WHERE source = ? AND resolution = ? ORDER BY version ASC"
    )
    sent = []
    for source, resolution in sorted(keys):
        rows = session.execute(query, (source, resolution))
        sent += [row.attempt_id for row in rows if row.round == one.generation_id and row.status in {"EXTRACTED", "COMMITTED"}]
    return ledger.get(sent)
