"""What a suite is made of, and the rounds: contenders one after the other, nobody always first, everything kept at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from benchmarks.machine import load_average
from benchmarks.processes import ProgramFailed
from benchmarks.results import Measurement, Recording
from benchmarks.world import World


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. Rows are location-hours; contenders that are slow by design get their share of `rows`.

    `rows_beside` is the load beside which is read, and that of a cluster; `choices` is how many settings are tried where there
    are several.
    """

    rounds: int = 5
    rows: int = 1_000_000
    driver_share: float = 0.05
    naive_share: float = 0.01
    rows_beside: int = 200_000
    end_to_end: tuple[int, ...] = (100_000, 1_000_000, 5_000_000)
    reading_places: int = 1000
    reading_s: float = 20
    choices: int = 9

    def to_json(self) -> dict[str, object]:
        """As it stands in the results; the number of rounds may grow later."""
        return {name: value for name, value in asdict(self).items() if not name.endswith("rounds")}


FULL = Scale()
QUICK = Scale(
    rounds=1,
    rows=2_400,
    driver_share=0.2,
    naive_share=0.05,
    rows_beside=2_400,
    end_to_end=(2_400,),
    reading_places=20,
    reading_s=0.3,
    choices=1,
)


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of doing it. `run` gets the number of the round and returns figures, `seconds` among them."""

    name: str
    rows: int
    run: Callable[[int], Mapping[str, float]]
    rounds: int | None = None


class Suite(Protocol):
    """Contenders that are measured in the same rounds."""

    name: str
    needs_airflow: bool

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """Prepare what all rounds share, and say who takes part."""
        ...


Told = Callable[[str], None]


def due(contenders: Sequence[Contender], rounds: int, recording: Recording) -> list[tuple[int, Contender]]:
    """What `recording` does not hold yet, round by round, each round beginning with another contender."""
    order = [
        (number, contender)
        for number in range(1, rounds + 1)
        for shift in [(number - 1) % len(contenders)]
        for contender in (*contenders[shift:], *contenders[:shift])
    ]
    return [(number, one) for number, one in order if number <= (one.rounds or rounds) and not recording.has(one.name, number)]


def play_rounds(contenders: Sequence[Contender], rounds: int, recording: Recording, tell: Told) -> None:
    """Measure everyone who is due; `tell` hears of each beginning and end.

    A contender that fails is noted with its last words and left out of that round: the others go on.
    """
    for number, contender in due(contenders, rounds, recording):
        tell(f"round {number}: {contender.name}, {contender.rows} rows")
        busy = load_average()
        try:
            figures, note = dict(contender.run(number)), ""
        except ProgramFailed as error:
            figures, note = {}, str(error)
        measured = {name: round(value, 4) for name, value in figures.items()} | ({"load before": busy} if figures else {})
        recording.add(Measurement(contender.name, number, contender.rows, measured, note))
        tell(_outcome(recording.measurements[-1]))


def _outcome(measured: Measurement) -> str:
    if measured.note:
        return f"{measured.contender} failed: {measured.note.splitlines()[-1]}"
    return f"{measured.contender}: {measured.figures['seconds']:.1f} s, {measured.rate():,.0f} rows/s"
