"""Airflow's database made ready in one process, through Airflow's own commands: each `airflow` start costs seconds."""

from typing import Final

from airflow.cli.cli_parser import get_parser

from stack.settings import load_settings
from stack.templates import ETC

ADMIN: Final = "admin"


def set_up_airflow() -> None:
    """Migrate the tables; make or update the login, Variables (skipping existing ones) and pools."""
    password = load_settings().airflow_admin_password.get_secret_value()
    _airflow("db", "migrate")
    person = ["--firstname", "barograph", "--lastname", "admin", "--email", "admin@localhost"]
    _airflow("users", "create", "--username", ADMIN, "--role", "Admin", "--password", password, *person)
    _airflow("users", "reset-password", "--username", ADMIN, "--password", password)
    _airflow("variables", "import", str(ETC / "variables.json"), "--action-on-existing-key", "skip")
    _airflow("pools", "import", str(ETC / "pools.json"))


def _airflow(*arguments: str) -> None:
    parsed = get_parser().parse_args(arguments)
    parsed.func(parsed)


if __name__ == "__main__":
    set_up_airflow()
