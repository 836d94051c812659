"""Numbers as text, and cells: facts of the hosted API that can be checked by hand."""

from decimal import Decimal

import pytest

from stack.standin.digits import numbers_text
from stack.standin.grid import ERA5, ICON_D2, ICON_EU, ICON_GLOBAL, Grid, finest_cell, float32_text
from stack.standin.units import Conversion

ONE_DECIMAL = Conversion("°C", 1)
WHOLE = Conversion("%", 0)


@pytest.mark.parametrize(
    ("value", "conversion", "text"),
    [
        (20.0, ONE_DECIMAL, "20.0"),
        (0.25, ONE_DECIMAL, "0.3"),
        (-0.25, ONE_DECIMAL, "-0.3"),
        (-0.04, ONE_DECIMAL, "-0.0"),
        (0.0, Conversion("mm", 2), "0.00"),
        (80.0, WHOLE, "80"),
        (62.5, WHOLE, "63"),
        (-0.4, WHOLE, "0"),
        (-2.5, WHOLE, "-3"),
        (None, WHOLE, "null"),
        (10.0, Conversion("°F", 1, Decimal("1.8"), Decimal(32)), "50.0"),
        (61920.0, Conversion("ft", 3, Decimal("3.280839895")), "203149.609"),
    ],
)
def test_a_number_is_fixed_point_half_away_from_zero(value: float | None, conversion: Conversion, text: str) -> None:
    assert numbers_text([value], conversion) == text


def test_nulls_keep_their_places() -> None:
    assert numbers_text([None, 1.0, None, 2.0], ONE_DECIMAL) == "null,1.0,null,2.0"
    assert numbers_text([None, None], ONE_DECIMAL) == "null,null"
    assert numbers_text([], ONE_DECIMAL) == ""


@pytest.mark.parametrize(
    ("grid", "latitude", "longitude", "cell"),
    [
        (ICON_D2, 52.52, 13.41, "52.52,13.419998"),
        (ICON_D2, 43.78, 15.30, "43.78,15.299999"),
        (ICON_D2, 51.5074, -0.1278, "51.5,-0.120000124"),
        (ICON_GLOBAL, 61.2181, -149.9003, "61.25,-149.875"),
        (ICON_GLOBAL, 0.0, 180.0, "0.0,-180.0"),
        (ERA5, 52.52, 13.41, "52.5,13.5"),
        (ERA5, 0.0, 180.0, "0.0,-180.0"),
    ],
)
def test_cell_of_a_coordinate(grid: Grid, latitude: float, longitude: float, cell: str) -> None:
    found = grid.cell_of(latitude, longitude)
    assert found is not None
    assert f"{float32_text(found.latitude)},{float32_text(found.longitude)}" == cell


def test_the_finest_grid_that_covers_the_point_answers() -> None:
    grids = (ICON_D2, ICON_EU, ICON_GLOBAL)
    assert finest_cell(grids, 52.52, 13.41) == ICON_D2.cell_of(52.52, 13.41)
    assert finest_cell(grids, 40.0, 30.0) == ICON_EU.cell_of(40.0, 30.0)
    assert finest_cell(grids, 40.7, -74.0) == ICON_GLOBAL.cell_of(40.7, -74.0)
    assert finest_cell((ICON_D2,), 40.7, -74.0) is None
