"""New secrets in place of all that were generated: `./startup.sh rotate`. A rotation that is cut short is finished by a start.

What is encrypted in Airflow's database stays readable all along: AIRFLOW_FERNET_KEY holds the new key and the old one until the
set-up of that database has encrypted everything again (stack/airflow_setup.py), which every start does that finds two keys.
"""

import os

from stack.airflow_home import airflow_environment
from stack.dotenv_file import generate_secret, write_values
from stack.errors import StackError
from stack.logins import renew_passwords
from stack.settings import SECRETS, StackSettings, env_path, load_settings, setting_name


def secrets_to_renew(*, with_login: bool) -> list[str]:
    """The fields whose values `renew_secrets` replaces: all secrets of .env, that of the user admin only if asked for.

    Raises:
        StackError: there is no .env file, or one of them comes from the environment.
    """
    if not env_path().exists():
        raise StackError(f"{env_path()} is not there, and no secret yet: ./startup.sh makes both")
    fields = [field for field in SECRETS if with_login or field != "airflow_admin_password"]
    if given := [setting_name(field) for field in fields if os.environ.get(setting_name(field))]:
        raise StackError(f"{', '.join(given)} in the environment, which wins over {env_path()}: change it there, or unset it")
    return fields


def renew_secrets(settings: StackSettings, fields: list[str]) -> None:
    """Write new values for `fields` into .env, and new passwords at the stack's own services; they apply at the next start."""
    values = {setting_name(field): generate_secret(field) for field in fields}
    former = settings.airflow_fernet_key.get_secret_value()
    values["AIRFLOW_FERNET_KEY"] = ",".join(filter(None, (values["AIRFLOW_FERNET_KEY"], former)))
    write_values(env_path(), values)
    renew_passwords(settings)


def drop_former_keys(settings: StackSettings) -> StackSettings:
    """The settings with the newest key alone, in .env and in Airflow's files; everything is encrypted with it by now."""
    newest, *former = settings.airflow_fernet_key.get_secret_value().split(",")
    if not former or os.environ.get("AIRFLOW_FERNET_KEY"):
        return settings
    write_values(env_path(), {"AIRFLOW_FERNET_KEY": newest})
    settings = load_settings()
    airflow_environment(settings)
    return settings
