from datetime import date

import pytest

from barograph.errors import RequestRefused
from barograph.model.quarantine import QuarantineId, Selection, parse_quarantine_id

TEXT = "open-meteo/dwd-icon/hourly/1763683200000000/hourlymetrics/0/17"
ONE = QuarantineId("open-meteo/dwd-icon", "hourly", 1763683200000000, "hourlymetrics", 0, 17)


def test_an_id_reads_back() -> None:
    assert (str(ONE), parse_quarantine_id(TEXT)) == (TEXT, ONE)


def test_an_id_names_the_attempt_the_place_and_the_utc_day_of_the_version() -> None:
    assert (ONE.attempt_id, ONE.place, ONE.day) == (
        *("open-meteo/dwd-icon/hourly/1763683200000000", "hourlymetrics/0/17"),
        date(2025, 11, 21),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17",
        "hourlymetrics/0/17",
        "open-meteo/dwd-icon/hourly/1763683200000000",
        "open-meteo/dwd-icon/weekly/1763683200000000/hourlymetrics/0/17",
        "open-meteo/dwd-icon/hourly/1763683200000000//0/17",
        "open-meteo/dwd-icon/hourly/1763683200000000/hourlymetrics/0/-1",
        "open-meteo/dwd-icon/hourly/1763683200000000/hourlymetrics/x/17",
        "open-meteo/dwd-icon/hourly/1763683200000000/hourlymetrics/²/17",
        "open-meteo/dwd-icon/hourly/1763683200000000/hourlymetrics/2147483648/17",  # pragma: allowlist secret (an id)
        "open-meteo/dwd-icon/hourly/1763683200000000/hourlymetrics/0/9223372036854775808",  # pragma: allowlist secret (an id)
        pytest.param("open-meteo/dwd-icon/hourly/1763683200000000/hourlymetrics/0/" + "9" * 5000, id="too many digits"),
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(RequestRefused, match=r"is not (one|an attempt id)"):
        parse_quarantine_id(text)


def test_a_selection_means_the_records_that_fit_every_part() -> None:
    reason = "out of bounds: rain 900.0 is outside -10..500 mm"
    assert Selection(source=ONE.source, resolution="hourly", reason="out of", attempt_id=ONE.attempt_id, ids=(ONE,)).has(
        ONE, reason
    )
    others = [
        Selection(source="other"),
        Selection(resolution="daily"),
        Selection(reason="bounds"),
        Selection(attempt_id=ONE.attempt_id + "1"),
        Selection(ids=(parse_quarantine_id(TEXT + "1"),)),
    ]
    assert [one for one in others if one.has(ONE, reason)] == []


def test_a_selection_travels_as_arguments_that_cannot_become_options() -> None:
    selection = Selection(source="a", resolution="daily", reason="--reason x", attempt_id="a/daily/1", ids=(ONE, ONE))
    arguments = selection.to_arguments()
    assert arguments == [
        "--source=a",
        "--resolution=daily",
        "--reason=--reason x",
        "--attempt-id=a/daily/1",
        f"--ids={TEXT},{TEXT}",
    ]
    texts = {name.removeprefix("--").replace("-", "_"): text for name, _, text in (one.partition("=") for one in arguments)}
    assert Selection.from_texts(texts) == selection


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"source": None, "reason": ""}, "nothing is selected: give at least one of source, reason"),
        ({"resolution": "weekly"}, "resolution 'weekly' is not one"),
        ({"attempt_id": "x"}, "'x' is not an attempt id"),
        ({"ids": f"{TEXT},x"}, "quarantine id 'x' is not one"),
    ],
)
def test_a_selection_of_nothing_or_nonsense_is_refused(texts: dict[str, str | None], says: str) -> None:
    with pytest.raises(RequestRefused, match=says):
        Selection.from_texts(texts)


def test_blanks_around_what_selects_make_no_difference() -> None:
    texts = {"source": " open-meteo/dwd-icon ", "resolution": "hourly ", "reason": " "}
    assert Selection.from_texts(texts) == Selection("open-meteo/dwd-icon", "hourly")
