"""How far a produce task has come, and when it will be through."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from barograph.model.chunk import Chunk
from barograph.model.quota import Call, foresee_end
from barograph.sources.rate_limit import RateLimiter, now_utc

log = logging.getLogger(__name__)

LINE_EVERY_S: Final = 10
"""A line for each of thousands of chunks would hide what matters."""


@dataclass
class Progress:
    """Counts of one try; `total` is how many chunks its generation has, `before` how many of them earlier tries have sent."""

    total: int
    before: int
    call_of: Callable[[Chunk], Call | None]
    timer: Callable[[], float] = time.monotonic
    chunks: int = 0
    rows: int = 0
    cost: float = 0.0
    began_s: float = field(init=False)
    told_s: float | None = None

    def __post_init__(self) -> None:
        """The clock runs from now on."""
        self.began_s = self.timer()

    def tell(self, chunk: Chunk, rows: int, left: Sequence[Chunk], limiter: RateLimiter) -> None:
        """Count `chunk`, of which `rows` were sent, and log how it goes on with what is `left`; not more often than is of use."""
        call = self.call_of(chunk)
        self.chunks, self.rows, self.cost = self.chunks + 1, self.rows + rows, self.cost + (call.cost if call else 0)
        now_s = self.timer()
        if left and self.told_s is not None and now_s - self.told_s < LINE_EVERY_S:
            return
        self.told_s = now_s
        seconds = max(now_s - self.began_s, 0.001)
        each = timedelta(seconds=seconds / self.chunks)
        end_at = foresee_end(map(self.call_of, left), limiter.usage, now_utc(), each)
        done = self.before + self.chunks
        log.info(
            "chunk %d of %d: %s; %d rows, %.0f rows/s, cost %.1f used, expected end %s UTC",
            *(done, max(self.total, done + len(left)), chunk, self.rows, self.rows / seconds, self.cost),
            f"{end_at:%Y-%m-%d %H:%M:%S}",
        )
