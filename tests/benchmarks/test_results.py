import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.machine import describe_machine
from benchmarks.processes import ProgramFailed
from benchmarks.results import Measurement, Recording
from benchmarks.suite import Contender, play_rounds

SCALE = {"rows": 1000}


def counting(name: str, ran: list[str]) -> Contender:
    """A contender that notes each time it runs."""

    def run(number: int) -> Mapping[str, float]:
        ran.append(f"{name}{number}")
        return {"seconds": 2.0}

    return Contender(name, 1000, run)


def play(contenders: list[Contender], rounds: int, folder: Path) -> Recording:
    """The rounds as `make bench` plays them, in a new process each time."""
    recording = Recording("suite", SCALE, folder)
    play_rounds(contenders, rounds, recording, lambda _: None)
    return recording


def test_contenders_take_turns_and_nobody_is_always_first(tmp_path: Path) -> None:
    ran: list[str] = []
    play([counting(name, ran) for name in "abc"], 3, tmp_path)
    assert ran == ["a1", "b1", "c1", "b2", "c2", "a2", "c3", "a3", "b3"]


def test_an_interrupted_run_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    ran: list[str] = []

    def interrupted(_: int) -> Mapping[str, float]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play([counting("a", ran), Contender("b", 1000, interrupted)], 2, tmp_path)
    assert ran == ["a1"]
    recording = play([counting("a", ran), counting("b", ran)], 2, tmp_path)
    assert ran == ["a1", "b1", "b2", "a2"]
    assert recording.values("a", "rate") == {1: 500.0, 2: 500.0}


def test_results_of_another_size_are_put_aside(tmp_path: Path) -> None:
    Recording("suite", {"rows": 5}, tmp_path).add(Measurement("a", 1, 5, {"seconds": 1.0}))
    assert Recording("suite", SCALE, tmp_path).measurements == []
    assert json.loads((tmp_path / "suite.other.json").read_text())["scale"] == {"rows": 5}


def test_results_of_another_machine_are_put_aside_and_can_be_shown(tmp_path: Path) -> None:
    other = {**describe_machine(), "processor": "abacus"}
    Recording("suite", SCALE, tmp_path, other).add(Measurement("a", 1, 1000, {"seconds": 1.0}))
    assert Recording.read(tmp_path / "suite.json").machine == other
    assert Recording("suite", SCALE, tmp_path).measurements == []
    assert json.loads((tmp_path / "suite.other.json").read_text())["machine"] == other


def test_a_contender_that_fails_is_noted_and_the_others_go_on(tmp_path: Path) -> None:
    ran: list[str] = []

    def fail(_: int) -> Mapping[str, float]:
        raise ProgramFailed("java ended with 1:\nout of luck")

    recording = play([Contender("a", 1000, fail), counting("b", ran)], 1, tmp_path)
    assert recording.of("a")[0].note == "java ended with 1:\nout of luck"
    assert recording.values("a", "rate") == {}
    assert ran == ["b1"]
    recording = play([counting("a", ran), counting("b", ran)], 1, tmp_path)
    assert ran == ["b1", "a1"]
    assert [(one.contender, one.note) for one in recording.measurements] == [("b", ""), ("a", "")]


def test_rates_may_be_of_a_part_of_the_time(tmp_path: Path) -> None:
    recording = Recording("suite", SCALE, tmp_path)
    recording.add(Measurement("a", 1, 1000, {"seconds": 10.0, "write": 4.0}))
    assert recording.values("a", "rate of write") == {1: 250.0}
    assert recording.values("a", "write") == {1: 4.0}
