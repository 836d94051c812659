"""A scheduled run of weather_data_dag that must wait twice: for its minute, and because the source says so."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from barograph.orchestration.start_delay import start_at
from stack.airflow_home import airflow_environment
from stack.settings import REPOSITORY
from stack.side_stack import SideStack

DAG: Final = "weather_data_dag"
RUN_ID: Final = "scheduled__waiting"
PRODUCE: Final = ("produce_hourly_metrics", "produce_daily_metrics")
START_IN: Final = timedelta(seconds=20)
SLOW_DOWN: Final = {
    "fault": "canned",
    "status": 429,
    "times": 1,
    "match": "/dwd-icon?latitude=52.5244",
    "body": '{"error":true,"reason":"Come back later"}',
    "headers": {"Retry-After": "125"},
}
"""One answer to whichever produce task comes first; longer than what a task sleeps through (two minutes)."""


def begin_to_wait(side: SideStack) -> None:
    """Make a run for yesterday as the scheduler does at midnight, so late that its delay is over in `START_IN`."""
    now = datetime.now(UTC)
    delay = start_at(RUN_ID, now, side.settings) - now
    yesterday = now.replace(hour=0, minute=0, second=1, microsecond=0) - timedelta(days=1)
    times = (yesterday.isoformat(), (START_IN - delay).total_seconds())
    side.simulator.order(rules=[SLOW_DOWN])
    command = [str(REPOSITORY / ".venv/bin/python"), str(Path(__file__).with_name("schedule.py")), DAG, RUN_ID]
    subprocess.run([*command, *map(str, times)], env=airflow_environment(side.settings), check=True)
