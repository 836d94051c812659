"""Security: the same rows sent and loaded with logins, with logins and TLS, and with neither, on three stacks side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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

PRODUCE: Final = "produce"
"""Seconds of sending; those of a measurement are the load's."""


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
        rows = sum(attempt.chunk.asked for attempt in extracted(world, scale.rows_beside))
        contenders = [Contender(name, rows, partial(send_and_load, one, scale, name)) for name, one in worlds.items()]
        for contender in contenders:
            contender.run(0)
        return contenders


def send_and_load(world: World, scale: Scale, name: str, _round: int) -> Mapping[str, float]:
    """Figures of a load of `rows_beside`, and of sending `rows`, as the suite produce does. Raises as `submit_load`."""
    sent = send_records(world, "ours", scale.rows)
    figures = {PRODUCE if key == "seconds" else f"{PRODUCE} {key}": value for key, value in sent.items()}
    return {**run_load(world, scale.rows_beside, f"security {name}"), **figures}
