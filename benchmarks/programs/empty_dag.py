"""What a run costs that does nothing: tasks of the same number, names and order as historic_weather_data_dag's."""

import pendulum
from airflow.sdk import XComArg, dag, task


@dag(schedule=None, start_date=pendulum.datetime(2024, 1, 1, tz="UTC"), catchup=False, tags=["benchmark"])
def empty_dag() -> None:
    """Plan, then twice: produce, load."""

    @task
    def plan_request() -> dict[str, list[str]]:
        """Plan nothing."""
        return {"hourly": [], "daily": []}

    @task
    def hand_on(given: XComArg) -> XComArg:
        """Do nothing."""
        return given

    questions = plan_request()
    for resolution in ("hourly", "daily"):
        produced = hand_on.override(task_id=f"produce_{resolution}_metrics")(questions)
        hand_on.override(task_id=f"spark_processor_{resolution}_task")(produced)


empty_dag()
