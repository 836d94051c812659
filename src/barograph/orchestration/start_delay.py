"""When a scheduled run begins to ask: some minutes past the hour, when the source's servers are not asked by everyone."""

import zlib
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, Context

from barograph.settings import Settings, get_settings


def start_at(run_id: str, run_after: datetime, settings: Settings) -> datetime:
    """The instant a scheduled run begins to ask: `run_after` and a delay that its id decides, so that every try has the same."""
    shortest, longest = (minute * 60 for minute in settings.start_delay)
    return run_after + timedelta(seconds=shortest + zlib.crc32(run_id.encode()) % (longest - shortest + 1))


def wait_until(context: Context, now: datetime, settings: Settings) -> datetime | None:
    """What a run must wait for; None = it goes on at once, as manual runs, backfills, late ones and the DAG's first one do."""
    dag_run = context["dag_run"]
    if dag_run.run_type != "scheduled":
        return None
    start = start_at(str(context["run_id"]), dag_run.run_after, settings)
    if start <= now or context["ti"].get_dr_count(context["ti"].dag_id) == 1:
        return None
    return start


class AwaitStartOperator(BaseOperator):
    """Waits until a scheduled run may ask (START_DELAY_MINUTES), without holding a worker."""

    def execute(self, context: Context) -> None:
        """See the class."""
        until = wait_until(context, datetime.now(UTC), get_settings())
        if until is not None:
            self.log.info("asking from %s on, away from the full hour", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
            self.defer(trigger=DateTimeTrigger(moment=until), method_name="go_on")

    def go_on(self, context: Context, event: object = None) -> None:
        """The time has come."""
