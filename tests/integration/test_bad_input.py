"""Strange records in an attempt's offsets, and strange tables, on the real services: message, ledger, nothing wrong lands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from barograph.errors import ManifestMismatch, SchemaNewer
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.model.attempt import Attempt
from barograph.model.quarantine import Selection
from barograph.store.schema import SchemaDrift, check_schema, create_schema
from barograph.store.store import Store
from barograph.transport.client import client_config
from barograph.transport.delivery import Delivery, open_producer
from barograph.transport.record import Headers, Record, headers
from barograph.transport.topics import TopicUnfit, check_topic, topic_id
from tests.integration.sending import hours_of, records_of, send
from tests.integration.weather import column

pytestmark = [pytest.mark.integration, pytest.mark.spark]
MILD = [10.0 + hour for hour in range(24)]


@dataclass(frozen=True)
class Stranger:
    """A record that nobody acknowledged to the attempt; without headers of its own it carries the attempt's."""

    value: bytes | None
    key: bytes | None = b"1,2"
    headers: Headers | None = None
    timestamp: int = 0


def send_among(
    services: LoadContext, source: str, strangers: Sequence[Stranger], at: int, schema: bytes | None = None
) -> Attempt:
    """An EXTRACTED attempt of `MILD` hours, with `strangers` straight before its record `at`; `schema`: another header."""
    settings, chunk = services.settings, hours_of(source, ["temperature_2m"])
    attempt = services.ledger.open(chunk, dag_run="test", task="test")
    mine = [(name, schema if schema and name == "schema" else value) for name, value in headers(attempt)]
    producer = open_producer(client_config(settings))
    topic = settings.hourly_data_topic
    delivery = Delivery(producer, topic, topic_id(client_config(settings), topic), mine)
    for number, (key, value) in enumerate(records_of(chunk, {"temperature_2m": MILD})):
        if number == at:
            (partition,) = delivery.flush(30).ranges or (0,)
            for one in strangers:
                its = mine if one.headers is None else one.headers
                producer.produce(topic, one.value, one.key, partition, headers=its, timestamp=one.timestamp)
            producer.flush(30)
        delivery.add([(key, value)])
    services.ledger.mark_extracted(attempt, delivery.flush(30))
    return attempt


def record_of(source: str, hour: int) -> Record:
    """The attempt's own record of that hour."""
    return records_of(hours_of(source, ["temperature_2m"]), {"temperature_2m": MILD})[hour]


def changed(source: str, hour: int, **fields: object) -> bytes:
    """The same with other fields."""
    return json.dumps({**json.loads(record_of(source, hour)[1]), **fields}).encode()


def ledger_row(services: LoadContext, attempt: Attempt) -> Attempt:
    return services.ledger.get([attempt.attempt_id])[0]


def test_records_that_came_twice_count_once_whatever_the_second_one_says(
    services: LoadContext, caplog: pytest.LogCaptureFixture
) -> None:
    source = "test/twice"
    again = [Stranger(record_of(source, hour)[1]) for hour in (0, 1, 1)]
    other = Stranger(changed(source, 2, values={"temperature_2m": 59.0}))
    attempt = send_among(services, source, [*again, other], at=20)
    with caplog.at_level("WARNING"):
        assert "landed=24 quarantined=0 missing=0" in load_attempts([attempt.attempt_id], services)
    assert f"attempt {attempt.attempt_id}: 4 records came twice, those at the lowest offsets count" in caplog.text
    assert column(services, source, "temperature_2m") == MILD
    assert services.store.quarantine.find(Selection(source=source)) == []


@pytest.mark.parametrize(
    ("name", "stranger", "at", "says"),
    [
        pytest.param("forged", {"values": {"temperature_2m": 59.0}}, 3, "record digest", id="another value before the right one"),
        pytest.param("extra", {"time": "2020-05-02T00:00:00Z"}, 12, "25 records where", id="an hour too many"),
        pytest.param("cut", None, 12, "25 records where", id="the attempt's header over bytes that are no record"),
    ],
)
def test_what_carries_the_attempts_header_and_was_not_sent_by_it_fails_the_attempt_whole(
    services: LoadContext, name: str, stranger: dict[str, object] | None, at: int, says: str
) -> None:
    source = f"test/{name}"
    value = b"\xff{" if stranger is None else changed(source, 5, **stranger)
    attempt = send_among(services, source, [Stranger(value)], at=at)
    with pytest.raises(ManifestMismatch, match=says):
        load_attempts([attempt.attempt_id], services)
    failed = ledger_row(services, attempt)
    assert (failed.status, failed.is_unrecoverable) == ("FAILED", True)
    assert "nothing of it was written. `barograph fill` asks again" in str(failed.message)
    assert column(services, source, "temperature_2m") == []


def test_records_of_a_newer_schema_ask_for_an_upgrade_and_land_nothing(services: LoadContext) -> None:
    attempt = send_among(services, "test/newer-schema", [], at=0, schema=b"2")
    with pytest.raises(SchemaNewer, match=r"24 records have a schema newer than 1.* Upgrade barograph"):
        load_attempts([attempt.attempt_id], services)
    failed = ledger_row(services, attempt)
    assert (failed.status, failed.is_unrecoverable) == ("FAILED", False)
    assert column(services, "test/newer-schema", "temperature_2m") == []
    services.ledger.mark_failed(failed, "not to be filled by other tests", is_unrecoverable=True)


