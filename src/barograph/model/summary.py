"""The one line that a load ends with."""

from collections.abc import Sequence

from barograph.model.attempt import Attempt, Outcome


def summarise(attempts: Sequence[Attempt], outcomes: Sequence[Outcome], seconds: float) -> str:
    """The outcome of what `attempts` asked for; `outcomes` are those of the attempts that have landed."""
    return (
        f"load source={','.join(sorted({attempt.chunk.source for attempt in attempts}))} "
        f"resolution={','.join(sorted({attempt.chunk.resolution for attempt in attempts}))} attempts={len(attempts)} "
        f"asked={sum(attempt.asked for attempt in attempts)} landed={sum(outcome.landed for outcome in outcomes)} "
        f"quarantined={sum(outcome.quarantined for outcome in outcomes)} "
        f"missing={sum(outcome.missing for outcome in outcomes)} flagged={sum(outcome.flagged for outcome in outcomes)} "
        f"seconds={seconds:.1f}"
    )
