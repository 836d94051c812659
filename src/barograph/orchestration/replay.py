"""The replay operator: spark-submit of the quarantine's replay, for what the run's Params select."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from barograph.model.quarantine import Selection
from barograph.orchestration.params import refuse_unknown_params
from barograph.orchestration.spark import LocalJarsOperator


class ReplayQuarantineOperator(LocalJarsOperator):
    """Replays the quarantined records that the run's Params `known` select (see `Selection.from_texts`).

    Raises:
        AirflowFailException: there are no jars, no Param is filled, or one is not what its name says.
    """

    job = "replay_quarantine.py"

    def __init__(self, *, known: Sequence[str], **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(**kwargs)
        self.known = known

    def arguments(self, context: Context) -> list[str]:
        """The selection of this run."""
        refuse_unknown_params(context["dag_run"].conf or {}, self.known)
        return Selection.from_texts({name: context["params"].get(name) for name in self.known}).to_arguments()
