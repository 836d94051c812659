import re
from dataclasses import replace

import pytest
from cassandra.cluster import Session

from barograph.model.attempt import Attempt
from barograph.store.store import Store
from barograph.transport.client import client_config
from barograph.transport.ranges import find_record, is_kept
from stack.side_stack import SideStack
from tests.integration.sending import hours_of, send

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def sent(side: SideStack, session: Session) -> Attempt:
    """An attempt whose records lie between those of two others."""
    for place in ("1,2", "1,2", "1,2"):
        last = send(Store(session, side.settings), hours_of("test/explain", ["rain"], place), {"rain": [0.5] * 24})
    (attempt,) = Store(session, side.settings).ledger.get([last.attempt_id])
    return attempt


def test_the_record_of_an_hour_is_found_among_those_of_its_attempt(side: SideStack, sent: Attempt) -> None:
    assert sent.manifest is not None
    client, ((partition, (start, _)),) = client_config(side.settings), sent.manifest.ranges.items()
    assert find_record(client, sent.manifest, sent.attempt_id, "1,2", "2020-05-01T07:00:00Z") == (partition, start + 7)
    assert find_record(client, sent.manifest, sent.attempt_id, "1,2", "2020-05-02T07:00:00Z") is None


def test_records_beyond_what_the_topic_holds_are_not_kept(side: SideStack, sent: Attempt) -> None:
    assert sent.manifest is not None
    client, manifest = client_config(side.settings), sent.manifest
    beyond = {partition: (start + 10**6, end + 10**6) for partition, (start, end) in manifest.ranges.items()}
    changed = [replace(manifest, ranges=beyond), replace(manifest, topic="no-such-topic"), replace(manifest, topic_id="other")]
    assert [is_kept(client, one) for one in (manifest, *changed)] == [True, False, False, False]


def test_explain_names_attempt_and_record_of_a_value(side: SideStack, session: Session) -> None:
    row = session.execute(
        "SELECT location_id, time, temperature_2m AS value, WRITETIME(temperature_2m) AS version "
        "FROM analytics.hourlydata WHERE source = 'standin/dwd-icon' LIMIT 1 ALLOW FILTERING"
    ).one()
    shown = side.run("barograph", "explain", row.location_id, f"{row.time:%Y-%m-%dT%H:%M}", "temperature_2m")
    assert shown.returncode == 0, shown.stderr
    assert f"{row.value} °C" in shown.stdout
    assert f"standin/dwd-icon/hourly/{row.version}" in shown.stdout
    assert re.search(r"hourlymetrics, partition \d, offset \d+", shown.stdout)
