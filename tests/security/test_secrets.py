"""Where the stack's secrets are not: command lines, environments, logs, tables, files that others can read."""

import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from cassandra.cluster import Session
from psycopg import sql

from stack.leftovers import find_leftovers
from stack.settings import CONFIDENTIAL, StackSettings
from stack.side_stack import SideStack

pytestmark = [pytest.mark.integration, pytest.mark.security]

DAG = "historic_weather_data_dag"
CONF = {"start_date": "2017-05-01", "end_date": "2017-05-02", "hourly": ["temperature_2m"], "daily": ["weather_code"]}
LARGEST = 64 * 2**20
"""Larger files are data of Kafka and Cassandra, not configuration or logs."""


def every_secret(settings: StackSettings) -> dict[str, str]:
    """What must not be seen, by name: generated passwords and what .env holds."""
    generated = json.loads((settings.logins_dir / "passwords.json").read_text(encoding="utf-8"))
    found = {f"{service} {user}": value for service, users in generated.items() for user, value in users.items()}
    given = {field: getattr(settings, field).get_secret_value() for field in CONFIDENTIAL}
    return found | {name: value for name, value in given.items() if value}


@pytest.fixture(scope="module")
def secrets(side: SideStack) -> dict[str, bytes]:
    """The running stack's."""
    found = {name: value.encode() for name, value in every_secret(side.settings).items()}
    assert len(found) >= 15
    return found


def _seen(text: bytes, secrets: dict[str, bytes]) -> list[str]:
    return [name for name, value in secrets.items() if value in text]


def _look_at_processes(side: SideStack, secrets: dict[str, bytes]) -> Iterator[str]:
    """What a look at every process of the stack shows, from now."""
    for process in find_leftovers(side.folder):
        for file in ("cmdline", "environ"):
            try:
                text = Path(f"/proc/{process.pid}/{file}").read_bytes()
                name = process.name()
            except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
                continue  # ended meanwhile
            yield from (f"{file} of {name}: {secret}" for secret in _seen(text, secrets))


def test_no_process_has_a_secret_in_its_command_line_or_environment_not_even_while_a_run_produces_and_loads(
    side: SideStack, secrets: dict[str, bytes]
) -> None:
    run_id = side.airflow.trigger(DAG, CONF)
    found: set[str] = set()
    programs: set[str] = set()
    until = time.monotonic() + 300
    while side.airflow.run(DAG, run_id).state not in {"success", "failed"} and time.monotonic() < until:
        found.update(_look_at_processes(side, secrets))
        programs |= {" ".join((process.info["cmdline"] or [])[:12]) for process in psutil.process_iter(["cmdline"])}
        time.sleep(0.5)
    assert side.airflow.run(DAG, run_id).state == "success"
    assert any("spark" in program.lower() for program in programs)
    assert found == set()


def test_no_log_holds_a_secret(side: SideStack, secrets: dict[str, bytes]) -> None:
    logs = [path for path in side.folder.rglob("*.log*") if path.is_file()]
    assert any("spark_processor" in str(path) for path in logs)
    assert [f"{path}: {name}" for path in logs for name in _seen(path.read_bytes(), secrets)] == []


def test_files_that_hold_a_secret_can_be_read_by_their_owner_only(side: SideStack, secrets: dict[str, bytes]) -> None:
    holders = [
        path
        for path in side.folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_size < LARGEST and _seen(path.read_bytes(), secrets)
    ]
    assert any(path.name == "passwords.json" for path in holders)
    assert [str(path) for path in holders if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_no_table_of_airflow_holds_a_secret(side: SideStack, secrets: dict[str, bytes]) -> None:
    settings = side.settings
    with psycopg.connect(
        host="127.0.0.1",
        port=settings.postgres_port,
        dbname="airflow",
        user="airflow",
        password=settings.postgres_password.get_secret_value(),
    ) as database:
        tables = [name for (name,) in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        assert "xcom" in tables
        found = []
        for table in tables:
            query = sql.SQL("SELECT count(*) FROM {} AS row WHERE position(%s in row::text) > 0").format(sql.Identifier(table))
            counts = {name: database.execute(query, (value.decode(),)).fetchone() for name, value in secrets.items()}
            found += [f"{table}: {name}" for name, row in counts.items() if row and row[0]]
    assert found == []


def test_no_table_of_cassandra_holds_a_secret(side: SideStack, session: Session, secrets: dict[str, bytes]) -> None:
    keyspace = side.settings.cassandra_keyspace
    tables = session.cluster.metadata.keyspaces[keyspace].tables
    assert "ingest_ledger" in tables
    found = []
    for table in tables:
        for row in session.execute(f"SELECT JSON * FROM {keyspace}.{table} LIMIT 20000"):
            found += [f"{table}: {name}" for name in _seen(row[0].encode(), secrets)]
    assert found == []
