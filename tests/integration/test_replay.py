"""Replays on the real Kafka and Cassandra, after a fix: the variables file as it is, while loads saw narrower bounds."""

from datetime import timedelta
from typing import Any

import pytest

from barograph.errors import NothingLanded, VerificationFailed
from barograph.loading import load as load_module
from barograph.loading import replay as replay_module
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.loading.replay import replay_quarantine
from barograph.loading.write import write_batch
from barograph.model.attempt import Attempt, Outcome, Replayed
from barograph.model.quarantine import Selection
from barograph.store.ledger import Ledger
from barograph.store.quarantine import Quarantine
from stack.side_stack import SideStack
from tests.integration.quarantined import WET, counts, kept, load_with_two_bad, outcome, with_rain_up_to
from tests.integration.sending import DAY, hours_of, send
from tests.integration.weather import await_green, column

pytestmark = [pytest.mark.integration, pytest.mark.spark]


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def status(services: LoadContext, attempt: Attempt) -> str:
    return services.ledger.get([attempt.attempt_id])[0].status


def versions(services: LoadContext, source: str) -> list[int | None]:
    query = "SELECT WRITETIME(rain) FROM analytics.hourlydata WHERE location_id = '1,2' AND source = %s AND year = 2020"
    return [row[0] for row in services.store.session.execute(query, (source,))]


def test_a_replay_after_the_fix_lands_at_the_original_version_and_moves_counts_and_digest_once(lenient: LoadContext) -> None:
    attempt = load_with_two_bad(lenient, "test/fixed")
    before = outcome(lenient, attempt)
    line = replay_quarantine(Selection(attempt_id=attempt.attempt_id), lenient)
    assert line.startswith("replay records=2 landed=2 missing=0 bad=0 waiting=0 replayed_before=0 dropped=0 seconds=")
    assert column(lenient, "test/fixed", "rain") == WET
    assert set(versions(lenient, "test/fixed")) == {attempt.version}
    assert counts(lenient, attempt) == (24, 0, 0)
    assert outcome(lenient, attempt).row_digest != before.row_digest
    assert {one.state for one in kept(lenient, "test/fixed")} == {"replayed"}
    assert "landed=24 quarantined=0 missing=0" in load_attempts([attempt.attempt_id], lenient)  # verifies by the digest

    after = outcome(lenient, attempt)
    assert "landed=0 missing=0 bad=0 waiting=0 replayed_before=2" in replay_quarantine(Selection(source="test/fixed"), lenient)
    assert outcome(lenient, attempt) == after


def test_a_newer_value_stays_when_an_older_attempt_is_replayed(lenient: LoadContext) -> None:
    older = load_with_two_bad(lenient, "test/newer")
    newer = send(lenient.store, hours_of("test/newer", ["rain"]), {"rain": [0.5] * 22 + [0.25, None]})
    load_attempts([newer.attempt_id], lenient)
    assert "landed=2 missing=0 bad=0" in replay_quarantine(Selection(attempt_id=older.attempt_id), lenient)
    assert [one for one in column(lenient, "test/newer", "rain") if one is not None] == [0.5] * 22 + [0.25]
    assert counts(lenient, older) == (24, 0, 0)


def test_a_replay_fills_the_hours_that_its_own_load_had_cleared_of_an_older_value(lenient: LoadContext) -> None:
    first = send(lenient.store, hours_of("test/cleared", ["rain"]), {"rain": [0.5] * 24})
    load_attempts([first.attempt_id], lenient)
    second = load_with_two_bad(lenient, "test/cleared")
    assert column(lenient, "test/cleared", "rain") == [*WET[:22], None, None]
    replay_quarantine(Selection(attempt_id=second.attempt_id), lenient)
    assert column(lenient, "test/cleared", "rain") == WET
    assert set(versions(lenient, "test/cleared")) == {second.version}


@pytest.mark.parametrize(
    ("owner", "step"),
    [(replay_module, "write_batch"), (replay_module, "verify_written"), (Ledger, "mark_replayed"), (Quarantine, "settle")],
)
def test_a_replay_that_was_killed_goes_on_from_there(lenient: LoadContext, owner: object, step: str) -> None:
    source = f"test/killed-{step.replace('_', '-')}"
    attempt = load_with_two_bad(lenient, source)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, step, die)
        with pytest.raises(KeyboardInterrupt):
            replay_quarantine(Selection(source=source), lenient)
    assert "landed=2 missing=0 bad=0" in replay_quarantine(Selection(source=source), lenient)
    assert (column(lenient, source, "rain"), counts(lenient, attempt)) == (WET, (24, 0, 0))
    assert {one.state for one in kept(lenient, source)} == {"replayed"}
    assert "landed=24" in load_attempts([attempt.attempt_id], lenient)


def test_a_replay_killed_before_the_ledger_is_named_with_its_remedy_by_load_and_audit(lenient: LoadContext) -> None:
    attempt = load_with_two_bad(lenient, "test/half")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "mark_replayed", die)
        with pytest.raises(KeyboardInterrupt):
            replay_quarantine(Selection(source="test/half"), lenient)
    remedy = f"`barograph quarantine replay --attempt {attempt.attempt_id}` completes it"
    with pytest.raises(VerificationFailed, match=remedy):
        load_attempts([attempt.attempt_id], lenient)
    replay_quarantine(Selection(attempt_id=attempt.attempt_id), lenient)
    assert "landed=24" in load_attempts([attempt.attempt_id], lenient)


