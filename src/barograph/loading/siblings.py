"""What else of a run waits in Kafka lands while Spark is up: a second Spark would cost more than it has to do."""

import logging
from collections.abc import Sequence

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from barograph.errors import BarographError
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.model.attempt import Attempt
from barograph.model.generation import Generation
from barograph.spark_jobs import SMALL_LOAD
from barograph.store.generations import Generations

log = logging.getLogger(__name__)


def load_siblings(attempt_ids: Sequence[str], services: LoadContext) -> None:
    """Land what else waits of the run of `attempt_ids`, which have landed; what cannot land is left to its own load."""
    try:
        waiting = find_waiting(services.ledger.get(attempt_ids), services.store.generations)
        if waiting:
            log.info("siblings: %s", load_attempts([attempt.attempt_id for attempt in waiting], services))
    except (BarographError, Py4JJavaError, PySparkException, DriverException, NoHostAvailable) as error:
        log.warning("siblings: what else waits of this run is left to its own load: %s", str(error).splitlines()[0])


def find_waiting(landed: Sequence[Attempt], generations: Generations) -> list[Attempt]:
    """The EXTRACTED attempts of the other produce tasks of the runs of `landed`; none, if they are a large load."""
    ours = {Generation.from_id(attempt.generation_id) for attempt in landed if attempt.generation_id}
    siblings = {attempt.attempt_id: attempt for generation in ours for attempt in generations.read_siblings(generation)}
    waiting = sorted((one for one in siblings.values() if one.status == "EXTRACTED"), key=lambda one: one.version)
    return waiting if sum(attempt.chunk.asked for attempt in waiting) < SMALL_LOAD else []
