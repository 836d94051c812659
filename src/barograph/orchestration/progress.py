"""How far a produce task has come, and when it will be through."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from barograph.model.chunk import Chunk
from barograph.model.cost import cost_of
from barograph.model.quota import foresee_end
from barograph.orchestration.rate_limiter import RateLimiter, now_utc

log = logging.getLogger(__name__)

LINE_EVERY_S: Final = 10
"""A line for each of thousands of chunks would hide what matters."""


@dataclass
class Progress:
    """Counts of one try; `total` is how many chunks its round has, `before` how many of them earlier tries have sent."""

    total: int
    before: int
    hosts: dict[str, str]
    timer: Callable[[], float] = time.monotonic
    chunks: int = 0
    rows: int = 0
    weight: float = 0.0
    began_s: float = field(init=False)
    told_s: float | None = None

    def __post_init__(self) -> None:
        """The clock runs from now on."""
        self.began_s = self.timer()

    def tell(self, chunk: Chunk, rows: int, left: Sequence[Chunk], pace: RateLimiter) -> None:
        """Count `chunk`, of which `rows` were sent, and log how it goes on with what is `left`; not more often than is of use."""
        self.chunks, self.rows, self.weight = self.chunks + 1, self.rows + rows, self.weight + cost_of(chunk)
        now_s = self.timer()
        if left and self.told_s is not None and now_s - self.told_s < LINE_EVERY_S:
            return
        self.told_s = now_s
        seconds = max(now_s - self.began_s, 0.001)
        calls = [(self.hosts[one.source], cost_of(one)) for one in left]
        each = timedelta(seconds=seconds / self.chunks)
        end_at = foresee_end(calls, pace.usage, pace.quota, now_utc(), each)
        done = self.before + self.chunks
        log.info(
            "chunk %d of %d: %s; %d rows, %.0f rows/s, weight %.1f used, expected end %s UTC",
            *(done, max(self.total, done + len(left)), chunk, self.rows, self.rows / seconds, self.weight),
            f"{end_at:%Y-%m-%d %H:%M:%S}",
        )
