"""`make bench`, `make bench-quick`: measure, keep every round at once, print each target with its ratio.

Run again after an interruption, it goes on with the rounds that are missing; `--anew` forgets what was measured.
"""

import signal
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from barograph.errors import BarographError
from benchmarks import report
from benchmarks.processes import ProgramFailed
from benchmarks.results import FOLDER, Recording
from benchmarks.suite import FULL, QUICK, Scale, Suite, due, play_rounds
from benchmarks.suites.end_to_end import EndToEnd
from benchmarks.suites.extract import Extract
from benchmarks.suites.landing import Landing
from benchmarks.suites.produce import Produce
from benchmarks.suites.reading import Reading
from benchmarks.suites.security import Security
from benchmarks.suites.sizes import Sizes
from benchmarks.suites.small_run import SmallRun
from benchmarks.suites.standalone import Standalone
from benchmarks.targets import Recordings
from benchmarks.world import World, open_world

SUITES: Final[tuple[Suite, ...]] = (
    Extract(), Produce(), Landing(), Standalone(), SmallRun(), Reading(), Sizes(), Security(), EndToEnd(),
)  # fmt: skip
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Few rows, one round: does everything still run?")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Forget what was measured before.")] = False,
    only: Annotated[str, typer.Option(help=f"Suites by comma: {', '.join(suite.name for suite in SUITES)}.")] = "",
    show_only: Annotated[
        bool, typer.Option("--show", help="Measure nothing; show what was measured and write the note.")
    ] = False,
    rounds: Annotated[int, typer.Option(help="Rounds; 0 = five, in a quick run one.")] = 0,
) -> None:
    """Measure barograph against the tools people would pick instead."""
    scale, folder = (QUICK, FOLDER / "quick") if quick else (FULL, FOLDER)
    names = [name for name in only.split(",") if name] or [suite.name for suite in SUITES]
    if strange := set(names) - {suite.name for suite in SUITES}:
        raise typer.BadParameter(f"no suite {', '.join(sorted(strange))}")
    chosen = [suite for suite in SUITES if suite.name in names]
    if anew:
        for suite in chosen:
            (folder / f"{suite.name}.json").unlink(missing_ok=True)
    try:
        if not show_only:
            measure(chosen, scale, rounds or scale.rounds, folder)
    except (BarographError, ProgramFailed) as error:
        console.print(f"error: {error}", style="red", markup=False)
        raise typer.Exit(1) from error
    recordings = report.read_recordings(folder)
    if not quick:
        report.write_note(recordings)
    show(recordings)


def measure(suites: list[Suite], scale: Scale, rounds: int, folder: Path) -> None:
    """Play every suite, with a line that moves: those that need Airflow last, since it takes a good part of two cores."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        line = progress.add_task("suites", total=len(suites))
        for with_airflow in (True,) if scale is QUICK else (False, True):  # one stack is started sooner than two
            mine = [suite for suite in suites if scale is QUICK or suite.needs_airflow == with_airflow]
            if not mine:
                continue
            progress.update(line, description=f"starting {'a whole stack' if with_airflow else 'Kafka and Cassandra'}")
            with open_world(with_airflow=with_airflow) as world:
                for suite in mine:
                    progress.update(line, description=f"{suite.name}: preparing")
                    with world.ending:
                        _play(suite, world, scale, rounds, folder, progress)
                    progress.advance(line)


def _play(suite: Suite, world: World, scale: Scale, rounds: int, folder: Path, progress: Progress) -> None:  # the parts of a run
    contenders = suite.contenders(world, scale)
    recording = Recording(suite.name, scale.to_json(), folder)
    line = progress.add_task(suite.name, total=2 * len(due(contenders, rounds, recording)))

    def tell(what: str) -> None:
        progress.update(line, advance=1, description=f"{suite.name}: {what.splitlines()[0]}")
        console.print(f"{suite.name}: {what}", markup=False)

    play_rounds(contenders, rounds, recording, tell)
    progress.remove_task(line)


def show(recordings: Recordings) -> None:
    """Print every suite's contenders and every target."""
    for recording in recordings.values():
        _print(
            recording.suite,
            ("contender", "rows", "seconds", "lowest to highest (rounds)", "rows/s"),
            report.contender_rows(recording),
        )
    _print("targets", ("target", "limit", "median", "lowest to highest", "verdict"), report.target_rows(recordings))


def _print(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row[: len(columns)])
    console.print(table)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the stack is stopped, whoever ends this
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
