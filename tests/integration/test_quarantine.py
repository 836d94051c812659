"""The quarantine on the real Kafka and Cassandra: what cannot land is kept, listed, shown, or dropped."""

import json
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from barograph.cli import app
from barograph.errors import TooManyBad
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.loading.replay import replay_quarantine
from barograph.model.quarantine import Selection
from barograph.settings import Settings, get_settings
from stack.logins import secrets_dir
from stack.side_stack import SideStack
from tests.integration.quarantined import WET, counts, kept, load_with_two_bad
from tests.integration.sending import hours_of, records_of, send, send_records
from tests.integration.weather import allowing, column

pytestmark = [pytest.mark.integration, pytest.mark.spark]


@pytest.fixture
def run(services: LoadContext, side: SideStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """What `barograph quarantine` with these arguments does on the test stack."""
    secrets = str(secrets_dir(side.settings, "loader"))
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), str(getattr(services.settings, name)))
    monkeypatch.setenv("SECRETS_DIR", secrets)
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(app, ["quarantine", *arguments])
    get_settings.cache_clear()


def test_an_attempt_with_too_many_bad_records_writes_nothing_until_more_are_allowed(services: LoadContext) -> None:
    attempt = send(services.store, hours_of("test/many", ["rain"]), {"rain": [900.0, *WET[1:]]})
    with pytest.raises(TooManyBad):
        load_attempts([attempt.attempt_id], services)
    failed = services.ledger.get([attempt.attempt_id])[0]
    assert failed.status == "FAILED"
    assert "1 of 24 asked observations cannot land whole, MAX_BAD_FRACTION=0.01 allows 0; nothing was written" in str(
        failed.message
    )
    assert "1 like 'out of bounds: rain 900.0 is outside -10..500 mm'" in str(failed.message)
    assert (column(services, "test/many", "rain"), kept(services, "test/many")) == ([], [])
    assert "landed=23 quarantined=1" in load_attempts([attempt.attempt_id], allowing(0.05, services))
    assert len(kept(services, "test/many")) == 1


def test_every_record_that_cannot_land_is_kept_whole_and_listed_with_its_reason(
    lenient: LoadContext, run: Callable[..., Result]
) -> None:
    chunk = hours_of("test/kinds", ["rain"])
    good = records_of(chunk, {"rain": [0.0] * 24})

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
    attempt = send_records(lenient.store, chunk, records, [(b"1,2", value) for value in foreign])
    assert "landed=19 quarantined=5 missing=0" in load_attempts([attempt.attempt_id], lenient)

    found = kept(lenient, "test/kinds")
    assert Counter(one.kind for one in found) == {**dict.fromkeys(bad, 1), "foreign": 3}
    whole = lenient.store.quarantine.read([one.id for one in found])
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
    lenient: LoadContext, run: Callable[..., Result]
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
    newer = send(lenient.store, hours_of("test/show", ["rain"]), {"rain": [0.0] * 24})
    load_attempts([newer.attempt_id], lenient)
    assert f"{newer.attempt_id} covers it" in run("show", str(one.id)).output


def test_a_dropped_record_is_deleted_and_stays_counted_and_a_replayed_one_cannot_be_dropped(
    lenient: LoadContext, run: Callable[..., Result]
) -> None:
    attempt = load_with_two_bad(lenient, "test/drop")
    dropped, other = (str(one.id) for one in kept(lenient, "test/drop"))
    assert run("drop", dropped).output == "1 dropped\n"
    assert "landed=1 missing=0 bad=0 waiting=0 replayed_before=0" in replay_quarantine(Selection(source="test/drop"), lenient)
    assert [one.state for one in kept(lenient, "test/drop")] == ["replayed"]
    assert counts(lenient, attempt) == (23, 1, 0)
    refused = run("drop", other)
    assert (refused.exit_code, "was replayed" in refused.stderr) == (1, True)
