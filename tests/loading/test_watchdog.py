import pytest

from barograph.loading.watchdog import Progress


@pytest.mark.parametrize(
    ("used_s", "is_spark_busy", "stalled_s"),
    [(10.9, False, 90.0), (10.9, True, 0.0), (11.1, False, 0.0)],
    ids=["waits", "a Spark job runs", "its processes work"],
)
def test_only_a_job_whose_spark_and_processes_all_wait_stands_still(used_s: float, is_spark_busy: bool, stalled_s: float) -> None:
    assert Progress(10.0, 7.0).stalled_for_s(100.0, used_s, is_spark_busy=is_spark_busy) == stalled_s


def test_a_job_that_moves_again_begins_anew() -> None:
    progress = Progress(0.0, 0.0)
    assert progress.stalled_for_s(100.0, 0.0, is_spark_busy=False) == 100.0
    assert progress.stalled_for_s(110.0, 0.0, is_spark_busy=True) == 0.0
    assert progress.stalled_for_s(150.0, 0.1, is_spark_busy=False) == 40.0
