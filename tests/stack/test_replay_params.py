import gzip
from pathlib import Path

from stack.show_weather import read_replay_params


def test_a_replay_names_the_days_places_and_variables_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "two.csv.gz"
    rows = ["latitude,longitude,time,temperature_2m", "25.8,-80.3,2008-01-02T00:00,25.0", "37.6,-122.4,2008-01-01T23:00,9.1"]
    file.write_bytes(gzip.compress("\n".join(rows).encode()))
    assert read_replay_params(file) == {
        "start_date": "2008-01-01",
        "end_date": "2008-01-02",
        "latitudes": "25.8,37.6",
        "longitudes": "-80.3,-122.4",
        "hourly": ["temperature_2m"],
        "daily": [],
    }
