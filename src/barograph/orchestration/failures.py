"""Barograph's errors become Airflow's, here only: permanent ones are not tried again."""

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowFailException

from barograph.errors import Permanent


@contextmanager
def failing_for_good() -> Iterator[None]:
    """Let `Permanent` errors fail the task at once; everything else is Airflow's to retry."""
    try:
        yield
    except Permanent as error:
        raise AirflowFailException(str(error)) from error
