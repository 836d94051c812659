"""The revision window: days before its own that a run asks again, because sources correct themselves."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import location_set
from barograph.model.window import Window


def days_before(question: Chunk, days: int) -> Chunk:
    """The `days` before `question`, at least one, for the same locations and variables."""
    start = question.window.start
    return replace(question, window=Window(start - timedelta(days=days), start))


def reach_back(question: Chunk, history: Iterable[Attempt], days: int) -> Chunk:
    """`question` from the oldest of the `days` before it on that some committed attempt of `history` recorded for it.

    Days that no attempt recorded before the oldest one are not asked: a revision asks again, it does not begin. `history` are the
    attempts that overlap `days_before`.
    """
    window = question.window
    if not days:
        return question
    before = days_before(question, days).window
    recorded = [
        max(before.start, attempt.chunk.window.start)
        for attempt in history
        if attempt.status == "COMMITTED"
        and attempt.chunk.window.overlaps(before)
        and not location_set(question.locations).isdisjoint(attempt.chunk.locations)
        and not set(question.variables).isdisjoint(attempt.chunk.variables)
    ]
    return replace(question, window=Window(min(recorded, default=window.start), window.end))
