"""What is aimed at: ratios between contenders, and whether they are reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from benchmarks.dsbulk import VARIANTS
from benchmarks.figures import growth_exponent, paired_ratios, spread_of
from benchmarks.results import Recording
from benchmarks.suites import end_to_end, extract, landing, produce, security, small_run

Verdict = Literal["pass", "short", "stated", "not measured"]
Recordings = Mapping[str, Recording]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that must be at least (`is_floor`) or at most `limit`; `find` gives one value per round, none if not measured.

    Without `limit` it is stated and nothing more.
    """

    what: str
    kind: Literal["gate", "goal", "stated"]
    limit: float | None
    find: Callable[[Recordings], Sequence[float]]
    is_floor: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """A target with what was measured: median and spread of the rounds (None = not measured)."""

    target: Target
    median: float | None
    lowest: float | None
    highest: float | None
    verdict: Verdict


def evaluate(target: Target, recordings: Recordings) -> Judged:
    """Hold what was measured against `target`; the median decides."""
    values = target.find(recordings)
    if not values:
        return Judged(target, None, None, None, "not measured")
    spread = spread_of(values)
    if target.limit is None:
        return Judged(target, spread.median, spread.lowest, spread.highest, "stated")
    is_met = spread.median >= target.limit if target.is_floor else spread.median <= target.limit
    return Judged(target, spread.median, spread.lowest, spread.highest, "pass" if is_met else "short")


def best_of(recording: Recording, contenders: Sequence[str], figure: str) -> str | None:
    """The contender whose median `figure` (see `Recording.values`) is highest; None when none was measured."""
    medians = {one: spread_of(list(values.values())).median for one in contenders if (values := recording.values(one, figure))}
    return max(medians, key=lambda one: medians[one]) if medians else None


def _against(
    suite: str, ours: str, our_figure: str, theirs: Sequence[str], figure: str
) -> Callable[[Recordings], Sequence[float]]:
    """Our figure ÷ the best of theirs, round by round."""

    def find(recordings: Recordings) -> Sequence[float]:
        if suite not in recordings or not (best := best_of(recordings[suite], theirs, figure)):
            return ()
        return paired_ratios(recordings[suite].values(ours, our_figure), recordings[suite].values(best, figure))

    return find


def _extract_over_produce(recordings: Recordings) -> Sequence[float]:
    if not {"extract", "produce"} <= recordings.keys():
        return ()
    slowest = spread_of(list(recordings["produce"].values(produce.OURS, "rate").values())).median
    return [rate / slowest for rate in recordings["extract"].values(extract.OURS, "rate").values()]


def _growth(recordings: Recordings) -> Sequence[float]:
    return [growth_exponent(one) for one in _by_size(recordings, "seconds")]


def _memory_growth(recordings: Recordings) -> Sequence[float]:
    return [one[max(one)] / one[min(one)] for one in _by_size(recordings, end_to_end.EXTRACT_RSS)]


def _by_size(recordings: Recordings, figure: str) -> list[dict[int, float]]:
    """`figure` by the rows of a run end to end, one for each round in which every size was measured."""
    if "end_to_end" not in recordings:
        return []
    recording = recordings["end_to_end"]
    sizes = {recording.of(one)[0].rows: recording.values(one, figure) for one in recording.contenders()}
    if len(sizes) < 2:
        return []
    rounds = sorted(set.intersection(*(set(values) for values in sizes.values())))
    return [{rows: values[number] for rows, values in sizes.items()} for number in rounds]


def _speed_kept(contender: str, figure: str) -> Callable[[Recordings], Sequence[float]]:
    """The rate with what `contender` has ÷ that without logins and TLS; `figure` are the seconds."""

    def find(recordings: Recordings) -> Sequence[float]:
        if "security" not in recordings:
            return ()
        recording = recordings["security"]
        return paired_ratios(recording.values(security.NEITHER, figure), recording.values(contender, figure))

    return find


_naive = _against("landing", landing.OURS, "rate", [landing.NAIVE], "rate")
_write_stage = _against("landing", landing.OURS, "rate of write", [*VARIANTS], "rate of engine")
_performance = _against("produce", produce.OURS, "rate", produce.PERFORMANCE, "rate")

TARGETS: Final = (
    Target("landing, write stage ÷ DSBulk's best", "gate", 1.25, _write_stage),
    Target("landing, write stage ÷ DSBulk's best", "goal", 2, _write_stage),
    Target("landing, whole job ÷ naive", "gate", 8, _naive),
    Target("produce ÷ ProducerPerformance's best", "goal", 0.6, _performance),
    Target("extract ÷ produce (never the bottleneck)", "goal", 1, _extract_over_produce),
    Target("end to end, growth exponent", "gate", 1.05, _growth, is_floor=False),
    Target("end to end, extract's memory, largest ÷ smallest", "gate", 1.1, _memory_growth, is_floor=False),
    Target("small run ÷ empty Airflow run and empty spark-submit", "goal", 1.3, small_run.ratios, is_floor=False),
    Target("produce, with logins ÷ without", "gate", 0.9, _speed_kept(security.LOGINS, security.PRODUCE)),
    Target("load, with logins ÷ without", "gate", 0.9, _speed_kept(security.LOGINS, "seconds")),
    Target("produce, with logins and TLS ÷ without both", "stated", None, _speed_kept(security.TLS, security.PRODUCE)),
    Target("load, with logins and TLS ÷ without both", "stated", None, _speed_kept(security.TLS, "seconds")),
)
