import pytest

from benchmarks.figures import growth_exponent, paired_ratios, percentile, spread_of


def test_median_and_spread_are_those_of_the_rounds() -> None:
    spread = spread_of([3.0, 1.0, 10.0, 2.0])
    assert (spread.median, spread.lowest, spread.highest, spread.rounds) == (2.5, 1.0, 10.0, 4)


def test_ratios_are_taken_within_a_round_and_only_where_both_were_measured() -> None:
    assert paired_ratios({1: 30.0, 2: 60.0, 3: 99.0}, {2: 20.0, 1: 20.0, 4: 1.0}) == [1.5, 3.0]


@pytest.mark.parametrize(("power", "factor"), [(1.0, 0.002), (1.5, 1.0), (0.0, 7.0)])
def test_growth_exponent_is_the_power_of_the_size(power: float, factor: float) -> None:
    sizes = (100_000, 1_000_000, 5_000_000)
    assert growth_exponent({size: factor * size**power for size in sizes}) == pytest.approx(power)


def test_growth_exponent_of_one_size_is_refused() -> None:
    with pytest.raises(ValueError, match="needs two sizes, there are 1"):
        growth_exponent({100_000: 9.0})


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (99, 99.0), (100, 100.0), (1, 1.0), (0, 1.0)])
def test_percentile_is_the_nearest_rank(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], percent) == value
