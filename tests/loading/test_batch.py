from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from barograph.errors import ManifestMismatch
from barograph.loading.batch import Batch, make_batches
from barograph.loading.verify import find_uncompared
from barograph.model.attempt import Attempt
from barograph.model.window import Window
from tests.loading.kafka_records import HAMBURG, attempt, ledger_of, manifest


def batches(attempts: Sequence[Attempt], *history: Attempt) -> list[Batch]:
    """Batches of `attempts` before a ledger that knows them and `history`."""
    return list(make_batches(attempts, ledger_of(*attempts, *history)))


def neighbours(*history: Attempt) -> tuple[list[int], list[int]]:
    """Versions of the older and the newer neighbours of attempt 5."""
    one = attempt(5)
    (batch,) = batches([one], *history)
    return tuple([other.version for other in side[one.attempt_id]] for side in (batch.older, batch.newer))  # type: ignore[return-value]  # two sides


SENT = replace(attempt(7), manifest=manifest(24, 1))
"""A newer attempt whose records wait in Kafka."""


def test_attempts_that_share_everything_land_together() -> None:
    assert [len(batch.attempts) for batch in batches([attempt(1), attempt(2, locations=(HAMBURG,))])] == [2]


@pytest.mark.parametrize(
    "other",
    [
        attempt(2, variables=("rain",)),
        attempt(2, resolution="daily"),
        replace(attempt(2), status="COMMITTED"),
    ],
)
def test_attempts_that_differ_land_apart(other: Attempt) -> None:
    assert [len(batch.attempts) for batch in batches([attempt(1), other, attempt(3)])] in ([2, 1], [1, 2])


def test_neighbours_are_those_that_asked_for_common_cells() -> None:
    elsewhere = attempt(4, locations=(HAMBURG,))
    another_day = attempt(6, window=Window(date(2024, 4, 2), date(2024, 4, 3)))
    assert neighbours(attempt(3), elsewhere, another_day, SENT) == ([3], [7])


def test_an_attempt_is_not_its_own_neighbour() -> None:
    assert neighbours() == ([], [])


def test_a_try_that_failed_before_it_sent_anything_is_no_neighbour() -> None:
    assert neighbours(replace(attempt(3), status="FAILED")) == ([], [])


def test_a_load_that_failed_half_way_is_a_neighbour() -> None:
    assert neighbours(replace(attempt(3), status="FAILED", manifest=manifest(24, 1))) == ([3], [])


@pytest.mark.parametrize(
    "newer",
    [
        pytest.param(replace(attempt(7), status="OPEN"), id="asked, and sent nothing yet"),
        pytest.param(replace(attempt(7), status="FAILED"), id="failed before it had sent everything"),
        pytest.param(replace(attempt(7), status="FAILED", manifest=manifest(24, 1), is_unrecoverable=True), id="unrecoverable"),
    ],
)
def test_what_has_written_nothing_hides_no_older_attempt_from_the_comparison(newer: Attempt) -> None:
    assert neighbours(newer) == ([], [])


def test_an_older_attempt_that_may_still_write_counts() -> None:
    assert neighbours(replace(attempt(3), status="OPEN")) == ([3], [])


def test_an_attempt_whose_cells_newer_ones_hold_is_not_compared_and_named() -> None:
    one = attempt(5)
    half = replace(SENT, chunk=replace(SENT.chunk, variables=("rain",)))
    assert [find_uncompared(batches([one], *newer)[0]) for newer in ([SENT], [half], [])] == [[one], [], []]


def test_an_attempt_that_is_taken_out_of_a_batch_takes_its_neighbours_along() -> None:
    out, stays = attempt(1), attempt(2, locations=(HAMBURG,))
    older, newer = attempt(0), replace(attempt(3, locations=(HAMBURG,)), manifest=manifest(24, 1))
    (batch,) = batches([out, stays], older, newer)
    assert batch.without([out.attempt_id]) == Batch([stays], {stays.attempt_id: []}, {stays.attempt_id: [newer]})


def test_an_attempt_without_manifest_is_not_loaded() -> None:
    (batch,) = batches([replace(attempt(1), status="FAILED")])
    with pytest.raises(ManifestMismatch, match="hourly/1 is FAILED, without manifest: clear the produce task"):
        _ = batch.manifests
