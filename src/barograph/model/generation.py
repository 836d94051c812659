"""Generations: the n-th time that a produce task starts asking. Its retries and continuations share what they have sent."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Generation:
    """The `number`-th time that `task` of a run starts asking; `is_done`: every chunk of it has been sent or left out."""

    dag_id: str
    run_id: str
    task: str
    number: int
    is_done: bool = False

    @property
    def generation_id(self) -> str:
        """Its name in the ledger: `weather_data_dag/scheduled__2026-11-22/produce_hourly_metrics/1`."""
        return f"{self.dag_id}/{self.run_id}/{self.task}/{self.number}"

    @classmethod
    def from_id(cls, generation_id: str) -> Self:
        """The generation of that id; run ids may hold slashes, the other parts never do."""
        dag_id, rest = generation_id.split("/", 1)
        run_id, task, number = rest.rsplit("/", 2)
        return cls(dag_id, run_id, task, int(number))
