"""Results on disk: one JSON file per suite, written after every measurement, so that an interrupted run goes on where it was."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.machine import describe_machine
from stack.settings import REPOSITORY

FOLDER: Final = REPOSITORY / "benchmarks/results"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One contender in one round: how many observations, and what was measured of them (`seconds` always, others as named)."""

    contender: str
    round: int
    rows: int
    figures: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    def rate(self, figure: str = "seconds") -> float:
        """Observations per second of `figure`."""
        return self.rows / self.figures[figure]


class Recording:
    """The measurements of one suite. `scale` says with which sizes.

    A file of other sizes, or of another machine, is put aside, never mixed in.
    """

    def __init__(
        self, suite: str, scale: Mapping[str, object], folder: Path = FOLDER, machine: Mapping[str, str] | None = None
    ) -> None:
        self.suite, self.path = suite, folder / f"{suite}.json"
        self.scale = json.loads(json.dumps(scale))
        self.machine = machine or describe_machine()
        self.measurements: list[Measurement] = []
        if self.path.exists():
            self._take_up(json.loads(self.path.read_text(encoding="utf-8")))

    @classmethod
    def read(cls, path: Path) -> "Recording":
        """What a file holds, whatever its sizes and machine."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        return cls(path.stem, stored["scale"], path.parent, stored["machine"])

    def has(self, contender: str, number: int) -> bool:
        """Whether `contender` was measured in round `number`; one that failed is due again."""
        return any(one.contender == contender and one.round == number and one.figures for one in self.measurements)

    def add(self, measurement: Measurement) -> None:
        """Keep one more, on disk at once; it takes the place of a failure in the same round."""
        key = (measurement.contender, measurement.round)
        self.measurements = [one for one in self.measurements if (one.contender, one.round) != key] + [measurement]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stored = {"suite": self.suite, "machine": self.machine, "scale": self.scale}
        stored["measurements"] = [asdict(one) for one in self.measurements]
        incoming = self.path.with_suffix(".incoming")
        incoming.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        incoming.rename(self.path)

    def contenders(self) -> list[str]:
        """The contenders that were measured, in the order of their first round."""
        return list(dict.fromkeys(one.contender for one in self.measurements))

    def of(self, contender: str) -> list[Measurement]:
        """The rounds of `contender`."""
        return [one for one in self.measurements if one.contender == contender]

    def values(self, contender: str, figure: str) -> dict[int, float]:
        """`figure` of `contender` per round; `rate` and `rate of FIGURE` are observations per second."""
        rounds = [one for one in self.of(contender) if one.figures]
        if figure == "rate":
            return {one.round: one.rate() for one in rounds}
        if figure.startswith("rate of "):
            return {one.round: one.rate(figure.removeprefix("rate of ")) for one in rounds}
        return {one.round: one.figures[figure] for one in rounds if figure in one.figures}

    def _take_up(self, stored: Mapping[str, object]) -> None:
        if (stored["scale"], stored["machine"]) != (self.scale, self.machine):
            self.path.rename(self.path.with_suffix(".other.json"))
            return
        self.measurements = [Measurement(**one) for one in stored["measurements"]]  # type: ignore[attr-defined]  # as `add` wrote it
