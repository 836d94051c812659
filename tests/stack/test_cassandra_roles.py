import json

import pytest

from stack.cassandra_roles import are_roles_made, note_made_roles, read_made_roles
from stack.logins import cassandra_users, make_logins, settings_as
from stack.settings import StackSettings
from tests.stack.conftest import MakeSettings

MINE = {"CASSANDRA_USERNAME": "mine", "CASSANDRA_PASSWORD": "5ecre7"}


def made(settings: StackSettings) -> StackSettings:
    """Settings of a store whose roles are those of its logins."""
    make_logins(settings)
    note_made_roles(settings)
    return settings


def test_roles_are_made_once(make_settings: MakeSettings) -> None:
    settings = make_settings()
    make_logins(settings)
    assert not are_roles_made(settings)
    assert are_roles_made(made(settings))
    make_logins(settings)
    assert are_roles_made(settings)


def test_a_password_that_is_gone_is_generated_and_makes_the_roles_due_again(make_settings: MakeSettings) -> None:
    settings = made(make_settings())
    before = cassandra_users(settings)
    file = settings.logins_dir / "passwords.json"
    kept = json.loads(file.read_text())
    del kept["cassandra"]["loader"]
    file.write_text(json.dumps(kept))
    make_logins(settings)
    assert not are_roles_made(settings)
    assert {role for role, secret in cassandra_users(settings).items() if before[role] != secret} == {"loader"}


def test_a_login_in_the_settings_makes_the_roles_due_again(make_settings: MakeSettings) -> None:
    made(make_settings())
    settings = make_settings(**MINE)
    assert not are_roles_made(settings)
    assert read_made_roles(made(settings))["roles"] == ["admin", "explorer", "loader", "mine", "pages"]


def test_no_password_can_be_read_from_what_is_noted(make_settings: MakeSettings) -> None:
    settings = made(make_settings(**MINE))
    noted = (settings.state_dir / "cassandra/roles.json").read_text()
    assert [secret for secret in cassandra_users(settings).values() if secret in noted] == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.1,127.0.0.2"])
def test_a_login_for_the_stacks_own_cassandra_is_that_of_all_but_init(make_settings: MakeSettings, host: str) -> None:
    settings = make_settings(CASSANDRA_HOST=host, **MINE)
    make_logins(settings)
    names = {role: settings_as(settings, role).cassandra_username for role in ("admin", "producer", "loader", "reader")}
    assert names == {"admin": "admin", "producer": "mine", "loader": "mine", "reader": "mine"}


def test_a_login_for_a_cluster_elsewhere_is_that_of_everything(make_settings: MakeSettings) -> None:
    settings = make_settings(CASSANDRA_HOST="db.example.org", **MINE)
    make_logins(settings)
    assert settings_as(settings, "admin").cassandra_username == "mine"
    assert "mine" not in cassandra_users(settings)


@pytest.mark.parametrize("name", ["cassandra", "admin"])
def test_a_login_that_everyone_knows_or_that_is_the_stacks_is_not_used(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    settings = make_settings(CASSANDRA_USERNAME=name, CASSANDRA_PASSWORD="5ecre7")  # noqa: S106  # made up
    make_logins(settings)
    assert f"CASSANDRA_USERNAME={name} is not used" in capsys.readouterr().err
    assert settings_as(settings, "loader").cassandra_username == "loader"
    assert "5ecre7" not in cassandra_users(settings).values()


def test_a_name_without_a_password_is_no_login(make_settings: MakeSettings) -> None:
    settings = make_settings(CASSANDRA_USERNAME="mine")
    make_logins(settings)
    assert settings_as(settings, "loader").cassandra_username == "loader"
