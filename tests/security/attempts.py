"""One try at one door, and how a door is told that it let somebody in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cassandra.cluster import Session

from stack.settings import StackSettings
from stack.side_stack import SideStack
from tests.security.listeners import Listener


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody tried at a door, and what answered; `is_open` if they came in.

    `is_meant`: this one must come in, so that a door that is down does not pass for one that is shut.
    """

    door: str
    who: str
    what: str
    answer: str
    is_open: bool
    is_meant: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether the door let in a stranger, or kept out whom it is for."""
        return self.is_open is not self.is_meant


@dataclass(frozen=True, slots=True)
class Target:
    """A port of the running stack, and what an attack needs to know of the stack around it."""

    listener: Listener
    side: SideStack
    session: Session

    @property
    def settings(self) -> StackSettings:
        """The stack's settings."""
        return self.side.settings


Door = Callable[[Target], Iterator[Attempt]]
"""All that is tried at a port of one kind."""


def tell(error: BaseException) -> str:
    """An answer in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]
