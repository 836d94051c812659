"""What supervisord starts: loads the settings, builds the environment, and becomes the program."""

import os

from stack.environment import airflow_environment, client_environment, mark_environment
from stack.programs import find_program
from stack.settings import load_settings
from stack.templates import run_dir


def run_program(name: str) -> None:
    """Replace this process by program `name`. Services get no secret, Airflow's processes get theirs."""
    settings, program = load_settings(), find_program(name)
    environment = airflow_environment(settings) if program.has_secrets else client_environment(settings)
    command = program.command(settings)
    os.chdir(run_dir(settings))
    os.execvpe(command[0], command, mark_environment(environment, settings))  # noqa: S606 (no shell is wanted)
