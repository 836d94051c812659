"""What became of the run that test_waiting.py left waiting: minutes later, so that no test waits for it."""

import pytest
from cassandra.cluster import Session

from stack.side_stack import SideStack
from tests.integration.waits import DAG, PRODUCE, RUN_ID
from tests.integration.weather import await_green

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("waiting")]


def test_a_task_that_the_source_told_to_wait_went_on_by_itself_in_the_same_try(side: SideStack, session: Session) -> None:
    await_green(side, DAG, RUN_ID)
    tries = {task.task_id: task.try_number for task in side.airflow.tasks(DAG, RUN_ID)}
    assert {tries[task] for task in PRODUCE} == {1}
    logs = ["\n".join(side.airflow.task_log(DAG, RUN_ID, task)) for task in PRODUCE]
    (log,) = [log for log in logs if "this task gives its slot back and resumes at" in log]
    assert "answered 429: Come back later" in log
    assert log.index("gives its slot back") < log.index("peak memory of this task")
    query = "SELECT status, message FROM analytics.ingest_ledger WHERE dag_run = %s ALLOW FILTERING"
    ended = sorted((row.status, row.message) for row in session.execute(query, [f"{DAG}/{RUN_ID}"]))
    assert [status for status, _ in ended] == ["COMMITTED", "COMMITTED", "FAILED"]
    assert "answered 429: Come back later" in ended[-1][1]
