import json
import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet

from stack.dotenv_file import write_values
from stack.errors import StackError
from stack.logins import make_logins
from stack.rotation import drop_former_keys, renew_secrets, secrets_to_renew
from stack.settings import SECRETS, StackSettings, load_settings
from stack.weather_mode import settle_settings


@pytest.fixture
def settings() -> StackSettings:
    """Those of a stack that was started once."""
    settings = settle_settings("offline")
    make_logins(settings)
    return settings


def values_of(settings: StackSettings) -> dict[str, str]:
    """The secrets of .env by their fields."""
    return {field: getattr(settings, field).get_secret_value() for field in SECRETS}


def passwords_of(settings: StackSettings) -> set[str]:
    """The passwords at the services."""
    text = (settings.logins_dir / "passwords.json").read_text(encoding="utf-8")
    return {password for users in json.loads(text).values() for password in users.values()}


@pytest.mark.parametrize(("with_login", "kept"), [(False, {"airflow_admin_password"}), (True, set())])
def test_everything_generated_is_replaced_and_the_login_only_if_asked_for(
    settings: StackSettings, with_login: bool, kept: set[str]
) -> None:
    before, passwords = values_of(settings), passwords_of(settings)
    renew_secrets(settings, secrets_to_renew(with_login=with_login))
    after = load_settings()
    assert {field for field, value in values_of(after).items() if value == before[field]} == kept
    assert passwords_of(after) & passwords == set()
    assert len(passwords_of(after)) == len(passwords)


def test_what_the_old_key_encrypted_is_read_with_the_new_ones(settings: StackSettings) -> None:
    old = settings.airflow_fernet_key.get_secret_value()
    stored = Fernet(old).encrypt(b"a password")
    renew_secrets(settings, secrets_to_renew(with_login=False))
    newest, former = load_settings().airflow_fernet_key.get_secret_value().split(",")
    assert former == old
    assert MultiFernet([Fernet(newest), Fernet(former)]).decrypt(stored) == b"a password"


def test_the_old_key_is_dropped_once_everything_is_encrypted_again(settings: StackSettings) -> None:
    renew_secrets(settings, secrets_to_renew(with_login=False))
    begun = load_settings()
    ended = drop_former_keys(begun)
    newest, former = begun.airflow_fernet_key.get_secret_value().split(",")
    assert ended.airflow_fernet_key.get_secret_value() == newest == load_settings().airflow_fernet_key.get_secret_value()
    folders = (ended.state_dir, Path(os.environ["ENV_FILE"]).parent)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if former in path.read_text(encoding="utf-8")] == []


def test_two_rotations_before_a_start_keep_every_key_that_may_be_needed(settings: StackSettings) -> None:
    old = settings.airflow_fernet_key.get_secret_value()
    for _ in range(2):
        renew_secrets(load_settings(), secrets_to_renew(with_login=False))
    keys = load_settings().airflow_fernet_key.get_secret_value().split(",")
    assert (len(keys), keys[-1]) == (3, old)


def test_a_single_key_is_left_alone(settings: StackSettings) -> None:
    assert drop_former_keys(settings) is settings


def test_other_lines_and_settings_stay(settings: StackSettings) -> None:
    path = Path(os.environ["ENV_FILE"])
    write_values(path, {"KAFKA_HEAP": "700m"})
    path.write_text(f"# mine\n{path.read_text()}")
    renew_secrets(load_settings(), secrets_to_renew(with_login=True))
    assert path.read_text().startswith("# mine\n")
    assert load_settings().kafka_heap == "700m"
    assert settings.kafka_heap != "700m"


def test_a_secret_of_the_environment_is_not_replaced_behind_its_back(
    settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_PASSWORD", "5ecre7")
    with pytest.raises(StackError, match=r"^POSTGRES_PASSWORD in the environment, .*: change it there") as refused:
        secrets_to_renew(with_login=False)
    assert "5ecre7" not in str(refused.value)
    assert settings


def test_without_an_env_file_there_is_nothing_to_rotate() -> None:
    with pytest.raises(StackError, match=r"is not there, and no secret yet: \./startup\.sh makes both"):
        secrets_to_renew(with_login=False)
