"""The quarantine on the real Kafka and Cassandra: what cannot land is kept, shown, replayed after a fix, or dropped.

The bounds of rain are narrowed while an attempt is loaded; the variables file as it is, is the fix.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from barograph.cli import app
from barograph.errors import NothingLanded, TooManyBad, VerificationFailed
from barograph.landing import load as load_module
from barograph.landing import replay as replay_module
from barograph.landing.batch import Services
from barograph.landing.load import load_attempts
from barograph.landing.replay import replay_quarantine
from barograph.landing.write import write_batch
from barograph.model import variables
from barograph.model.attempt import Attempt, Outcome, Replayed
from barograph.model.quarantine import Selection
from barograph.settings import Settings, get_settings
from barograph.store.ledger import Ledger
from barograph.store.quarantine import Quarantine, Quarantined
from stack.side_stack import SideStack
from tests.integration.sending import DAY, hours_of, records_of, send, send_records
from tests.integration.weather import allowing, await_green, column

pytestmark = [pytest.mark.integration, pytest.mark.spark]
WET = [0.0] * 22 + [5.0, 7.0]


@pytest.fixture
def lenient(services: Services) -> Services:
    """Services for tests in which the share of bad records is not the point."""
    return allowing(0.5, services)


@pytest.fixture
def run(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """What `barograph quarantine` with these arguments does on the test stack."""
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), str(getattr(services.settings, name)))
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(app, ["quarantine", *arguments])
    get_settings.cache_clear()


def with_rain_up_to(highest: float, work: Callable[[], str]) -> str:
    """What `work` returns while no more than `highest` mm of rain are let through."""
    narrow = replace(variables.get_variable("rain", "hourly"), highest=highest)
    known = {**variables.all_variables(), ("rain", "hourly"): narrow}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variables, "all_variables", lambda: known)
        return work()


def load_with_two_bad(services: Services, source: str, values: Sequence[float] = WET) -> Attempt:
    """A committed attempt of `source`, whose hours above 1 mm of rain are in quarantine."""
    attempt = send(services.settings, services.session, hours_of(source, ["rain"]), {"rain": list(values)})
    assert "landed=22 quarantined=2 missing=0" in with_rain_up_to(1, lambda: load_attempts([attempt.attempt_id], services))
    return attempt


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def status(services: Services, attempt: Attempt) -> str:
    return services.ledger.get([attempt.attempt_id])[0].status


def kept(services: Services, source: str) -> list[Quarantined]:
    return Quarantine(services.session, services.settings.cassandra_keyspace).find(Selection(source=source))


def outcome(services: Services, attempt: Attempt) -> Outcome:
    found = services.ledger.get([attempt.attempt_id])[0].outcome
    assert found is not None
    return found


def counts(services: Services, attempt: Attempt) -> tuple[int, int, int]:
    """Landed, quarantined, missing of an attempt."""
    found = outcome(services, attempt)
    return found.landed, found.quarantined, found.missing


def versions(services: Services, source: str) -> list[int | None]:
    query = "SELECT WRITETIME(rain) FROM analytics.hourlydata WHERE location_id = '1,2' AND source = %s AND year = 2020"
    return [row[0] for row in services.session.execute(query, (source,))]


def test_an_attempt_with_too_many_bad_records_writes_nothing_until_more_are_allowed(services: Services) -> None:
    attempt = send(services.settings, services.session, hours_of("test/many", ["rain"]), {"rain": [900.0, *WET[1:]]})
    with pytest.raises(TooManyBad):
        load_attempts([attempt.attempt_id], services)
    failed = services.ledger.get([attempt.attempt_id])[0]
    assert failed.status == "FAILED"
    assert "1 of 24 asked observations cannot land, MAX_BAD_FRACTION=0.01 allows 0; nothing was written" in str(failed.message)
    assert "1 like 'out of bounds: rain 900.0 is outside 0..500 mm'" in str(failed.message)
    assert (column(services, "test/many", "rain"), kept(services, "test/many")) == ([], [])
    assert "landed=23 quarantined=1" in load_attempts([attempt.attempt_id], allowing(0.05, services))
    assert len(kept(services, "test/many")) == 1


def test_every_record_that_cannot_land_is_kept_whole_and_listed_with_its_reason(
    lenient: Services, run: Callable[..., Result]
) -> None:
    unit = hours_of("test/kinds", ["rain"])
    good = records_of(unit, {"rain": [0.0] * 24})

    def changed(hour: int, **fields: object) -> tuple[bytes, bytes]:
        return b"1,2", json.dumps({**json.loads(good[hour][1]), **fields}).encode()

    bad = {
        "undecodable": (b"1,2", b"\xff{ cut"),
        "key missing": (b"", good[1][1]),
        "schema": changed(2, time="2020-05-09T02:00:00Z"),
        "type": changed(3, values={"rain": "wet"}),
        "out of bounds": changed(4, values={"rain": 900.0}),
    }
    foreign = {b"hello", b"\x00\xff", good[5][1]}
    records = [*bad.values(), *good[5:]]
    attempt = send_records(lenient.settings, lenient.session, unit, records, [(b"1,2", value) for value in foreign])
    assert "landed=19 quarantined=5 missing=0" in load_attempts([attempt.attempt_id], lenient)

    found = kept(lenient, "test/kinds")
    assert Counter(one.kind for one in found) == {**dict.fromkeys(bad, 1), "foreign": 3}
    whole = Quarantine(lenient.session, lenient.settings.cassandra_keyspace).read([one.id for one in found])
    expected = {(kind, *record) for kind, record in bad.items()} | {("foreign", b"1,2", value) for value in foreign}
    assert {(note.kind, one.key, one.value) for note, one in zip(found, whole, strict=True)} == expected
    assert {dict(one.headers).get("attempt_id") for one in whole} == {attempt.attempt_id, None}

    listed = run("list", "--source", "test/kinds")
    assert listed.exit_code == 0, listed.output
    assert [one for one in found if f"{one.id}  open" not in listed.output or one.reason not in listed.output] == []
    assert "8 records, 8 shown" in listed.output
    assert run("list", "--source", "test/kinds", "--reason", "type", "--days", "2").output.endswith("1 records, 1 shown\n")
    assert run("list", "--source", "test/kinds", "--day", "2020-05-01").output.endswith("0 records, 0 shown\n")


def test_a_record_is_shown_whole_with_its_attempt_and_the_newer_one_that_covers_it(
    lenient: Services, run: Callable[..., Result]
) -> None:
    attempt = load_with_two_bad(lenient, "test/show")
    one = kept(lenient, "test/show")[0]
    shown = run("show", str(one.id)).output
    assert one.reason in shown
    assert f"topic hourlymetrics, partition {one.id.partition}, offset {one.id.offset}" in shown
    assert f"{attempt.attempt_id} is COMMITTED" in shown
    assert '"values":{"rain":5.0}' in shown
    assert f"attempt_id: {attempt.attempt_id}" in shown
    assert "no newer committed attempt covers it" in shown
    newer = send(lenient.settings, lenient.session, hours_of("test/show", ["rain"]), {"rain": [0.0] * 24})
    load_attempts([newer.attempt_id], lenient)
    assert f"{newer.attempt_id} covers it" in run("show", str(one.id)).output


def test_a_replay_after_the_fix_lands_at_the_original_version_and_moves_counts_and_digest_once(lenient: Services) -> None:
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


def test_a_newer_value_stays_when_an_older_attempt_is_replayed(lenient: Services) -> None:
    older = load_with_two_bad(lenient, "test/newer")
    newer = send(lenient.settings, lenient.session, hours_of("test/newer", ["rain"]), {"rain": [0.5] * 22 + [0.25, None]})
    load_attempts([newer.attempt_id], lenient)
    assert "landed=2 missing=0 bad=0" in replay_quarantine(Selection(attempt_id=older.attempt_id), lenient)
    assert [one for one in column(lenient, "test/newer", "rain") if one is not None] == [0.5] * 22 + [0.25]
    assert counts(lenient, older) == (24, 0, 0)


def test_a_replay_fills_the_hours_that_its_own_load_had_cleared_of_an_older_value(lenient: Services) -> None:
    first = send(lenient.settings, lenient.session, hours_of("test/cleared", ["rain"]), {"rain": [0.5] * 24})
    load_attempts([first.attempt_id], lenient)
    second = load_with_two_bad(lenient, "test/cleared")
    assert column(lenient, "test/cleared", "rain") == [*WET[:22], None, None]
    replay_quarantine(Selection(attempt_id=second.attempt_id), lenient)
    assert column(lenient, "test/cleared", "rain") == WET
    assert set(versions(lenient, "test/cleared")) == {second.version}


@pytest.mark.parametrize(
    ("owner", "step"),
    [(replay_module, "write_batch"), (replay_module, "verify_written"), (Ledger, "mark_replayed"), (Quarantine, "mark")],
)
def test_a_replay_that_was_killed_goes_on_from_there(lenient: Services, owner: object, step: str) -> None:
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


def test_a_replay_killed_before_the_ledger_is_named_with_its_remedy_by_load_and_audit(lenient: Services) -> None:
    attempt = load_with_two_bad(lenient, "test/half")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "mark_replayed", die)
        with pytest.raises(KeyboardInterrupt):
            replay_quarantine(Selection(source="test/half"), lenient)
    remedy = f"`barograph quarantine replay --attempt {attempt.attempt_id}` ends it"
    with pytest.raises(VerificationFailed, match=remedy):
        load_attempts([attempt.attempt_id], lenient)
    replay_quarantine(Selection(attempt_id=attempt.attempt_id), lenient)
    assert "landed=24" in load_attempts([attempt.attempt_id], lenient)


def test_what_an_earlier_load_kept_in_quarantine_and_a_later_one_landed_is_not_replayed_and_counted_again(
    lenient: Services,
) -> None:
    attempt = send(lenient.settings, lenient.session, hours_of("test/settled", ["rain"]), {"rain": WET})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "verify_written", die)
        with pytest.raises(KeyboardInterrupt):
            with_rain_up_to(1, lambda: load_attempts([attempt.attempt_id], lenient))
    assert [one.state for one in kept(lenient, "test/settled")] == ["open", "open"]
    assert "landed=24 quarantined=0" in load_attempts([attempt.attempt_id], lenient)
    assert [one.state for one in kept(lenient, "test/settled")] == ["replayed", "replayed"]
    replay_quarantine(Selection(source="test/settled"), lenient)
    assert counts(lenient, attempt) == (24, 0, 0)


def test_a_load_frozen_before_its_write_opens_nothing_that_was_decided_since(lenient: Services) -> None:
    source = "test/frozen"
    attempt = send(lenient.settings, lenient.session, hours_of(source, ["rain"]), {"rain": WET})

    def wake_late(*arguments: Any) -> None:  # noqa: ANN401  # those of `write_batch`
        patch.setattr(load_module, "write_batch", write_batch)
        load_attempts([attempt.attempt_id], lenient)
        dropped, replayed = (one.id for one in kept(lenient, source))
        Quarantine(lenient.session, lenient.settings.cassandra_keyspace).mark([dropped], "dropped")
        with_rain_up_to(500, lambda: replay_quarantine(Selection(ids=(replayed,)), lenient))
        write_batch(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "write_batch", wake_late)
        with pytest.raises(VerificationFailed):  # it had read the table otherwise; what is committed stays so
            with_rain_up_to(1, lambda: load_attempts([attempt.attempt_id], lenient))
    assert [one.state for one in kept(lenient, source)] == ["dropped", "replayed"]
    assert status(lenient, attempt) == "COMMITTED"
    assert counts(lenient, attempt) == (23, 1, 0)
    assert "landed=23 quarantined=1" in load_attempts([attempt.attempt_id], lenient)


def test_what_is_still_bad_stays_with_its_new_reason_and_nothing_landed_is_red(lenient: Services) -> None:
    attempt = load_with_two_bad(lenient, "test/still")
    with pytest.raises(NothingLanded, match="landed=0 missing=0 bad=2"):
        with_rain_up_to(2, lambda: replay_quarantine(Selection(source="test/still"), lenient))
    assert [(one.reason, one.state) for one in kept(lenient, "test/still")] == [
        (f"out of bounds: rain {value} is outside 0..2 mm", "open") for value in (5.0, 7.0)
    ]
    assert "landed=1 missing=0 bad=1" in with_rain_up_to(6, lambda: replay_quarantine(Selection(source="test/still"), lenient))
    assert counts(lenient, attempt) == (23, 1, 0)


def test_a_dropped_record_is_kept_and_never_replayed_and_a_replayed_one_cannot_be_dropped(
    lenient: Services, run: Callable[..., Result]
) -> None:
    attempt = load_with_two_bad(lenient, "test/drop")
    dropped, other = (str(one.id) for one in kept(lenient, "test/drop"))
    assert run("drop", dropped).output == "1 dropped\n"
    assert "landed=1 missing=0 bad=0 waiting=0 replayed_before=0 dropped=1" in replay_quarantine(
        Selection(source="test/drop"), lenient
    )
    assert [one.state for one in kept(lenient, "test/drop")] == ["dropped", "replayed"]
    assert counts(lenient, attempt) == (23, 1, 0)
    refused = run("drop", other)
    assert (refused.exit_code, "was replayed" in refused.stderr) == (1, True)


def test_two_replays_at_once_are_both_counted(lenient: Services) -> None:
    attempt = load_with_two_bad(lenient, "test/two")

    class Overtaken(Ledger):
        """A ledger in which another replay is counted right after the first reading."""

        is_overtaken = False

        def _read_replayed(self, attempt: Attempt) -> tuple[dict[str, Replayed], Outcome]:
            found = super()._read_replayed(attempt)
            if not self.is_overtaken:
                self.is_overtaken = True
                Ledger(self._session, self._keyspace).mark_replayed(attempt, {"b/0/2": Replayed(DAY + timedelta(days=1), 5)})
            return found

    base = outcome(lenient, attempt)
    book = Overtaken(lenient.session, lenient.settings.cassandra_keyspace)
    book.mark_replayed(attempt, {"a/0/1": Replayed(DAY, None)})
    digest = {**base.row_digest, DAY + timedelta(days=1): 5}
    assert outcome(lenient, attempt) == Outcome(23, 0, 1, digest)


def test_the_command_line_replays_by_id(lenient: Services, side: SideStack) -> None:
    attempt = load_with_two_bad(lenient, "test/command")
    one = kept(lenient, "test/command")[0]
    done = side.run("barograph", "quarantine", "replay", str(one.id))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "replay records=1 landed=1 missing=0 bad=0" in done.stdout
    assert counts(lenient, attempt) == (23, 1, 0)
    again = side.run("barograph", "quarantine", "replay", "--reason", "no such reason")
    assert (again.returncode, "nothing in the quarantine is meant" in again.stdout) == (1, True)


def test_the_dag_replays_what_its_params_select(lenient: Services, side: SideStack) -> None:
    attempt = load_with_two_bad(lenient, "test/dag")
    conf = {"source": "test/dag", "reason": "out of bounds: rain"}
    await_green(side, "quarantine_replay_dag", side.airflow.trigger("quarantine_replay_dag", conf))
    assert counts(lenient, attempt) == (24, 0, 0)
    assert column(lenient, "test/dag", "rain") == WET
