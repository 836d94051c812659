"""One try at one door, and how a door is told that it let somebody in."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stack.settings import LOOPBACK, StackSettings
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
    """A port of the running stack, the host under which it is reached, and the settings of the stack around it."""

    listener: Listener
    settings: StackSettings
    host: str = LOOPBACK

    @property
    def ways(self) -> tuple[bool, ...]:
        """Whether to come with TLS: where it is on, without it too."""
        return (True, False) if self.settings.tls else (False,)

    @property
    def address(self) -> tuple[str, int]:
        """As sockets take it."""
        return self.host, self.listener.port


Door = Callable[[Target], Iterator[Attempt]]
"""All that is tried at a port of one kind."""


def encryption() -> ssl.SSLContext:
    """TLS of somebody who knows no authority and compares no name: what they are asked comes after it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def tell(error: BaseException) -> str:
    """An answer in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]
