"""Airflow is isolated before the tests of this folder import it."""

from tests.orchestration.airflow_home import isolate_airflow

isolate_airflow()
