"""Where the Python of a stage spends its time: `python -m benchmarks.profile extract|produce [ROWS]`, sampled by py-spy.

Extract needs nothing; produce starts a Kafka and Cassandra of its own. What Spark spends is in the results of landing.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.processes import run_watched
from benchmarks.stores import fresh_topic
from benchmarks.suites.produce import airflow_variables
from benchmarks.world import TOPIC, World, open_world
from stack.environment import client_environment
from stack.settings import REPOSITORY, load_settings

SHOWN: Final = 20


def main() -> None:
    """Profile one stage and print the functions that took longest, themselves and with what they call."""
    stage, rows = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "240000"
    with open_world(with_airflow=False) if stage == "produce" else nullcontext(None) as world:
        stacks = sample(_program(stage, rows, world), _environment(world))
    print_profile(stacks)


def _program(stage: str, rows: str, world: World | None) -> list[str]:
    if world is None:
        return ["benchmarks.programs.extract_answer", "ours", rows]
    return ["benchmarks.programs.produce_records", "ours", rows, fresh_topic(world, TOPIC)]


def _environment(world: World | None) -> dict[str, str]:
    if world is None:
        return client_environment(load_settings()) | {"PYTHONPATH": str(REPOSITORY)}
    return world.environment | airflow_variables(world)


def sample(program: Sequence[str], environment: dict[str, str]) -> Counter[tuple[str, ...]]:
    """How often each stack of functions, outermost first, was seen."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "stacks"
        py_spy = [str(REPOSITORY / ".venv/bin/py-spy"), "record", "--format", "raw", "--rate", "200", "--output", str(raw)]
        run_watched([*py_spy, "--", sys.executable, "-m", *program], environment, {}, Path(folder) / "log")
        return read_stacks(raw.read_text(encoding="utf-8"))


def read_stacks(text: str) -> Counter[tuple[str, ...]]:
    """The stacks of py-spy's raw format: functions by semicolon, a space, how often."""
    stacks: Counter[tuple[str, ...]] = Counter()
    for line in text.splitlines():
        functions, _, times = line.rpartition(" ")
        stacks[tuple(name.rpartition(":")[0] + ")" if ":" in name else name for name in functions.split(";"))] += int(times)
    return stacks


def print_profile(stacks: Counter[tuple[str, ...]]) -> None:
    """The functions with the largest share of samples in themselves, and their share with what they call."""
    total = sum(stacks.values())
    alone: Counter[str] = Counter()
    with_callees: Counter[str] = Counter()
    for functions, times in stacks.items():
        alone[functions[-1]] += times
        with_callees.update(dict.fromkeys(set(functions), times))
    table = Table("function", "itself", "with callees", title=f"{total} samples")
    for name, times in alone.most_common(SHOWN):
        table.add_row(name, f"{100 * times / total:.1f} %", f"{100 * with_callees[name] / total:.1f} %")
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
