"""The Variables that set-up makes, on a table of their own."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.models.variable import Variable
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from stack.airflow_setup import make_variables
from stack.templates import ETC

NAMES = {
    *("latitudes", "longitudes", "hourly", "daily", "start_date", "end_date", "locations", "tags", "source", "revision_days"),
}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A database with no Variables."""
    engine = create_engine(f"sqlite:///{tmp_path}/variables.db")
    Variable.metadata.create_all(engine, tables=[Variable.metadata.tables["variable"]])
    with Session(engine) as session:
        yield session
    engine.dispose()


def variables(session: Session) -> dict[str, tuple[str, str]]:
    """Value and description by name."""
    session.expire_all()
    return {row.key: (str(row.val), str(row.description)) for row in session.scalars(select(Variable))}


def test_every_variable_is_made_with_a_description(session: Session) -> None:
    make_variables(session)
    made = variables(session)
    assert set(made) == NAMES
    assert [name for name, (_, description) in made.items() if len(description) < 20] == []


def test_the_historic_dag_has_no_days_until_somebody_sets_them(session: Session) -> None:
    make_variables(session)
    assert [variables(session)[name][0] for name in ("start_date", "end_date")] == ["", ""]


def test_a_variable_keeps_its_value_and_its_own_description_and_gets_one_where_it_has_none(session: Session) -> None:
    Variable.set("hourly", "rain", session=session)
    Variable.set("daily", "sunrise", "Ours", session=session)
    make_variables(session)
    made = variables(session)
    assert made["hourly"][0] == "rain"
    assert made["hourly"][1].startswith("Hourly variables")
    assert made["daily"] == ("sunrise", "Ours")


def test_descriptions_name_only_documents_that_exist() -> None:
    named = re.findall(r"docs/[\w.-]+", json.dumps(json.loads((ETC / "variables.json").read_text(encoding="utf-8"))))
    assert named
    assert [name for name in named if not (ETC.parents[1] / name).is_file()] == []