def test_what_an_earlier_load_kept_in_quarantine_and_a_later_one_landed_is_not_replayed_and_counted_again(
    lenient: LoadContext,
) -> None:
    attempt = send(lenient.store, hours_of("test/settled", ["rain"]), {"rain": WET})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "verify_written", die)
        with pytest.raises(KeyboardInterrupt):
            with_rain_up_to(1, lambda: load_attempts([attempt.attempt_id], lenient))
    assert [one.state for one in kept(lenient, "test/settled")] == ["open", "open"]
    assert "landed=24 quarantined=0" in load_attempts([attempt.attempt_id], lenient)
    assert [one.state for one in kept(lenient, "test/settled")] == ["replayed", "replayed"]
    replay_quarantine(Selection(source="test/settled"), lenient)
    assert counts(lenient, attempt) == (24, 0, 0)


def test_a_load_frozen_before_its_write_opens_nothing_that_was_decided_since(lenient: LoadContext) -> None:
    source = "test/frozen"
    attempt = send(lenient.store, hours_of(source, ["rain"]), {"rain": WET})

    def wake_late(*arguments: Any) -> None:  # noqa: ANN401  # those of `write_batch`
        patch.setattr(load_module, "write_batch", write_batch)
        load_attempts([attempt.attempt_id], lenient)
        dropped, replayed = (one.id for one in kept(lenient, source))
        lenient.store.quarantine.drop([dropped])
        with_rain_up_to(500, lambda: replay_quarantine(Selection(ids=(replayed,)), lenient))
        write_batch(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "write_batch", wake_late)
        with pytest.raises(VerificationFailed):  # it had read the table otherwise; what is committed stays so
            with_rain_up_to(1, lambda: load_attempts([attempt.attempt_id], lenient))
    assert [one.state for one in kept(lenient, source)] == ["replayed"]
    assert status(lenient, attempt) == "COMMITTED"
    assert counts(lenient, attempt) == (23, 1, 0)
    assert "landed=23 quarantined=1" in load_attempts([attempt.attempt_id], lenient)


def test_what_is_still_bad_stays_with_its_new_reason_and_nothing_landed_is_red(lenient: LoadContext) -> None:
    attempt = load_with_two_bad(lenient, "test/still")
    with pytest.raises(NothingLanded, match="landed=0 missing=0 bad=2"):
        with_rain_up_to(2, lambda: replay_quarantine(Selection(source="test/still"), lenient))
    assert [(one.reason, one.state) for one in kept(lenient, "test/still")] == [
        (f"out of bounds: rain {value} is outside -10..2 mm", "open") for value in (5.0, 7.0)
    ]
    assert "landed=1 missing=0 bad=1" in with_rain_up_to(6, lambda: replay_quarantine(Selection(source="test/still"), lenient))
    assert counts(lenient, attempt) == (23, 1, 0)


def test_two_replays_at_once_are_both_counted(lenient: LoadContext) -> None:
    attempt = load_with_two_bad(lenient, "test/two")

    class Overtaken(Ledger):
        """A ledger in which another replay is counted right after the first reading."""

        is_overtaken = False

        def _read_replayed(self, attempt: Attempt) -> tuple[dict[str, Replayed], Outcome]:
            found = super()._read_replayed(attempt)
            if not self.is_overtaken:
                self.is_overtaken = True
                lenient.ledger.mark_replayed(attempt, {"b/0/2": Replayed(DAY + timedelta(days=1), 5)})
            return found

    base = outcome(lenient, attempt)
    book = Overtaken(lenient.store.queries, lenient.store.lists, lenient.store.versions)
    book.mark_replayed(attempt, {"a/0/1": Replayed(DAY, None)})
    digest = {**base.row_digest, DAY + timedelta(days=1): 5}
    assert outcome(lenient, attempt) == Outcome(23, 0, 1, digest)


def test_the_command_line_replays_by_id(lenient: LoadContext, side: SideStack) -> None:
    attempt = load_with_two_bad(lenient, "test/command")
    one = kept(lenient, "test/command")[0]
    done = side.run("barograph", "quarantine", "replay", str(one.id))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "replay records=1 landed=1 missing=0 bad=0" in done.stdout
    assert counts(lenient, attempt) == (23, 1, 0)
    again = side.run("barograph", "quarantine", "replay", "--reason", "no such reason")
    assert (again.returncode, "nothing in the quarantine is selected" in again.stdout) == (1, True)


def test_the_dag_replays_what_its_params_select(lenient: LoadContext, side: SideStack) -> None:
    attempt = load_with_two_bad(lenient, "test/dag")
    conf = {"source": "test/dag", "reason": "out of bounds: rain"}
    await_green(side, "quarantine_replay_dag", side.airflow.trigger("quarantine_replay_dag", conf))
    assert counts(lenient, attempt) == (24, 0, 0)
    assert column(lenient, "test/dag", "rain") == WET
