import gc
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import gettempdir
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import XComArg
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from barograph.errors import DeliveryFailed, Permanent, RequestRefused, SourceUnavailable, Transient
from barograph.model.attempt import Attempt, Outcome, Status
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.orchestration.audit import AuditObservationsOperator
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.kafka import ProvenProducerHook
from barograph.orchestration.load import LoadObservationsOperator, find_current, find_landed
from barograph.orchestration.produce import ProduceObservationsOperator, encode_series
from barograph.orchestration.replay import ReplayQuarantineOperator
from barograph.settings import get_settings
from barograph.sources.port import Cell, Series
from barograph.spark_jobs import JOBS
from barograph.store.ledger import Ledger
from barograph.transport.record import decode
from tests.orchestration.runs import run_of, try_of

CONTEXT = try_of("manual__1")


def produce(planned: object) -> ProduceObservationsOperator:
    """The hourly produce task with what the plan task returned."""
    return ProduceObservationsOperator(
        task_id="produce_hourly_metrics", topic="hourlymetrics", resolution="hourly", planned=cast("XComArg", planned)
    )


def load(attempt_ids: list[str]) -> LoadObservationsOperator:
    """The hourly load task with what the produce task returned."""
    produced: Any = {"attempt_ids": attempt_ids, "observations": 24, "unserved": [], "known_unserved": [], "refused": None}
    return LoadObservationsOperator(task_id="spark_processor_hourly_task", produced=produced)


def test_nothing_planned_skips_the_task() -> None:
    with pytest.raises(AirflowSkipException, match="its list of variables is empty"):
        produce({"hourly": [], "daily": []}).execute(CONTEXT)


def test_a_connection_without_brokers_fails_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", '{"conn_type": "kafka", "extra": {"acks": "1"}}')
    question = {
        "source": "open-meteo/dwd-icon",
        "resolution": "hourly",
        "locations": ["1,2"],
        "variables": ["rain"],
        "start": "2026-11-20",
        "end": "2026-11-21",
    }
    with pytest.raises(AirflowFailException, match=r"connection 'kafka_default' has no bootstrap\.servers"):
        produce({"hourly": [question]}).execute(CONTEXT)


def test_the_promise_wins_over_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = (
        '{"bootstrap.servers": "ignored:1", "test.mock.num.brokers": 1, "acks": "0", "enable.idempotence": false, "log_level": 0}'
    )
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", f'{{"conn_type": "kafka", "extra": {extra}}}')
    reports: list[object] = []
    producer = ProvenProducerHook(kafka_config_id="kafka_default").get_producer()
    producer.produce("hourlymetrics", b"value", b"key", on_delivery=lambda error, message: reports.append(message.offset()))
    producer.flush(10)
    assert reports == [0]  # with acks=0 no broker says which offset it was


def test_every_time_of_every_place_becomes_a_record() -> None:
    times = ["2024-04-01T00:00:00Z", "2024-04-01T01:00:00Z"]
    answer = [Series(Location(str(n), "1"), Cell(1, 1, None), times, {"rain": [0.5, None]}) for n in (1, 2)]
    records = list(encode_series(answer, "open-meteo/archive"))
    assert [key for key, _ in records] == [b"1,1", b"1,1", b"2,1", b"2,1"]
    assert [decode(value).values for _, value in records] == [{"rain": 0.5}, {"rain": None}] * 2


@pytest.mark.parametrize("error", [RequestRefused("x"), Permanent("x")])
def test_what_must_be_changed_is_not_tried_again(error: Permanent) -> None:
    with pytest.raises(AirflowFailException, match="x"), failing_for_good():
        raise error


@pytest.mark.parametrize("error", [SourceUnavailable("x"), DeliveryFailed("x")])
def test_what_passes_is_tried_again(error: Transient) -> None:
    with pytest.raises(type(error)), failing_for_good():
        raise error


