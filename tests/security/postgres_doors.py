"""What is tried at PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg

from tests.security.attempts import Attempt, Target, tell


def try_postgres(target: Target) -> Iterator[Attempt]:
    """Users without and with a wrong password, and a copy of the whole server; with TLS, without it too."""
    for user in ("airflow", "postgres", "nobody"):
        yield _log_in(target, f"{user}, no password", user=user)
        yield _log_in(target, f"{user}, wrong password", user=user, password="wrong")  # noqa: S106 (made up)
    yield _log_in(target, "airflow, wrong password", user="airflow", password="wrong", replication="true")  # noqa: S106 (made up)
    if target.settings.tls:
        yield _log_in(target, "airflow, wrong password, plain text", user="airflow", password="wrong", sslmode="disable")  # noqa: S106 (made up)


def try_postgres_user(target: Target) -> Iterator[Attempt]:
    """Airflow with its password; with TLS, without it too."""
    own = target.settings.postgres_password.get_secret_value()
    yield replace(_log_in(target, "airflow", user="airflow", password=own), is_meant=True)
    if target.settings.tls:
        yield _log_in(target, "airflow, plain text", user="airflow", password=own, sslmode="disable")


def _log_in(target: Target, who: str, **given: Any) -> Attempt:  # noqa: ANN401 (libpq's own keywords)
    host, port = target.address
    try:
        psycopg.connect(host=host, port=port, dbname="airflow", connect_timeout=5, **given).close()
    except psycopg.OperationalError as error:
        return Attempt("postgres", who, "log in", tell(error), is_open=False)
    return Attempt("postgres", who, "log in", "a session", is_open=True)
