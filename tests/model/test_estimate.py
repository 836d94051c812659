from datetime import UTC, date, datetime, timedelta

from barograph.model.chunk import Chunk
from barograph.model.estimate import PlanEstimate, estimate, size_of_record
from barograph.model.location import Location
from barograph.model.observation import Observation
from barograph.model.quota import Call, Period, Usage
from barograph.model.window import Window
from barograph.transport.record import encode

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUOTA: dict[Period, float] = {"minute": 600, "hour": 5000, "day": 10_000}


def chunks(count: int, places: int = 500) -> list[Chunk]:
    """`count` chunks of cost `places`: a day of two variables each."""
    where = tuple(Location(str(n), "13.4105") for n in range(places))
    days = Window.from_days(date(2024, 4, 1), date(2024, 4, 1))
    return [Chunk("open-meteo/archive", "hourly", where, ("temperature_2m", "rain"), days)] * count


def estimated(count: int, usage: dict[str, Usage]) -> PlanEstimate:
    """What `count` chunks of cost 500 take, after `usage`."""
    planned = chunks(count)
    return estimate(planned, [Call("archive", len(chunk.locations), QUOTA) for chunk in planned], usage, NOW)


def test_a_plan_is_estimated_in_calls_cost_minutes_rows_and_bytes() -> None:
    said = str(estimated(2, {}))
    assert said.startswith("2 calls, cost 1000.0, 1 minutes under the quota, 24000 rows, ")
    assert "ends on" not in said


def test_a_plan_beyond_the_daily_quota_says_on_which_day_it_ends() -> None:
    assert "it ends on 2026-11-23 00:00 UTC" in str(estimated(21, {}))
    assert "it ends on 2026-11-23 00:01 UTC" in str(estimated(2, {"archive": Usage().charged(9_900, NOW)}))


def test_a_plan_that_outlives_the_records_in_kafka_is_warned_of() -> None:
    assert "Kafka keeps records for 7 days" in str(estimated(20 * 8, {}))
    assert "Kafka keeps" not in str(estimated(20 * 5, {}))


def test_the_size_of_a_record_is_about_that_in_kafka() -> None:
    chunk = chunks(1)[0]
    values = {"temperature_2m": -12.5, "rain": 0.0}
    key, value = encode(Observation("0,13.4105", chunk.source, "2024-04-01T00:00:00Z", dict(values)))
    assert abs(size_of_record(chunk) - len(key) - len(value)) <= 4


def test_the_end_follows_the_start() -> None:
    of_one = estimated(1, {})
    assert of_one.end_at - of_one.start_at == timedelta(0)
