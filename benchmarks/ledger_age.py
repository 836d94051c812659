"""`make ledger-age`: what questions to the ledger take in a young store and in old ones. Cassandra runs alone."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Final

from rich.console import Console

from barograph.settings import Settings
from barograph.store.schema import create_schema
from barograph.store.store import Store
from benchmarks.large_ledger import QUESTIONS, write_ledger
from stack.environment import barograph_environment
from stack.settings import REPOSITORY
from stack.side_services import SideServices

ATTEMPTS: Final = (1_000, 10_000, 50_000)
ROUNDS: Final = 3

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Print, for each age and question, the least seconds of some rounds, the queries and the peak memory."""
    side = SideServices("age")
    side.prepare()
    try:
        side.start_one("cassandra")
        last_day = datetime.now(UTC).date() - timedelta(days=1)
        for attempts in ATTEMPTS:
            settings = side.settings.model_copy(update={"cassandra_keyspace": f"age_{attempts}"})
            with side.cassandra() as session:
                create_schema(session, settings)
                write_ledger(Store(session, settings), attempts, last_day)
            for question in QUESTIONS:
                told = [ask(question, settings, barograph_environment(side.settings, "admin"), last_day) for _ in range(ROUNDS)]
                best = min(told, key=lambda one: one["seconds"])
                figures = f"{best['seconds']:.2f} s, {best['queries']} queries, {best['peak_mib']} MiB"
                console.print(f"{attempts} attempts, {question}: {figures}")
    finally:
        side.remove()
    return 0


def ask(question: str, settings: Settings, environment: dict[str, str], last_day: date) -> dict[str, float]:
    """What `programs/ask_ledger.py` tells of one question, asked in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.programs.ask_ledger", question, last_day.isoformat()]
    own = {"CASSANDRA_KEYSPACE": settings.cassandra_keyspace, "CASSANDRA_PORT": str(settings.cassandra_port)}
    paths = {"PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])}
    done = subprocess.run(command, env=environment | own | paths, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    if done.returncode:
        raise RuntimeError(f"{question}: {done.stderr}")
    told: dict[str, float] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    sys.exit(main())
