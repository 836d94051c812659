"""Airflow's database made ready in one process, through Airflow's own commands: each `airflow` start costs seconds."""

import json
from typing import Final

from airflow.cli.cli_parser import get_parser
from airflow.models.pool import Pool

from stack.settings import load_settings
from stack.templates import ETC

ADMIN: Final = "admin"


def set_up_airflow() -> None:
    """Migrate the tables; make or update the login; make the Variables and pools that are not there yet."""
    password = load_settings().airflow_admin_password.get_secret_value()
    _airflow("db", "migrate")
    person = ["--firstname", "barograph", "--lastname", "admin", "--email", "admin@localhost"]
    _airflow("users", "create", "--username", ADMIN, "--role", "Admin", "--password", password, *person)
    _airflow("users", "reset-password", "--username", ADMIN, "--password", password)
    _airflow("variables", "import", str(ETC / "variables.json"), "--action-on-existing-key", "skip")
    _make_pools()


def _make_pools() -> None:
    for name, pool in json.loads((ETC / "pools.json").read_text(encoding="utf-8")).items():
        if Pool.get_pool(name) is None:
            Pool.create_or_update_pool(name, **pool)


def _airflow(*arguments: str) -> None:
    parsed = get_parser().parse_args(arguments)
    parsed.func(parsed)


if __name__ == "__main__":
    set_up_airflow()