@pytest.fixture
def jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for Spark's jars."""
    monkeypatch.setenv("JARS_DIR", str(tmp_path))
    folder = tmp_path / "spark"
    folder.mkdir()
    monkeypatch.setenv("SPARK_DRIVER_MEMORY", "700m")
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", '{"conn_type": "spark", "host": "local[2]"}')
    get_settings.cache_clear()
    yield folder
    get_settings.cache_clear()


def test_a_load_without_jars_fails_for_good(jars: Path) -> None:
    with pytest.raises(AirflowFailException, match=r"no jars in .*the folder spark in JARS_DIR"):
        load(["open-meteo/dwd-icon/hourly/1"]).execute(CONTEXT)


def test_a_load_without_attempts_fails_for_good(jars: Path) -> None:
    (jars / "a.jar").touch()
    with pytest.raises(AirflowFailException, match="there are no attempts to load"):
        load([]).execute(CONTEXT)


def attempt(version: int, status: Status, place: str = "1,2") -> Attempt:
    """An attempt at a day of `place`."""
    day = Window(date(2024, 4, 1), date(2024, 4, 2))
    chunk = Chunk("open-meteo/dwd-icon", "hourly", (Location.from_id(place),), ("rain",), day)
    return Attempt(chunk, version, status, "manual__1", "produce_hourly_metrics")


def keep_ledger(monkeypatch: pytest.MonkeyPatch, *attempts: Attempt) -> Ledger:
    """Let the load operator find a ledger of these attempts, and no Cassandra."""
    known = {one.attempt_id: one for one in attempts}
    book = SimpleNamespace(get=lambda ids: [known[one] for one in ids], overlapping=lambda chunks: list(attempts))
    monkeypatch.setattr("barograph.orchestration.load.open_store", lambda settings: nullcontext(SimpleNamespace(ledger=book)))
    return cast("Ledger", book)


