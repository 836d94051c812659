"""The revision window: days before its own that a run asks again, because sources correct themselves."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.window import Window


def reach_back(question: Chunk, history: Iterable[Attempt], days: int) -> Chunk:
    """`question` from the oldest of the `days` before it on that some committed attempt of `history` recorded for it.

    Days before the oldest recorded one are not asked for: a revision asks again, it does not begin. `history` is of the
    question's source and resolution.
    """
    window = question.window
    first = window.start - timedelta(days=days)
    recorded = [
        max(first, attempt.chunk.window.start)
        for attempt in history
        if attempt.status == "COMMITTED"
        and attempt.chunk.window.start < window.start
        and first < attempt.chunk.window.end
        and not set(question.locations).isdisjoint(attempt.chunk.locations)
        and not set(question.variables).isdisjoint(attempt.chunk.variables)
    ]
    return replace(question, window=Window(min(recorded, default=window.start), window.end))
