"""The load operator: spark-submit with local jars, for the attempts of this run that newer ones have not replaced."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from tempfile import NamedTemporaryFile
from typing import Any, Final, cast

from airflow.sdk import Context, XComArg
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.overlap import OverlapIndex
from barograph.model.state import covers, newer_committed
from barograph.model.summary import summarise
from barograph.orchestration.produce import Produced
from barograph.orchestration.spark import LocalJarsOperator
from barograph.settings import get_settings
from barograph.spark_jobs import SMALL_LOAD
from barograph.store.ledger import Ledger
from barograph.store.store import open_store

MAX_NAMED: Final = 20
"""Locations that a message names."""

AT_ONCE: Final = 100
"""Attempts that are compared with the ledger together."""


class LoadObservationsOperator(LocalJarsOperator):
    """SparkSubmitOperator for `jobs/load_observations.py`.

    `produced` is what the produce task returned; one job lands those of its attempts that are not superseded. The job's last
    line says what landed. What was loaded early (`LoadEarlyOperator`), or with the run's other load
    (`loading.load.load_siblings`), is not loaded again. A load that is cleared verifies all of it.

    Raises:
        AirflowSkipException: all attempts are superseded; names the newer ones.
        AirflowFailException: there are no jars, or no attempts; or, after all else has landed, the source refused chunks, or
            newly has no data for locations and BAD_LOCATIONS is red.
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
        self._tell_what_is_lacking(cast("Produced", self.produced))

    def _tell_what_is_lacking(self, produced: Produced) -> None:
        """End red when the source refused chunks or newly has no data for locations; all that it served has landed."""
        findings = list[str]()
        if produced["known_unserved"]:
            self.log.warning("%s, as before: asked for again a week after the last time", _name(produced["known_unserved"]))
        if produced["unserved"]:
            self.log.warning("%s", _name(produced["unserved"]))
            if get_settings().bad_locations == "red":
                remedy = "take them out of the request, or set BAD_LOCATIONS=partial"
                findings.append(f"{_name(produced['unserved'])}: {remedy}")
        if produced["refused"]:
            findings.append(f"{produced['refused']}\nCorrect that, then clear the produce task: it asks for these chunks alone")
        if findings:
            raise AirflowFailException(f"everything else has landed, but {'; '.join(findings)}")

    def arguments(self, context: Context) -> list[str] | None:
        """The file that lists those attempts of this run that are not superseded; None = all are committed already."""
        produced = cast("Produced", self.produced)
        if not produced["attempt_ids"]:
            raise RequestRefused("there are no attempts to load: clear the produce task")
        settings = get_settings()
        with open_store(settings) as store:
            ledger = store.ledger
            attempts = ledger.get(produced["attempt_ids"])
            if context["ti"].try_number == 1:
                if line := find_landed(attempts):
                    self.log.info("all of these attempts are loaded already, early or with the run's other load:")
                    self.log.info("%s", line)
                    return None
                attempts = [attempt for attempt in attempts if attempt.status != "COMMITTED"] or attempts
            self._is_small = sum(attempt.asked for attempt in attempts) < SMALL_LOAD
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


def _name(location_ids: Sequence[str]) -> str:
    return f"the source has no data for {len(location_ids)} locations: {', '.join(location_ids[:MAX_NAMED])}"


def find_landed(attempts: Sequence[Attempt]) -> str | None:
    """The line that a load of these attempts ends with, if all are committed and something has landed."""
    outcomes = [attempt.outcome for attempt in attempts if attempt.status == "COMMITTED" and attempt.outcome]
    if len(outcomes) < len(attempts) or not any(outcome.landed for outcome in outcomes):
        return None
    return summarise(attempts, outcomes, 0)


def find_current(attempts: Sequence[Attempt], ledger: Ledger) -> tuple[list[str], list[str]]:
    """The ids of `attempts` that are not superseded, in order, and of the newer ones that superseded the others."""
    superseded = set[str]()
    newer = dict[str, None]()
    for alike in _slices(attempts):
        neighbours = OverlapIndex(ledger.overlapping([attempt.chunk for attempt in alike]))
        for attempt in alike:
            since = newer_committed(attempt, neighbours.of(attempt))
            if covers(since, attempt):
                newer |= dict.fromkeys(other.attempt_id for other in since)
                superseded.add(attempt.attempt_id)
    return [one.attempt_id for one in attempts if one.attempt_id not in superseded], list(newer)


def _slices(attempts: Sequence[Attempt]) -> Iterator[list[Attempt]]:
    """`attempts` by source, resolution and window, `AT_ONCE` at most: their overlaps are in memory together."""
    by_key = sorted(attempts, key=lambda one: (one.chunk.source, one.chunk.resolution, one.chunk.window))
    for _, group in groupby(by_key, key=lambda one: (one.chunk.source, one.chunk.resolution)):
        while alike := list(islice(group, AT_ONCE)):
            yield alike
