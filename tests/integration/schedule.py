"""`schedule.py DAG RUN_ID START SECONDS`: queue a scheduled run as Airflow's scheduler does, due in so many seconds."""

import sys
from datetime import UTC, datetime, timedelta

from airflow.models.dagbag import DBDagBag
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType

if __name__ == "__main__":
    dag_id, run_id, *times = sys.argv[1:]
    start = datetime.fromisoformat(times[0])
    with create_session() as session:
        dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
        assert dag is not None, dag_id
        dag.create_dagrun(
            run_id=run_id,
            logical_date=start,
            data_interval=(start, start + timedelta(days=1)),
            run_after=datetime.now(UTC) + timedelta(seconds=float(times[1])),
            run_type=DagRunType.SCHEDULED,
            triggered_by=DagRunTriggeredByType.TIMETABLE,
            state=DagRunState.QUEUED,
            session=session,
        )
