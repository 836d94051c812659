"""The simulator's orders, as tests and benchmarks give them to a stack of their own (STANDIN_CONTROL=1)."""

from typing import Any, Final

import requests

from stack.logins import password
from stack.settings import StackSettings

_TIMEOUT_S: Final = 120


class SimulatorControl:
    """Speaks to one simulator at /control, with the token of its stack. Every method raises requests.HTTPError when refused."""

    def __init__(self, settings: StackSettings) -> None:
        self._address = f"{settings.standin_url}/control"
        self._headers = {"Authorization": f"Bearer {password(settings, 'standin', 'token')}"}

    def order(self, **orders: object) -> None:
        """Put `orders` into force, as `stack.standin.orders.Orders` names them."""
        requests.put(self._address, json=orders, headers=self._headers, timeout=_TIMEOUT_S).raise_for_status()

    def forget(self) -> None:
        """Answer rightly again, as at first."""
        requests.delete(self._address, headers=self._headers, timeout=_TIMEOUT_S).raise_for_status()

    def told(self) -> dict[str, Any]:
        """What was answered, to whom."""
        answer = requests.get(self._address, headers=self._headers, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told
