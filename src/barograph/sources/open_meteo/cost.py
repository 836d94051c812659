"""What a call costs: the API's own rule, by which planner, rate limit and simulator agree.

Source: https://open-meteo.com/en/pricing (calls of more than 10 variables or two weeks count as several).
"""

from typing import Final

from barograph.model.chunk import Chunk

FREE_VARIABLES: Final = 10
FREE_DAYS: Final = 14
"""Up to so many variables and days a location costs 1; beyond, both count proportionally."""

MAX_COST: Final = 5000
"""A single call above it is refused (400), whatever is left of the quota."""


def cost_of_location(variables: int, days: int) -> float:
    """The cost of one location with so many variable names (of all resolutions together) and whole days."""
    return max(1.0, variables / FREE_VARIABLES, variables / FREE_VARIABLES * days / FREE_DAYS)


def cost_of(chunk: Chunk) -> float:
    """The cost of the call that asks `chunk`."""
    return len(chunk.locations) * cost_of_location(len(chunk.variables), chunk.window.days)
