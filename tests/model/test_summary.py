from barograph.model.attempt import Outcome
from barograph.model.summary import summarise
from tests.loading.kafka_records import attempt


def test_the_summary_line_adds_up() -> None:
    line = summarise([attempt(1), attempt(2)], [Outcome(20, 1, 3), Outcome(24, 0, 0)], 1.25)
    assert line == (
        "load source=open-meteo/dwd-icon resolution=hourly attempts=2 "
        "asked=48 landed=44 quarantined=1 missing=3 flagged=0 seconds=1.2"
    )
