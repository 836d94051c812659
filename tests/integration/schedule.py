"""`schedule.py DAG RUN_ID START END RUN_AFTER`: queue a scheduled run, as Airflow's scheduler does, in a process of its own."""

import sys
from datetime import datetime

from airflow.models.dagbag import DBDagBag
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType

if __name__ == "__main__":
    dag_id, run_id = sys.argv[1:3]
    start, end, run_after = map(datetime.fromisoformat, sys.argv[3:])
    with create_session() as session:
        dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
        assert dag is not None, dag_id
        dag.create_dagrun(
            run_id=run_id,
            logical_date=start,
            data_interval=(start, end),
            run_after=run_after,
            run_type=DagRunType.SCHEDULED,
            triggered_by=DagRunTriggeredByType.TIMETABLE,
            state=DagRunState.QUEUED,
            session=session,
        )
