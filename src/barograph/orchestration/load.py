"""The load operator: spark-submit with local jars, for the attempts of this run that newer ones have not replaced."""

from collections.abc import Sequence
from typing import Any, cast

from airflow.sdk import Context, XComArg
from airflow.sdk.exceptions import AirflowSkipException

from barograph.errors import RequestRefused
from barograph.model.state import covers, newer_committed
from barograph.orchestration.produce import Produced
from barograph.orchestration.spark import LocalJarsOperator
from barograph.settings import Settings, get_settings
from barograph.store.connection import connect
from barograph.store.ledger import Ledger


class LoadObservationsOperator(LocalJarsOperator):
    """SparkSubmitOperator for `jobs/load_observations.py`.

    `produced` is what the produce task returned; one job lands those of its attempts that are not superseded. The job's last
    line says what landed.

    Raises:
        AirflowSkipException: all attempts are superseded; names the newer ones.
        AirflowFailException: there are no jars, or no attempts.
        StoreUnavailable: the ledger cannot be read; Airflow tries again.
    """

    template_fields = (*LocalJarsOperator.template_fields, "produced")

    def __init__(self, *, jobs_dir: str, produced: XComArg, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(jobs_dir=jobs_dir, job="load_observations.py", **kwargs)
        self.produced = produced

    def arguments(self, context: Context) -> list[str]:
        """Those attempts of this run that are not superseded."""
        attempt_ids: Sequence[str] = cast("Produced", self.produced)["attempt_ids"]
        if not attempt_ids:
            raise RequestRefused("there are no attempts to load: clear the produce task")
        return ["--attempts", ",".join(self._current(attempt_ids, get_settings()))]

    def _current(self, attempt_ids: Sequence[str], settings: Settings) -> list[str]:
        """Those of `attempt_ids` that newer committed attempts do not cover whole."""
        with connect(settings) as session:
            current, newer = find_current(attempt_ids, Ledger(session, settings.cassandra_keyspace))
        if not current:
            raise AirflowSkipException(f"superseded, nothing to land: newer attempts hold every cell: {', '.join(newer)}")
        if len(current) < len(attempt_ids):
            self.log.info("%d attempts are superseded and left out", len(attempt_ids) - len(current))
        return current


def find_current(attempt_ids: Sequence[str], ledger: Ledger) -> tuple[list[str], list[str]]:
    """The attempts among `attempt_ids` that are not superseded, in order, and the newer ones that superseded the others.

    Raises:
        RequestRefused: one is not in the ledger.
    """
    attempts = ledger.get(attempt_ids)
    keys = {(attempt.unit.source, attempt.unit.resolution) for attempt in attempts}
    histories = {key: ledger.history(*key) for key in keys}
    current: list[str] = []
    newer: dict[str, None] = {}
    for attempt in attempts:
        since = newer_committed(attempt, histories[attempt.unit.source, attempt.unit.resolution])
        if covers(since, attempt):
            newer |= dict.fromkeys(other.attempt_id for other in since)
        else:
            current.append(attempt.attempt_id)
    return current, list(newer)
