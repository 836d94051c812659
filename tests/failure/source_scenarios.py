"""A source that answers badly, slowly, or otherwise than before."""

from typing import Final

from tests.failure.order_scenarios import revise
from tests.failure.world import World

BAD: Final = (
    "500",
    "502",
    "503",
    "504",
    "cut",
    "reset",
    "empty",
    "error-object",
    "stream-error",
    "stream-error-appended",
    "hole",
)
"""Those that the next try mends by itself; `nan` says that the source has no such place, which is left out."""
REFUSALS: Final = ("minutely", "hourly", "daily", "concurrent")


def source_answers_badly_now_and_then(world: World) -> None:
    """Answers are spoilt one after the other, each otherwise; the next one is right."""
    kinds = world.rng.sample(BAD, 6)
    world.struck(f"source: {' '.join(kinds)}")
    for number, kind in enumerate(kinds):
        world.order({"fault": kind, "times": 1})
        world.record(world.chunk(days=2, later=number))


def source_refuses_and_is_slow(world: World) -> None:
    """429 in each of its wordings, an answer that takes its time, and one that comes byte by byte."""
    world.struck("source: 429 in four wordings, slow, drip")
    for number, text in enumerate(world.rng.sample(REFUSALS, 4)):
        world.order({"fault": "429", "text": text, "times": world.rng.randint(1, 2)})
        world.record(world.chunk(days=2, later=number))
    world.order({"fault": "slow", "seconds": world.rng.uniform(1, 8), "times": 1})
    world.record(world.chunk(days=2, later=4))
    world.order({"fault": "drip", "seconds": 0.0005, "times": 1})
    world.record(world.chunk(days=2, later=5))


def source_takes_values_back(world: World) -> None:
    """The days are asked four times: as they are, revised, with nulls where values were, and with all of them null."""
    chunk = world.chunk(days=4)
    world.record(chunk)
    revise(world, "03-01T00:00", "03-03T00:00", add=world.rng.uniform(0.1, 5))
    world.record(chunk)
    revise(world, "03-02T06:00", "03-03T11:00", is_null=True)
    world.record(chunk)
    world.order(revisions=[{"variable": "rain", "start": "2021-03-02T00:00", "end": "2021-03-02T20:00", "is_null": True}])
    world.struck("revised, nulls where values were")
    world.record(chunk)


def source_sends_values_beyond_their_bounds(world: World) -> None:
    """A few hours are out of bounds and go to quarantine, over values that had landed; then the source mends them."""
    chunk, hour = world.chunk(days=20), world.rng.randint(0, 20)
    world.record(chunk)
    revise(world, f"03-05T{hour:02}:00", f"03-05T{hour + 3:02}:00", add=900)
    world.record(chunk)
    world.struck("out of bounds, then mended")
    revise(world, f"03-05T{hour:02}:00", f"03-05T{hour + 2:02}:00", add=-900)
    world.record(chunk)


SCENARIOS: Final = (
    source_answers_badly_now_and_then,
    source_refuses_and_is_slow,
    source_takes_values_back,
    source_sends_values_beyond_their_bounds,
)