def test_strangers_in_between_go_whole_to_quarantine_and_the_attempt_lands(services: LoadContext) -> None:
    source = "test/strangers"
    unknown = "open-meteo/archive/hourly/17"
    strangers = [
        Stranger(None, None, []),
        Stranger(b"", b"", []),
        Stranger(None, b"1,2", [("attempt_id", None)]),
        Stranger(b"\x00\xff" * 1000, b"\xfe", [("attempt_id", b"\xff\x00")]),
        Stranger(b"x" * 900_000, b"k" * 70_000, [("note", b"n" * 1000)]),
        Stranger(record_of(source, 3)[1], b"1,2", [("attempt_id", unknown.encode())]),
        Stranger(record_of(source, 4)[1], b"1,2", [("attempt_id", b"a/hourly/" + b"9" * 70_000)]),
        Stranger(record_of(source, 5)[1], b"1,2", [("schema", b"1"), ("schema", b"2"), ("", b"")]),
        Stranger(record_of(source, 6)[1], b"1,2", [], timestamp=1),
        Stranger(record_of(source, 7)[1], b"1,2", [], timestamp=2**52),
    ]
    attempt = send_among(services, source, strangers, at=12)
    assert "landed=24 quarantined=0 missing=0" in load_attempts([attempt.attempt_id], services)
    assert column(services, source, "temperature_2m") == MILD
    quarantine = services.store.quarantine
    kept = quarantine.find(Selection(source=source))
    assert {one.kind for one in kept} == {"foreign"}
    whole = {(one.key, one.value) for one in quarantine.read([one.id for one in kept])}
    assert whole == {(one.key, one.value) for one in strangers}
    assert len(kept) == len(strangers)


def test_a_bad_attempt_keeps_no_other_one_out(services: LoadContext) -> None:
    source = "test/beside"
    older = send_among(services, source, [], at=0)
    bad = send_among(services, source, [Stranger(b"no record")], at=12)
    chunk = hours_of(source, ["temperature_2m"], "3,4")
    good = send(services.store, chunk, {"temperature_2m": MILD})
    with pytest.raises(ManifestMismatch, match=bad.attempt_id):
        load_attempts([one.attempt_id for one in (older, bad, good)], services)
    assert [ledger_row(services, one).status for one in (older, bad, good)] == ["COMMITTED", "FAILED", "COMMITTED"]
    assert [column(services, source, "temperature_2m", place) for place in ("1,2", "3,4")] == [MILD, MILD]


def test_a_load_that_wakes_late_changes_nothing_of_what_another_has_committed(
    services: LoadContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "test/wakes"
    attempt = send_among(services, source, [], at=0)
    before = ledger_row(services, attempt)
    load_attempts([attempt.attempt_id], services)
    committed = ledger_row(services, attempt)
    services.ledger.mark_failed(before, "its tables were not as it had read them")
    assert ledger_row(services, attempt) == committed


def test_a_compacted_topic_is_refused_before_anything_is_sent(services: LoadContext) -> None:
    client = client_config(services.settings)
    admin = AdminClient(client)
    admin.create_topics([NewTopic("compacted", 1, config={"cleanup.policy": "compact"})])["compacted"].result(30)
    with pytest.raises(TopicUnfit, match=r"topic compacted has cleanup\.policy=compact: .* Set it to delete"):
        check_topic(client, "compacted")
    topic = services.settings.hourly_data_topic
    assert check_topic(client, topic) == topic_id(client, topic)


@pytest.fixture(scope="module")
def drifted(services: LoadContext) -> LoadContext:
    """A keyspace of its own, whose tables may be broken."""
    settings = services.settings.model_copy(update={"cassandra_keyspace": "drifted"})
    other = replace(services, store=Store(services.store.session, settings), settings=settings)
    create_schema(other.store.session, other.settings)
    check_schema(other.store.session, other.settings)
    return other


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("ALTER TABLE drifted.ingest_ledger DROP manifest", r"column drifted\.ingest_ledger\.manifest is missing"),
        ("DROP TABLE drifted.quarantine", r"table drifted\.quarantine is missing"),
        ("DROP TABLE drifted.hourlydata", r"table drifted\.hourlydata is missing"),
    ],
)
def test_a_broken_table_ends_the_load_before_it_begins_and_init_mends_it(drifted: LoadContext, statement: str, says: str) -> None:
    drifted.store.session.execute(statement)
    with pytest.raises(SchemaDrift, match=f"{says}.*`barograph init` makes what is missing"):
        load_attempts(["test/any/hourly/1"], drifted)
    if "DROP TABLE" in statement:
        create_schema(drifted.store.session, drifted.settings)
    else:
        drifted.store.session.execute("ALTER TABLE drifted.ingest_ledger ADD manifest text")
    check_schema(drifted.store.session, drifted.settings)


def test_a_column_of_another_type_ends_the_load_before_it_writes(services: LoadContext, drifted: LoadContext) -> None:
    drifted.store.session.execute("ALTER TABLE drifted.hourlydata ADD temperature_2m int")
    attempt = send(drifted.store, hours_of("test/typed", ["temperature_2m"]), {"temperature_2m": MILD})
    with pytest.raises(SchemaDrift, match=r"column hourlydata\.temperature_2m is int, the variables file says double"):
        load_attempts([attempt.attempt_id], drifted)
    assert drifted.ledger.get([attempt.attempt_id])[0].status == "FAILED"
    assert list(drifted.store.session.execute("SELECT * FROM drifted.hourlydata")) == []
