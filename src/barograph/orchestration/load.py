"""The load operator: spark-submit with local jars, for the attempts of this run that newer ones have not replaced."""

from collections.abc import Sequence
from tempfile import NamedTemporaryFile
from typing import Any, Final, cast

from airflow.sdk import Context, XComArg
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.overlap import OverlapIndex
from barograph.model.state import covers
from barograph.model.summary import summarise
from barograph.orchestration.produce import Produced
from barograph.orchestration.spark import LocalJarsOperator
from barograph.settings import get_settings
from barograph.spark_jobs import SMALL_LOAD
from barograph.store.connection import connect
from barograph.store.ledger import Ledger

MAX_NAMED: Final = 20
"""Locations that a message names."""


class LoadObservationsOperator(LocalJarsOperator):
    """SparkSubmitOperator for `jobs/load_observations.py`.

    `produced` is what the produce task returned; one job lands those of its attempts that are not superseded. The job's last
    line says what landed. What the run's other load has landed as siblings (`loading.load`) needs no Spark of its own:
    its line comes from the ledger. A load that is cleared verifies in any case.

    Raises:
        AirflowSkipException: all attempts are superseded; names the newer ones.
        AirflowFailException: there are no jars, or no attempts; or, after all else landed, places were left out and
            BAD_LOCATIONS is red.
        StoreUnavailable: the ledger cannot be read; Airflow tries again.
    """

    job = "load_observations.py"
    template_fields = (*LocalJarsOperator.template_fields, "produced")

    def __init__(self, *, produced: XComArg, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(**kwargs)
        self.produced = produced

    def execute(self, context: Context) -> None:
        """As `LocalJarsOperator`; the attempts go by a file, since a run may have more than fit into a command line."""
        with NamedTemporaryFile("w", encoding="utf-8", prefix="barograph-attempts-") as listed:
            self._listed = listed
            super().execute(context)
        if left_out := cast("Produced", self.produced)["left_out"]:
            self._end_partial(left_out)

    def _end_partial(self, left_out: Sequence[str]) -> None:
        said = f"{len(left_out)} places were left out, the source has no data for them: {', '.join(left_out[:MAX_NAMED])}"
        if get_settings().bad_locations == "red":
            raise AirflowFailException(
                f"{said}. All others have landed. Take them out of the places, or set BAD_LOCATIONS=partial"
            )
        self.log.warning("%s", said)

    def arguments(self, context: Context) -> list[str] | None:
        """The file that lists those attempts of this run that are not superseded; None = all are committed already."""
        produced = cast("Produced", self.produced)
        if not produced["attempt_ids"]:
            raise RequestRefused("there are no attempts to load: clear the produce task")
        settings = get_settings()
        with connect(settings) as session:
            ledger = Ledger(session, settings.cassandra_keyspace)
            attempts = ledger.get(produced["attempt_ids"])
            self._is_small = sum(attempt.asked for attempt in attempts) < SMALL_LOAD
            if context["ti"].try_number == 1 and (line := find_landed(attempts)):
                self.log.info("the run's other load has landed these attempts too:")
                self.log.info("%s", line)
                return None
            current = self._current(attempts, ledger)
        self._listed.write("\n".join(current))
        self._listed.flush()
        return ["--attempts-from", self._listed.name]

    def _current(self, attempts: Sequence[Attempt], ledger: Ledger) -> list[str]:
        """The ids of those `attempts` that newer committed attempts do not cover whole."""
        current, newer = find_current(attempts, ledger)
        if not current:
            raise AirflowSkipException(f"superseded, nothing to land: newer attempts hold every cell: {', '.join(newer)}")
        if len(current) < len(attempts):
            self.log.info("%d attempts are superseded and left out", len(attempts) - len(current))
        return current


def find_landed(attempts: Sequence[Attempt]) -> str | None:
    """The line that a load of these attempts ends with, if all are committed and something has landed."""
    outcomes = [attempt.outcome for attempt in attempts if attempt.status == "COMMITTED" and attempt.outcome]
    if len(outcomes) < len(attempts) or not any(outcome.landed for outcome in outcomes):
        return None
    return summarise(attempts, outcomes, 0)


def find_current(attempts: Sequence[Attempt], ledger: Ledger) -> tuple[list[str], list[str]]:
    """The ids of `attempts` that are not superseded, in order, and of the newer ones that superseded the others."""
    keys = {(attempt.chunk.source, attempt.chunk.resolution) for attempt in attempts}
    neighbours = OverlapIndex(one for key in keys for one in ledger.history(*key) if one.status == "COMMITTED")
    current: list[str] = []
    newer: dict[str, None] = {}
    for attempt in attempts:
        since = [other for other in neighbours.of(attempt) if other.version > attempt.version]
        if covers(since, attempt):
            newer |= dict.fromkeys(other.attempt_id for other in since)
        else:
            current.append(attempt.attempt_id)
    return current, list(newer)
