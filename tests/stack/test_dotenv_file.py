from pathlib import Path

from dotenv import dotenv_values

from stack.dotenv_file import EXAMPLE, create_env_file, fill_secrets, write_values
from stack.settings import SECRETS, load_settings, setting_name
from tests.stack.conftest import MakeSettings


def test_a_new_file_is_the_example_readable_by_its_owner_only(env_file: Path) -> None:
    assert create_env_file(env_file)
    assert env_file.read_text(encoding="utf-8") == EXAMPLE.read_text(encoding="utf-8")
    assert env_file.stat().st_mode & 0o777 == 0o600


def test_an_existing_file_is_kept(env_file: Path) -> None:
    env_file.write_text("KAFKA_PORT=1234\n")
    assert not create_env_file(env_file)
    assert env_file.read_text() == "KAFKA_PORT=1234\n"


def test_every_secret_is_generated_once(env_file: Path) -> None:
    create_env_file(env_file)
    assert set(fill_secrets(env_file, load_settings())) == {setting_name(field) for field in SECRETS}
    first = env_file.read_text()
    assert fill_secrets(env_file, load_settings()) == []
    assert env_file.read_text() == first


def test_generated_secrets_differ_between_stacks(tmp_path: Path) -> None:
    files = [tmp_path / "one", tmp_path / "two"]
    for file in files:
        create_env_file(file)
        fill_secrets(file, load_settings())
    one, two = (dotenv_values(file) for file in files)
    assert all(one[setting_name(field)] != two[setting_name(field)] for field in SECRETS)


def test_the_jwt_secret_has_64_bytes(env_file: Path) -> None:
    create_env_file(env_file)
    fill_secrets(env_file, load_settings())
    assert len(load_settings().airflow_jwt_secret.get_secret_value().encode()) >= 64


def test_a_secret_given_by_the_environment_is_not_generated(env_file: Path, make_settings: MakeSettings) -> None:
    create_env_file(env_file)
    assert "POSTGRES_PASSWORD" not in fill_secrets(env_file, make_settings(POSTGRES_PASSWORD="given"))  # noqa: S106 (made up)


def test_a_changed_value_keeps_comments_and_other_lines(env_file: Path) -> None:
    env_file.write_text("# mine\nKAFKA_PORT=1234\n\nOPEN_METEO_MODE=online\nOTHER='a b'\n")
    write_values(env_file, {"OPEN_METEO_MODE": "standin"})
    assert env_file.read_text() == "# mine\nKAFKA_PORT=1234\n\nOPEN_METEO_MODE=standin\nOTHER='a b'\n"
    assert env_file.stat().st_mode & 0o777 == 0o600


def test_a_path_with_spaces_and_quotes_survives(env_file: Path) -> None:
    env_file.write_text("")
    write_values(env_file, {"STANDIN_REPLAY_FILE": "/data/five $airports'.csv.gz"})
    assert load_settings().standin_replay_file == "/data/five $airports'.csv.gz"


def test_a_linked_file_stays_a_link(tmp_path: Path, env_file: Path) -> None:
    target = tmp_path / "target"
    target.write_text("KAFKA_PORT=1\n")
    env_file.symlink_to(target)
    write_values(env_file, {"KAFKA_PORT": "2"})
    assert env_file.is_symlink()
    assert target.read_text() == "KAFKA_PORT=2\n"
