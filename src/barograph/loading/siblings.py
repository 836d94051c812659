"""What else of a run waits in Kafka lands while Spark is up: a second Spark would cost more than it has to do."""

import logging
from collections.abc import Sequence
from typing import Final

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from barograph.errors import BarographError
from barograph.loading.batch import Services
from barograph.loading.load import load_attempts
from barograph.model.attempt import Attempt
from barograph.spark_jobs import SMALL_LOAD
from barograph.store.ledger import Ledger

log = logging.getLogger(__name__)
APART_US: Final = 60 * 60 * 1_000_000
"""The halves of a run begin to ask within minutes: older attempts are not looked through."""


def load_siblings(attempt_ids: Sequence[str], services: Services) -> None:
    """Land what else waits of the run of `attempt_ids`, which have landed; what cannot land is left to its own load."""
    waiting = find_waiting(services.ledger.get(attempt_ids), services.ledger)
    if not waiting:
        return
    try:
        log.info("beside: %s", load_attempts([one.attempt_id for one in waiting], services))
    except (BarographError, Py4JJavaError, PySparkException) as error:
        log.warning("beside: %d attempts are left to their own load: %s", len(waiting), str(error).splitlines()[0])


def find_waiting(landed: Sequence[Attempt], ledger: Ledger) -> list[Attempt]:
    """The EXTRACTED attempts of the runs of `landed` at other sources and resolutions; none, if they are a large load."""
    runs = {one.dag_run for one in landed}
    keys = {(one.chunk.source, one.chunk.resolution) for one in landed}
    since = min(one.version for one in landed) - APART_US
    others = [one for key in ledger.sources() if key not in keys for one in ledger.history(*key, newer_than=since)]
    waiting = [one for one in others if one.dag_run in runs and one.status == "EXTRACTED"]
    return waiting if sum(one.asked for one in waiting) < SMALL_LOAD else []
