"""A rotation of Airflow's keys and PostgreSQL's password, on a stack of these two alone, and one that was cut short."""

from collections.abc import Iterator
from typing import Final

import psycopg
import pytest
import requests

from stack.dotenv_file import generate_secret, write_values
from stack.errors import StackError
from stack.logins import make_logins
from stack.programs import find_program
from stack.rotation import renew_secrets, secrets_to_renew
from stack.settings import StackSettings, env_path, load_settings
from stack.side_services import SideServices
from stack.stack_control import take_down
from stack.startup import Startup
from stack.supervision import Supervisor
from stack.weather_mode import settle_settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

PASSWORD: Final = """pä $HOME "'%#@: x"""  # noqa: S105 (of a connection that lives for this test)
STORED: Final = {"connection_id": "mine", "conn_type": "http", "password": PASSWORD, "extra": '{"a": "b"}'}


class AirflowAlone(SideServices):
    """PostgreSQL and the api-server."""

    def up(self) -> requests.Session:
        """Start both, with Airflow's database set up; the API as the user admin."""
        with self._as_environment():
            settings = settle_settings("offline")
            make_logins(settings)
            supervisor = Supervisor(settings)
            supervisor.begin()
            startup = Startup(settings, supervisor)
            startup.bring_up(find_program("postgres"))
            startup.set_up_airflow()
            startup.bring_up(find_program("airflow-api-server"))
        body = {"username": "admin", "password": settings.airflow_admin_password.get_secret_value()}
        answer = requests.post(f"{settings.airflow_url}/auth/token", json=body, timeout=60)
        answer.raise_for_status()
        api = requests.Session()
        api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return api

    def renew(self) -> None:
        """Stop both, and write new secrets."""
        take_down(self.own_settings)
        with self._as_environment():
            renew_secrets(load_settings(), secrets_to_renew(with_login=False))

    def write(self, **values: str) -> None:
        """Write values into its .env file."""
        with self._as_environment():
            write_values(env_path(), values)

    @property
    def keys(self) -> list[str]:
        """AIRFLOW_FERNET_KEY."""
        return self.own_settings.airflow_fernet_key.get_secret_value().split(",")

    @property
    def url(self) -> str:
        """The API's address."""
        return f"{self.own_settings.airflow_url}/api/v2"


@pytest.fixture
def alone() -> Iterator[AirflowAlone]:
    """A stack of the two that was never started."""
    stack = AirflowAlone("rotation")
    stack.prepare()
    try:
        yield stack
    finally:
        stack.remove()


def encrypted(settings: StackSettings) -> str:
    """The password of the connection as PostgreSQL keeps it."""
    with psycopg.connect(
        host="127.0.0.1",
        port=settings.postgres_port,
        dbname="airflow",
        user="airflow",
        password=settings.postgres_password.get_secret_value(),
    ) as connection:
        row = connection.execute("SELECT password FROM connection WHERE conn_id = 'mine'").fetchone()
    assert row
    return str(row[0])


def is_readable(alone: AirflowAlone, api: requests.Session) -> bool:
    """Whether Airflow reads the connection and the Variable; the API masks what is secret once it has read it."""
    connection = api.get(f"{alone.url}/connections/mine", timeout=60)
    variable = api.get(f"{alone.url}/variables/mine", timeout=60)
    return connection.ok and connection.json()["extra"] == '{"a": "b"}' and variable.json().get("value") == "value"


def test_what_is_stored_stays_readable_through_rotations_that_are_cut_short(
    alone: AirflowAlone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_ADMIN_PASSWORD", PASSWORD)  # of all logins from here on, and in no file
    api = alone.up()
    api.post(f"{alone.url}/connections", json=STORED, timeout=60).raise_for_status()
    api.post(f"{alone.url}/variables", json={"key": "mine", "value": "value"}, timeout=60).raise_for_status()
    first, first_password = alone.keys, alone.own_settings.postgres_password.get_secret_value()
    stored = encrypted(alone.own_settings)

    alone.renew()  # cut short here, it is finished by the start
    assert (len(alone.keys), alone.keys[1:]) == (2, first)
    renewed = alone.up()
    (second,) = alone.keys
    assert second not in first
    assert encrypted(alone.own_settings) != stored
    assert is_readable(alone, renewed)
    assert api.get(f"{alone.url}/dags", timeout=60).status_code == 403, "a token that the former key signed"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host="127.0.0.1", port=alone.own_settings.postgres_port, dbname="airflow", user="airflow", password=first_password
        ).close()

    take_down(alone.own_settings)  # as if it had been killed before the former key was dropped
    alone.write(AIRFLOW_FERNET_KEY=",".join([second, *first]))
    assert is_readable(alone, alone.up())
    assert alone.keys == [second]

    take_down(alone.own_settings)  # the key that encrypted all is lost
    alone.write(AIRFLOW_FERNET_KEY=",".join([generate_secret("airflow_fernet_key"), *first]))
    with pytest.raises(StackError, match="none of the keys in AIRFLOW_FERNET_KEY: add its key there"):
        alone.up()
    take_down(alone.own_settings)
    alone.write(AIRFLOW_FERNET_KEY=second)
    assert is_readable(alone, alone.up())