def test_a_load_whose_attempts_are_all_superseded_is_skipped_and_names_the_newer_ones(
    jars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (jars / "a.jar").touch()
    keep_ledger(monkeypatch, attempt(1, "EXTRACTED"), attempt(2, "COMMITTED"))
    with pytest.raises(AirflowSkipException, match=r"newer attempts hold every cell: open-meteo/dwd-icon/hourly/2$"):
        load(["open-meteo/dwd-icon/hourly/1"]).execute(CONTEXT)


def load_committed(monkeypatch: pytest.MonkeyPatch, jars: Path, attempts: Sequence[Attempt], number: int) -> None:
    """Run the load task of these attempts in its `number`-th try."""
    (jars / "a.jar").touch()
    keep_ledger(monkeypatch, *attempts)
    load([one.attempt_id for one in attempts]).execute(try_of("manual__1", number))


LANDED = replace(attempt(1, "COMMITTED"), outcome=Outcome(24, 0, 0))


def test_what_the_other_load_of_the_run_has_landed_needs_no_spark(
    jars: Path, submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_committed(monkeypatch, jars, [LANDED], number=1)
    assert not submitted.exists()


def test_its_line_comes_from_the_ledger() -> None:
    line = find_landed([LANDED])
    assert line is not None
    assert "attempts=1 asked=24 landed=24 quarantined=0 missing=0" in line


@pytest.mark.parametrize(
    ("attempts", "number"),
    [
        pytest.param([LANDED], 2, id="a cleared load verifies"),
        pytest.param([LANDED, attempt(2, "EXTRACTED", place="3,4")], 1, id="one of them waits still"),
        pytest.param([replace(LANDED, outcome=Outcome(0, 0, 24))], 1, id="nothing has landed, which is red"),
    ],
)
def test_anything_else_goes_to_spark(
    jars: Path, submitted: Path, monkeypatch: pytest.MonkeyPatch, attempts: list[Attempt], number: int
) -> None:
    load_committed(monkeypatch, jars, attempts, number)
    assert "--attempts-from" in submitted.read_text()


def test_a_superseded_attempt_is_left_out_of_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    old, newer, elsewhere = attempt(1, "EXTRACTED"), attempt(2, "COMMITTED"), attempt(3, "EXTRACTED", place="3,4")
    ledger = keep_ledger(monkeypatch, newer, old, elsewhere)
    assert find_current([old, elsewhere], ledger) == ([elsewhere.attempt_id], [newer.attempt_id])


@pytest.fixture
def submitted(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that a spark-submit of our own writes its arguments to, a line each.

    The last of them, if it is a file, is copied to `listed`; when there is `says`, it prints that and fails.
    """
    folder = tmp_path_factory.mktemp("bin")
    lines = [
        "#!/bin/sh",
        f'printf "%s\\n" "$@" > {folder}/arguments',
        "for last; do :; done",
        f'if [ -f "$last" ]; then cp "$last" {folder}/listed; fi',
        f"if [ -f {folder}/says ]; then cat {folder}/says; exit 1; fi",
    ]
    (folder / "spark-submit").write_text("\n".join([*lines, ""]))
    (folder / "spark-submit").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    yield folder / "arguments"
    gc.collect()  # the output of spark-submit that the hook left open, here where its warning is ignored


def test_one_job_takes_all_attempts_of_its_run_with_local_jars(
    jars: Path, submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b.jar", "a.jar"):
        (jars / name).touch()
    keep_ledger(monkeypatch, attempt(1, "EXTRACTED"), attempt(2, "EXTRACTED"))
    load(["open-meteo/dwd-icon/hourly/1", "open-meteo/dwd-icon/hourly/2"]).execute(CONTEXT)
    arguments = submitted.read_text().splitlines()
    assert arguments[-3:-1] == [str(JOBS / "load_observations.py"), "--attempts-from"]
    listed = submitted.with_name("listed").read_text().splitlines()
    assert listed == ["open-meteo/dwd-icon/hourly/1", "open-meteo/dwd-icon/hourly/2"]
    assert not Path(arguments[-1]).exists()
    assert arguments[arguments.index("--master") + 1] == "local[2]"
    assert arguments[arguments.index("--jars") + 1] == f"{jars}/a.jar,{jars}/b.jar"
    assert arguments[arguments.index("--driver-memory") + 1] == "700m"
    options = next(one for one in arguments if one.startswith("spark.driver.extraJavaOptions="))
    assert f"-Dlog4j2.configurationFile=file:{JOBS}/log4j2.properties" in options
    assert f"-Djava.io.tmpdir={gettempdir()}" in options
    assert "--packages" not in arguments


def test_p4_a_name_that_a_shell_would_run_stays_out_of_every_argument(
    jars: Path, submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (jars / "a.jar").touch()
    evil = "; touch stolen --conf spark.driver.memory=9g $(touch stolen)"
    keep_ledger(monkeypatch, attempt(1, "EXTRACTED", place=evil))
    load(["open-meteo/dwd-icon/hourly/1"]).execute(CONTEXT)
    handed_on = submitted.read_text() + submitted.with_name("listed").read_text()
    assert "open-meteo/dwd-icon/hourly/1" in handed_on
    assert "stolen" not in handed_on


@pytest.mark.parametrize(("deep", "arguments"), [(False, ["--days", "3"]), (True, ["--days", "3", "--deep"])])
def test_the_audit_gets_the_params_of_its_run(
    jars: Path, monkeypatch: pytest.MonkeyPatch, deep: bool, arguments: list[str]
) -> None:
    (jars / "a.jar").touch()
    monkeypatch.setattr(SparkSubmitOperator, "execute", lambda self, context: None)
    audit = AuditObservationsOperator(task_id="audit_observations")
    audit.execute(run_of("manual", "2024-05-01T12:00:00+00:00", params={"days": 3, "deep": deep}))
    assert (audit.application, audit.application_args, audit.jars) == (
        str(JOBS / "audit_observations.py"),
        arguments,
        str(jars / "a.jar"),
    )


FOR_GOOD = "barograph: load failed permanently: topic hourlymetrics was recreated: clear the produce task"
FOR_NOW = "barograph: load failed: Cassandra does not answer; look at Cassandra, then try again"


@pytest.mark.parametrize(
    ("said", "error", "last_line"),
    [
        (f"landing 1 attempts\n{FOR_GOOD}", AirflowFailException, FOR_GOOD),
        (f"{FOR_NOW}\n25/01/01 WARN something of Spark", AirflowException, f"{FOR_NOW}$"),
        ("barograph: load failed: it failed permanently?", AirflowException, "barograph: load failed: it failed permanently\\?$"),
        (
            "[INVALID_DRIVER_MEMORY] 300m",
            AirflowFailException,
            "Spark failed: .INVALID_DRIVER_MEMORY. 300m; SPARK_DRIVER_MEMORY is",
        ),
        ("WARN odd", AirflowException, r"Spark failed \(exit code 1\): WARN odd; look at the log above, then clear this task$"),
    ],
)
def test_the_last_line_of_a_red_job_is_what_the_job_said(
    jars: Path, submitted: Path, monkeypatch: pytest.MonkeyPatch, said: str, error: type[Exception], last_line: str
) -> None:
    (jars / "a.jar").touch()
    (submitted.parent / "spark-submit").write_text(f"#!/bin/sh\necho '{said}'\nexit 1\n")
    keep_ledger(monkeypatch, attempt(1, "EXTRACTED"))
    with pytest.raises(AirflowException, match=f"^{last_line}") as raised:
        load(["open-meteo/dwd-icon/hourly/1"]).execute(CONTEXT)
    assert raised.type is error
    assert (raised.value.__cause__, raised.value.__suppress_context__) == (None, True), "Airflow logs causes below the error"


def test_a_spark_that_was_killed_is_tried_again_and_says_so(jars: Path, submitted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (jars / "a.jar").touch()
    (submitted.parent / "spark-submit").write_text("#!/bin/sh\necho landing\nkill -9 $$\n")
    keep_ledger(monkeypatch, attempt(1, "EXTRACTED"))
    with pytest.raises(AirflowException, match=r"^Spark was killed \(SIGKILL\), most likely by the kernel") as raised:
        load(["open-meteo/dwd-icon/hourly/1"]).execute(CONTEXT)
    assert raised.type is AirflowException


def test_a_machine_without_spark_submit_is_told_what_to_install(
    jars: Path, submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (jars / "a.jar").touch()
    (submitted.parent / "spark-submit").unlink()
    keep_ledger(monkeypatch, attempt(1, "EXTRACTED"))
    with pytest.raises(AirflowFailException, match=r"spark-submit cannot be started .*run \./startup\.sh install"):
        load(["open-meteo/dwd-icon/hourly/1"]).execute(CONTEXT)


def replay(conf: dict[str, str], params: dict[str, str | None]) -> None:
    """The replay task of a run with these Params."""
    context: Any = {"params": params, "dag_run": SimpleNamespace(conf=conf)}
    known = ("source", "resolution", "reason", "attempt_id")
    ReplayQuarantineOperator(task_id="replay_quarantine", known=known).execute(context)


@pytest.mark.parametrize(
    ("conf", "params", "says"),
    [
        ({}, {"source": None, "reason": ""}, "nothing is selected: give at least one of source, resolution, reason, attempt_id"),
        ({"sources": "x"}, {"source": "x"}, "Params sources do not exist"),
        ({}, {"attempt_id": "x"}, "'x' is not an attempt id"),
    ],
)
def test_a_replay_of_nothing_or_nonsense_fails_for_good(
    jars: Path, conf: dict[str, str], params: dict[str, str | None], says: str
) -> None:
    (jars / "a.jar").touch()
    with pytest.raises(AirflowFailException, match=says):
        replay(conf, params)


def test_a_replay_hands_its_params_on(jars: Path, submitted: Path) -> None:
    (jars / "a.jar").touch()
    replay({"reason": "out of bounds"}, {"source": None, "reason": "out of bounds"})
    assert submitted.read_text().splitlines()[-2:] == [str(JOBS / "replay_quarantine.py"), "--reason=out of bounds"]
