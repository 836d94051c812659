"""Security: the same rows sent and loaded with logins, with logins and TLS, and with neither, on three stacks side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final

from benchmarks.stores import extracted
from benchmarks.suite import Contender, Scale
from benchmarks.suites.landing import run_load
from benchmarks.suites.produce import send_records
from benchmarks.without_logins import StackWithoutLogins
from benchmarks.world import GIVEN, World, start_services
from stack.side_stack import SideStack

NEITHER: Final = "neither logins nor TLS"
LOGINS: Final = "logins"
TLS: Final = "logins and TLS"

SENDS: Final = 3
"""How often a round sends: each takes seconds, and the median of them counts."""


@dataclass
class Security:
    """See the module."""

    name: str = "security"
    needs_airflow: bool = False

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """Each sends to and loads into a Kafka and Cassandra of its own, which have done both once before."""
        open_side, tls_side = StackWithoutLogins("bench-open", **GIVEN), SideStack("bench-tls", **GIVEN, TLS="1")
        worlds = {
            NEITHER: world.ending.enter_context(start_services(open_side, "stores-without-logins")),
            LOGINS: world,
            TLS: world.ending.enter_context(start_services(tls_side, "stores")),
        }
        for name, one in worlds.items():
            send_and_load(one, scale.rows_beside, name, sends=1)
        rows = sum(attempt.chunk.asked for attempt in extracted(world, scale.rows))
        return [Contender(name, rows, partial(send_and_load, one, scale.rows, name, SENDS)) for name, one in worlds.items()]


def send_and_load(world: World, rows: int, name: str, sends: int, _round: int = 0) -> Mapping[str, float]:
    """Figures of a load, and under `produce` those of sending as many rows, the median of `sends`. Raises as `submit_load`."""
    sent = [send_records(world, "ours", rows) for _ in range(sends)]
    produce = {"": "seconds", " cpu kafka": "cpu kafka", " cpu python": "cpu python"}
    figures = {f"produce{end}": median(one.get(name, 0.0) for one in sent) for end, name in produce.items()}
    return {**run_load(world, rows, f"security {name}"), **figures}
