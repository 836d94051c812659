from datetime import timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, CronDataIntervalTimetable, CronTriggerTimetable
from airflow.sdk.exceptions import ParamValidationError

from barograph.store.missing import DAILY_DAG

DAGS = Path(__file__).parents[2] / "dags"
DAILY, HISTORIC = "weather_data_dag", "historic_weather_data_dag"
BOTH = [DAILY, HISTORIC]
REPLAY = "quarantine_replay_dag"
OTHERS = {"weather_audit_dag", "fill_gaps_dag", REPLAY}
TASKS = {
    "plan_request",
    *("produce_hourly_metrics", "spark_processor_hourly_task"),
    *("produce_daily_metrics", "spark_processor_daily_task"),
}


@pytest.fixture(scope="module")
def bag() -> DagBag:
    """The DAGs of this repository."""
    return DagBag(dag_folder=DAGS)


def dag_of(bag: DagBag, dag_id: str) -> DAG:
    """A DAG that must be there."""
    dag = bag.dags[dag_id]
    assert isinstance(dag, DAG)
    return dag


def test_no_file_fails_to_import(bag: DagBag) -> None:
    assert bag.import_errors == {}


def test_there_are_exactly_these_dags(bag: DagBag) -> None:
    assert set(bag.dags) == {*BOTH, *OTHERS}


@pytest.mark.parametrize("dag_id", BOTH)
def test_the_tasks_are_those_that_users_know(bag: DagBag, dag_id: str) -> None:
    extra = {HISTORIC: {"load_early_hourly", "load_early_daily"}, DAILY: {"await_start"}}
    assert set(dag_of(bag, dag_id).task_ids) == TASKS | extra[dag_id]


def test_holes_are_looked_for_between_the_days_of_the_daily_dag() -> None:
    assert DAILY_DAG == DAILY


def test_a_fill_can_be_told_how_far_to_look_back(bag: DagBag) -> None:
    assert dag_of(bag, "fill_gaps_dag").params["since"] is None


def test_only_the_scheduled_dag_awaits_its_start(bag: DagBag) -> None:
    assert dag_of(bag, DAILY).get_task("plan_request").upstream_task_ids == {"await_start"}
    assert "await_start" not in dag_of(bag, HISTORIC).task_ids


