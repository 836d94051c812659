"""Attempts with records in quarantine: the bounds of rain are narrowed while one is loaded."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.model import variables
from barograph.model.attempt import Attempt, Outcome
from barograph.model.quarantine import Selection
from barograph.store.quarantine import Quarantined
from tests.integration.sending import hours_of, send

WET = [0.0] * 22 + [5.0, 7.0]


def with_rain_up_to(highest: float, work: Callable[[], str]) -> str:
    """What `work` returns while no more than `highest` mm of rain are let through."""
    narrow = replace(variables.get_variable("rain", "hourly"), highest=highest)
    known = {**variables.all_variables(), ("rain", "hourly"): narrow}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variables, "all_variables", lambda: known)
        return work()


def load_with_two_bad(services: LoadContext, source: str, values: Sequence[float] = WET) -> Attempt:
    """A committed attempt of `source`, whose hours above 1 mm of rain are in quarantine."""
    attempt = send(services.store, hours_of(source, ["rain"]), {"rain": list(values)})
    assert "landed=22 quarantined=2 missing=0" in with_rain_up_to(1, lambda: load_attempts([attempt.attempt_id], services))
    return attempt


def kept(services: LoadContext, source: str) -> list[Quarantined]:
    return services.store.quarantine.find(Selection(source=source))


def outcome(services: LoadContext, attempt: Attempt) -> Outcome:
    found = services.ledger.get([attempt.attempt_id])[0].outcome
    assert found is not None
    return found


def counts(services: LoadContext, attempt: Attempt) -> tuple[int, int, int]:
    """Landed, quarantined, missing of an attempt."""
    found = outcome(services, attempt)
    return found.landed, found.quarantined, found.missing
