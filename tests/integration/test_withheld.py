"""One value out of bounds: the hour's other values land, and the record waits in quarantine for a replay."""

from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.loading.replay import replay_quarantine
from barograph.model.quarantine import Selection
from tests.integration.quarantined import kept, outcome, with_rain_up_to
from tests.integration.sending import hours_of, send

MILD, DRY = [7.5] * 24, [0.0] * 24
WET = [*DRY[:5], 5.0, *DRY[6:]]
NAMES = ["temperature_2m", "rain"]


def hours(services: LoadContext, source: str) -> list[tuple[float | None, float | None, int]]:
    """Temperature and rain of each hour in order, and the version of the temperature."""
    query = (
        "SELECT temperature_2m, rain, WRITETIME(temperature_2m) AS version FROM analytics.hourlydata "
        "WHERE location_id = '1,2' AND source = %s AND year = 2020 ORDER BY time ASC"
    )
    return [(row.temperature_2m, row.rain, row.version) for row in services.store.session.execute(query, (source,))]


def test_the_other_values_land_and_a_replay_completes_the_row(lenient: LoadContext) -> None:
    source = "test/withheld"
    older = send(lenient.store, hours_of(source, NAMES), {"temperature_2m": [1.0] * 24, "rain": [0.5] * 24})
    load_attempts([older.attempt_id], lenient)
    newer = send(lenient.store, hours_of(source, NAMES), {"temperature_2m": MILD, "rain": WET})

    line = with_rain_up_to(1, lambda: load_attempts([newer.attempt_id], lenient))

    assert "landed=24 quarantined=0 missing=0 flagged=1" in line
    assert hours(lenient, source) == [(7.5, None if hour == 5 else 0.0, newer.version) for hour in range(24)]
    (record,) = kept(lenient, source)
    assert (record.state, record.reason) == ("open", "out of bounds: rain 5.0 is outside -10..1 mm")

    still = Selection(source=source)
    assert "landed=1 missing=0 bad=0" in replay_quarantine(still, lenient)

    assert hours(lenient, source) == [(7.5, value, newer.version) for value in WET]
    assert [one.state for one in kept(lenient, source)] == ["replayed"]
    found = outcome(lenient, newer)
    assert (found.landed, found.quarantined, found.missing, found.flagged) == (24, 0, 0, 0)
    assert "landed=24" in load_attempts([newer.attempt_id], lenient)  # committed: verified by the digest of the ledger
    assert "replayed_before=1" in replay_quarantine(still, lenient)