@pytest.mark.parametrize("dag_id", BOTH)
def test_each_half_is_planned_then_produced_then_loaded(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    assert {task.task_id: task.upstream_task_ids - {"await_start"} for task in dag.tasks if task.task_id != "await_start"} == {
        "plan_request": set(),
        "produce_hourly_metrics": {"plan_request"},
        "spark_processor_hourly_task": {"produce_hourly_metrics"},
        "produce_daily_metrics": {"plan_request"},
        "spark_processor_daily_task": {"produce_daily_metrics"},
        **({f"load_early_{name}": {"plan_request"} for name in ("hourly", "daily")} if dag_id == HISTORIC else {}),
    }


@pytest.mark.parametrize("dag_id", BOTH)
def test_one_run_at_a_time_and_no_catching_up(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    assert (dag.catchup, dag.max_active_runs) == (False, 1)


@pytest.mark.parametrize("dag_id", BOTH)
def test_the_start_never_moves(bag: DagBag, dag_id: str) -> None:
    start = dag_of(bag, dag_id).start_date
    assert start is not None
    assert start.isoformat() == "2024-01-01T00:00:00+00:00"


def test_the_daily_run_has_a_real_interval_of_a_utc_day(bag: DagBag) -> None:
    timetable = dag_of(bag, DAILY).timetable
    assert isinstance(timetable, CronDataIntervalTimetable)
    assert (timetable.expression, str(timetable.timezone)) in {("0 0 * * *", "UTC"), ("@daily", "UTC")}


def test_history_runs_by_hand_only(bag: DagBag) -> None:
    assert dag_of(bag, HISTORIC).schedule is None


@pytest.mark.parametrize("dag_id", BOTH)
@pytest.mark.parametrize("task_id", sorted(TASKS))
def test_every_task_is_tried_again_with_growing_waits_and_ends_some_day(bag: DagBag, dag_id: str, task_id: str) -> None:
    task = dag_of(bag, dag_id).get_task(task_id)
    assert task.retries == 3
    assert task.retry_exponential_backoff == 2.0
    assert task.max_retry_delay == timedelta(minutes=15)
    assert task.execution_timeout is not None
    assert timedelta(0) < task.execution_timeout <= timedelta(hours=6)


@pytest.mark.parametrize("dag_id", [HISTORIC, "fill_gaps_dag"])
def test_loads_of_long_runs_get_the_time_that_producing_gets(bag: DagBag, dag_id: str) -> None:
    tasks = {task.task_id: task.execution_timeout for task in dag_of(bag, dag_id).tasks}
    times = {time for task_id, time in tasks.items() if task_id.startswith(("produce_", "spark_processor_", "load_extracted_"))}
    assert times == {timedelta(hours=6)}


@pytest.mark.parametrize("dag_id", BOTH)
@pytest.mark.parametrize(
    ("task_id", "pool"),
    [
        ("plan_request", "default_pool"),
        ("produce_hourly_metrics", "open_meteo"),
        ("produce_daily_metrics", "open_meteo"),
        ("spark_processor_hourly_task", "spark"),
        ("spark_processor_daily_task", "spark"),
    ],
)
def test_the_api_and_spark_have_pools(bag: DagBag, dag_id: str, task_id: str, pool: str) -> None:
    assert dag_of(bag, dag_id).get_task(task_id).pool == pool


@pytest.mark.parametrize("dag_id", BOTH)
def test_the_docs_say_what_to_do_when_a_task_is_red(bag: DagBag, dag_id: str) -> None:
    text = dag_of(bag, dag_id).doc_md or ""
    assert "When a task is red" in text
    assert [part for part in ("plan_request", "produce_*_metrics", "spark_processor_*_task") if part not in text] == []


@pytest.mark.parametrize("dag_id", BOTH)
def test_it_has_an_owner_and_tags(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    assert ({task.owner for task in dag.tasks}, dag.tags) == ({"barograph"}, {"barograph", "weather"})


def test_every_param_of_history_is_optional(bag: DagBag) -> None:
    names = ("start_date", "end_date", "latitudes", "longitudes", "locations", "tags", "hourly", "daily")
    assert dag_of(bag, HISTORIC).params.dump() == dict.fromkeys([*names, "source"]) | {"force": False}


def test_the_day_of_a_daily_run_is_optional(bag: DagBag) -> None:
    assert dag_of(bag, DAILY).params.dump() == {"day": None, "source": None}


@pytest.mark.parametrize(("dag_id", "name"), [(DAILY, "day"), (HISTORIC, "start_date"), (HISTORIC, "end_date")])
def test_days_are_picked_as_dates(bag: DagBag, dag_id: str, name: str) -> None:
    param = dag_of(bag, dag_id).params.get_param(name)
    assert param.schema["format"] == "date"
    assert param.resolve("2024-02-29") == "2024-02-29"
    with pytest.raises(ParamValidationError):
        param.resolve("2026-13-01")


@pytest.mark.parametrize("name", ["hourly", "daily"])
def test_variables_are_given_as_a_list(bag: DagBag, name: str) -> None:
    param = dag_of(bag, HISTORIC).params.get_param(name)
    assert param.resolve(["rain"]) == ["rain"]
    assert param.resolve([]) == []
    with pytest.raises(ParamValidationError):
        param.resolve("rain")


@pytest.mark.parametrize("dag_id", BOTH)
def test_the_job_that_spark_gets_is_there(bag: DagBag, dag_id: str) -> None:
    task = dag_of(bag, dag_id).get_task("spark_processor_hourly_task")
    assert Path(str(getattr(task, "application", ""))).read_text(encoding="utf-8").startswith('"""spark-submit entry')


@pytest.mark.parametrize("dag_id", BOTH)
def test_templates_are_never_rendered_outside_the_sandbox(bag: DagBag, dag_id: str) -> None:
    assert dag_of(bag, dag_id).render_template_as_native_obj is False


@pytest.mark.parametrize(("dag_id", "when"), [("weather_audit_dag", "0 6 * * *"), ("fill_gaps_dag", "0 7 * * *")])
def test_the_audit_and_the_fill_run_daily_after_the_weather_of_the_day(bag: DagBag, dag_id: str, when: str) -> None:
    timetable = dag_of(bag, dag_id).timetable
    assert isinstance(timetable, CronTriggerTimetable)
    assert (timetable.expression, str(timetable.timezone)) == (when, "UTC")


def test_the_audit_takes_days_and_depth(bag: DagBag) -> None:
    params = dag_of(bag, "weather_audit_dag").params
    assert params.dump() == {"days": 7, "deep": False}
    for wrong in (0, 36_526, 10**12, "many"):
        with pytest.raises(ParamValidationError):
            params.get_param("days").resolve(wrong)


@pytest.mark.parametrize("dag_id", ["weather_audit_dag", "fill_gaps_dag"])
def test_the_first_audit_and_fill_wait_for_their_hour_so_that_there_is_something_to_look_at(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    assert dag.start_date is None  # beside one, Airflow runs the hour that has passed
    assert isinstance(dag.timetable, CronTriggerTimetable)
    assert dag.timetable.run_immediately is False


def test_filling_asks_and_loads_and_loads_what_kafka_holds(bag: DagBag) -> None:
    dag = dag_of(bag, "fill_gaps_dag")
    assert dag.max_active_runs == 1
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        "plan_gaps": set(),
        **{f"produce_{name}_metrics": {"plan_gaps"} for name in ("hourly", "daily")},
        **{f"spark_processor_{name}_task": {f"produce_{name}_metrics"} for name in ("hourly", "daily")},
        **{f"pick_extracted_{name}": {"plan_gaps"} for name in ("hourly", "daily")},
        **{f"load_extracted_{name}_task": {f"pick_extracted_{name}"} for name in ("hourly", "daily")},
        **{f"load_early_{name}": {"plan_gaps"} for name in ("hourly", "daily")},
    }


def test_the_replay_of_the_quarantine_is_one_spark_task_by_hand_with_every_param_optional(bag: DagBag) -> None:
    dag = dag_of(bag, REPLAY)
    (task,) = dag.tasks
    assert dag.schedule is None
    assert dag.is_paused_upon_creation is False
    assert (task.task_id, task.pool, task.retries, dag.max_active_runs) == ("replay_quarantine", "spark", 3, 1)
    assert dag.params.dump() == dict.fromkeys(("source", "resolution", "reason", "attempt_id"))
    assert Path(str(getattr(task, "application", ""))).read_text(encoding="utf-8").startswith('"""spark-submit entry')
    assert "When a task is red" in (dag.doc_md or "")


@pytest.mark.parametrize("good", [None, "", "hourly", "daily"])
def test_the_resolution_of_a_replay_is_one_of_two_or_left_open(bag: DagBag, good: str | None) -> None:
    param = dag_of(bag, REPLAY).params.get_param("resolution")
    assert param.resolve(good) == good
    with pytest.raises(ParamValidationError):
        param.resolve("weekly")
