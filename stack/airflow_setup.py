"""Airflow's database made ready in one process, through Airflow's own commands: each `airflow` start costs seconds.

The password of the login is read from standard input: no secret is in the environment or the arguments of a process.
"""

import json
import sys
from typing import Final

from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf
from airflow.models.pool import Pool
from airflow.models.variable import Variable
from airflow.utils.session import create_session
from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from stack.errors import StackError
from stack.templates import ETC

ADMIN: Final = "admin"


def set_up_airflow(password: str) -> None:
    """Migrate the tables; make or update the login; make the Variables and pools that are not there yet."""
    _airflow("db", "migrate")
    if "," in conf.get_mandatory_value("core", "fernet_key"):
        _encrypt_again()
    person = ["--firstname", "barograph", "--lastname", "admin", "--email", "admin@localhost"]
    _airflow("users", "create", "--username", ADMIN, "--role", "Admin", "--password", password, *person)
    _airflow("users", "reset-password", "--username", ADMIN, "--password", password)
    with create_session() as session:
        make_variables(session)
    _make_pools()


def _encrypt_again() -> None:
    """Encrypt with the newest key what is encrypted with a former one, all or nothing.

    Raises:
        StackError: something is encrypted with none of the keys.
    """
    try:
        _airflow("rotate-fernet-key")
    except InvalidToken as error:
        raise StackError(
            "a connection, Variable or trigger in Airflow's database is encrypted with none of the keys in AIRFLOW_FERNET_KEY: "
            "add its key there, after a comma; or leave one key, and delete what cannot be read in the web pages"
        ) from error


def make_variables(session: Session) -> None:
    """Make the Variables that are not there yet; one that is there keeps its value, and gets a description if it has none."""
    for name, row in json.loads((ETC / "variables.json").read_text(encoding="utf-8")).items():
        variable = session.scalar(select(Variable).where(Variable.key == name))
        if variable is None:
            Variable.set(name, row["value"], row["description"], session=session)
        elif not variable.description:
            variable.description = row["description"]


def _make_pools() -> None:
    for name, pool in json.loads((ETC / "pools.json").read_text(encoding="utf-8")).items():
        if Pool.get_pool(name) is None:
            Pool.create_or_update_pool(name, **pool)


def _airflow(*arguments: str) -> None:
    parsed = get_parser().parse_args(arguments)
    parsed.func(parsed)


if __name__ == "__main__":
    set_up_airflow(sys.stdin.read())
