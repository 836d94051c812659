import pytest

from barograph.model.generation import Generation


@pytest.mark.parametrize("run_id", ["scheduled__2026-11-22T00:05:00+00:00", "by/hand"])
def test_an_id_gives_the_generation_back(run_id: str) -> None:
    generation = Generation("weather_data_dag", run_id, "produce_hourly_metrics", 2)
    assert Generation.from_id(generation.generation_id) == generation
