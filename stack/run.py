"""What supervisord starts: loads the settings, builds the environment, and becomes the program."""

import os

from stack.airflow_home import airflow_environment
from stack.environment import client_environment, mark_environment
from stack.programs import find_program
from stack.settings import load_settings
from stack.templates import run_dir


def run_program(name: str) -> None:
    """Replace this process by program `name`. Services get no secret, Airflow's processes a file with theirs."""
    settings, program = load_settings(), find_program(name)
    environment = airflow_environment(settings, name) if program.has_secrets else client_environment(settings)
    if program.login_folder:
        environment["SECRETS_DIR"] = str(settings.logins_dir / program.login_folder)
    command = program.command(settings)
    os.chdir(run_dir(settings))
    os.execvpe(command[0], command, mark_environment(environment, settings))  # noqa: S606 (no shell is wanted)
