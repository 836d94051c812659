"""Files and paths from elsewhere: bombs to replay, values that take more than their line, paths, words of a shell."""

import gzip
import shlex
import subprocess
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from barograph.cli.locations import read_locations_file
from barograph.errors import RequestRefused
from stack.cli import app
from stack.dotenv_file import write_values
from stack.errors import StackError
from stack.landed import Landed
from stack.settings import StackSettings
from stack.show_weather import print_next_things, read_replay_params
from stack.standin.replay import MAX_LINE, MAX_VALUES, Replay

HEAD = "latitude,longitude,time,temperature_2m\n"
TWO = "latitude,longitude,time,temperature_2m,rain\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "is empty", id="nothing"),
        pytest.param("x" * MAX_LINE * 50, "line 1: it has more than", id="one line without an end"),
        pytest.param(HEAD + '1,2,"' + "x\n" * MAX_LINE * 20, "line", id="a quote without an end"),
        pytest.param(
            f"{TWO}1,2,0001-01-02T00:00,1,1\n1,2,9999-01-01T00:00,1,1\n", f"more than {MAX_VALUES} values", id="a hole of ages"
        ),
        pytest.param(HEAD + "1,2\n", "line 2: ", id="too few fields"),
        pytest.param(HEAD + "1,2,2008-01-01T00:00,1,1\n", "line 2: ", id="too many fields"),
        pytest.param(HEAD + "1,2,now,1\n", "line 2: ", id="no time"),
        pytest.param(HEAD + "1\x00,2,2008-01-01T00:00,1\n", "line 2: ", id="a NUL byte"),
    ],
)
def test_a_file_to_replay_that_would_fill_the_memory_or_is_none_is_refused(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(ValueError, match=f"bomb.csv.gz.*{says}"):
        Replay.load(path)


def test_thousands_of_stations_without_values_are_counted_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.standin.replay.MAX_VALUES", 1000)
    path = tmp_path / "bomb.csv.gz"
    rows = "".join(f"{degrees},2,2008-01-01T00:00\n" for degrees in range(50))
    path.write_bytes(gzip.compress(("latitude,longitude,time\n" + rows).encode()))
    with pytest.raises(ValueError, match="line 6: the file has more than 1000 values"):
        Replay.load(path)


@pytest.mark.parametrize("value", ["/data/x\nCASSANDRA_PASSWORD=known.csv.gz", "/data/x\r.csv.gz", "/data/\x1b[2J.csv.gz"])
def test_a_value_that_would_take_more_than_its_line_is_not_written(value: str, tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("STANDIN_REPLAY_FILE=\n")
    with pytest.raises(StackError, match="STANDIN_REPLAY_FILE would hold a line break"):
        write_values(path, {"STANDIN_REPLAY_FILE": value})
    assert path.read_text() == "STANDIN_REPLAY_FILE=\n"


@pytest.mark.parametrize("name", ["../secrets/passwords", "/etc/passwd", "kafka.log", "..", "kafka\n"])
def test_only_a_known_log_is_shown(name: str) -> None:
    result = CliRunner().invoke(app, ["logs", name])
    assert result.exit_code == 2
    assert repr(name) in result.output


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "."])
def test_an_import_of_what_has_no_end_or_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        read_locations_file(Path(path))
    assert len(str(refused.value)) < 300


HOSTILE = "a\"; touch bad; $(touch bad) `touch bad` 'x' !! \\"


def test_what_may_be_copied_into_a_shell_is_one_word_whatever_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    landed = Landed("hourly source'x", "hourly", date(2024, 4, 1), (HOSTILE,), ("rain",), 1, [])
    print_next_things(StackSettings(), [landed], "true")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "cqlsh" in line]
    assert "''x''" in shlex.split(line)[-1]
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True, capture_output=True)
    assert list(tmp_path.iterdir()) == []


def test_a_usual_location_is_shown_in_double_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    landed = Landed("standin/dwd-icon", "hourly", date(2024, 4, 1), ("52.5,13.4",), ("rain",), 1, [])
    print_next_things(StackSettings(), [landed], "./startup.sh")
    assert "cqlsh -e \"SELECT time, rain FROM analytics.hourlydata WHERE location_id='52.5,13.4' AND" in capsys.readouterr().out


def test_params_of_a_replayed_file_are_one_word_of_a_shell(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(f'{HEAD}"1\'$(touch bad)",2,2008-01-01T00:00,1\n'.encode()))
    assert read_replay_params(path)["latitudes"] == "1'$(touch bad)"
