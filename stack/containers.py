"""What containers do before or besides their process: `python -m stack.containers STEP`, one of STEPS or `upgrade-env`.

The settings are the embedded stack's, from the same .env names; so are the templates, the environment and the first run.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from barograph.errors import BarographError
from stack.airflow_home import airflow_environment
from stack.cassandra import LOGIN, SETUP, cassandra_yaml
from stack.cassandra_roles import are_roles_made, note_made_roles
from stack.cassandra_setup import make_roles
from stack.certificate import write_certificate
from stack.certificates import make_certificates
from stack.console import complain, say
from stack.dotenv_file import fill_secrets, write_values
from stack.env_names import find_wrong_lines, upgrade_text
from stack.environment import barograph_environment
from stack.errors import StackError
from stack.health import connect_postgres, find_problem
from stack.kafka import kafka_properties
from stack.kafka_users import has_own_kafka, make_first_users, make_users
from stack.logins import make_logins
from stack.programs import PYTHON
from stack.rotation import drop_former_keys, renew_secrets, secrets_to_renew
from stack.settings import CONFIDENTIAL, REPOSITORY, SECRETS, StackSettings, env_names, env_path, load_settings, setting_name
from stack.show_weather import show_weather
from stack.templates import ETC, write_file
from stack.weather_mode import ask_base_url

CONFIGURATION: Final = Path("/etc/barograph")
"""Holds a folder for Kafka and one for Cassandra, a volume each, which no other service sees."""

DATABASE: Final = Path("/run/barograph/database")
"""The one volume that PostgreSQL sees, which holds no other secret."""

AUTHORITIES: Final = Path("/run/barograph/authorities")
"""What Spark's workers trust, in a volume without a secret."""

SPARK: Final = Path("/run/barograph/spark")
"""The secret of Spark's master and workers, and no other one."""

_DATABASE_RULES: Final = "local all all trust\nhostssl airflow airflow all scram-sha-256\n"
"""Encrypted with a password; without one only from inside PostgreSQL's own container, which makes the database so."""

ENV_MODE: Final = 0o640
"""All containers of the image share a group."""

KAFKA_DATA: Final = "/var/lib/kafka/data"
WAIT_S: Final = 120
_LOCK: Final = 0xBA40
COMMAND: Final = "docker compose exec airflow-scheduler ./startup.sh"


def configure(settings: StackSettings) -> None:
    """Fill the templates for Kafka and Cassandra; make what is missing of certificates and secrets.

    A secret of the environment wins over the kept one, and is kept from then on; those of others' services are what the
    environment says, nothing where it says nothing.
    """
    make_certificates(settings)
    make_logins(settings)
    _copy(settings.tls_dir, AUTHORITIES, "ca.pem", settings.truststore_file.name)
    _copy(settings.logins_dir / "spark", SPARK, "spark-defaults.conf")
    _configure_kafka(settings)
    _configure_cassandra(settings)
    _copy(settings.tls_dir, DATABASE, "postgres.pem")
    write_file(DATABASE / "pg_hba.conf", _DATABASE_RULES)
    generated = _keep_secrets(env_path(), settings)
    say(f"configuration written to {CONFIGURATION}; generated: {', '.join(generated) or 'nothing, all secrets are there'}")


def _configure_kafka(settings: StackSettings) -> None:
    folder = CONFIGURATION / "kafka"
    write_file(folder / "server.properties", kafka_properties(_seen_by(settings, folder), KAFKA_DATA))
    _copy(settings.tls_dir, folder, "kafka.pem", "ca.pem")
    _copy(ETC, folder, "kafka-log4j2.xml")


def _configure_cassandra(settings: StackSettings) -> None:
    """Both of its configurations; without roles.json, or with one of other passwords, it starts with that for its set-up."""
    folder = CONFIGURATION / "cassandra"
    here = _seen_by(settings, folder)
    if not (folder / "node.pem").exists():
        write_certificate(folder / "node.pem", "cassandra")
    for access in (SETUP, LOGIN):
        write_file(folder / access, cassandra_yaml(here, access))
    if not are_roles_made(here):
        (folder / "roles.json").unlink(missing_ok=True)
    _copy(settings.tls_dir, folder, "cassandra.pem", "ca.pem")
    _copy(ETC, folder, "cassandra-logback.xml", "start-cassandra.sh", "cassandra-container.sh")
    (folder / "node.pem").chmod(0o644)  # the volume is Cassandra's alone


def _seen_by(settings: StackSettings, folder: Path) -> StackSettings:
    """The settings with the paths under which a service sees its own volume."""
    return settings.model_copy(update={"state_dir": CONFIGURATION, "tls_dir": folder})


def _copy(source: Path, target: Path, *names: str) -> None:
    """Into a volume of one service, whose user is another one: what protects the files is that no other service sees them."""
    for name in names:
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)  # with the mode of a new file


def _keep_secrets(path: Path, settings: StackSettings) -> list[str]:
    """Write the secrets into the containers' own env file; the names of those generated now."""
    path.touch(mode=0o600)
    values = {setting_name(field): getattr(settings, field).get_secret_value() for field in CONFIDENTIAL}
    told = StackSettings(_env_file=None)  # type: ignore[call-arg]  # BaseSettings' own
    others = {setting_name(field): getattr(told, field).get_secret_value() for field in CONFIDENTIAL if field not in SECRETS}
    write_values(path, {name: value for name, value in values.items() if value} | others)
    generated = fill_secrets(path, settings)
    path.chmod(ENV_MODE)
    write_file(DATABASE / "password", str(dotenv_values(path)["POSTGRES_PASSWORD"]))
    return generated


def rotate(settings: StackSettings) -> None:
    """Replace everything that was generated but the password of the user admin; the next start uses it.

    Raises:
        StackError: a secret comes from .env.
    """
    fields = secrets_to_renew(with_login=False)
    renew_secrets(settings, fields)
    configure(load_settings())
    say(f"new {', '.join(map(setting_name, fields))}, and new passwords at the services: docker compose up --wait uses them")


def renew_certificates(settings: StackSettings) -> None:
    """New certificates for all services, by the same authority; the next start uses them."""
    made = make_certificates(settings, renew=True)
    configure(settings)
    say(f"certificates made: {', '.join(made)}: docker compose up --wait uses them")


def ask(settings: StackSettings) -> None:
    """Print which weather to record if that is not decided, the mode in the last line."""
    say(ask_base_url(settings.base_url))


def initialise(settings: StackSettings) -> None:
    """Wait for the services, then make what is not there yet: Airflow's tables, login, Variables and pools; topics, tables.

    Raises:
        StackError: a secret is missing, a service does not answer, or a step failed; its output is above.
    """
    if missing := [setting_name(field) for field in SECRETS if not getattr(settings, field).get_secret_value()]:
        raise StackError(f"{', '.join(missing)} not set: set it in .env, or run the service `configure`, which generates it")
    _await("postgres", lambda: find_problem(settings, "postgres"))
    _await("kafka", lambda: _find_kafka_problem(settings))
    _await("cassandra", lambda: _find_cassandra_problem(settings))
    setup, init = [PYTHON, "-m", "stack.airflow_setup"], [str(REPOSITORY / ".venv/bin/barograph"), "init"]
    with _only_one(settings):
        make_users(settings)
        password = settings.airflow_admin_password.get_secret_value()
        _run_step("Airflow's tables, login, Variables and pools", setup, airflow_environment(settings), password)
        settings = drop_former_keys(settings)
        env_path().chmod(ENV_MODE)
        _run_step("topics and tables", init, barograph_environment(settings, "admin"))


def await_first_run(settings: StackSettings) -> None:
    """Unpause the DAGs, see the last complete day recorded, print what landed."""
    show_weather(settings, COMMAND)


def _find_kafka_problem(settings: StackSettings) -> str:
    """What is wrong with Kafka; where its first users are missing, they are made."""
    problem = find_problem(settings, "kafka")
    if problem and has_own_kafka(settings):
        make_first_users(settings)
    return problem


def _find_cassandra_problem(settings: StackSettings) -> str:
    """What is wrong with Cassandra; where it was started for its roles to be made, they are, and it is about to start again."""
    here = _seen_by(settings, CONFIGURATION / "cassandra")
    problem = find_problem(settings, "cassandra")
    if problem and not make_roles(here):
        note_made_roles(here)
        (CONFIGURATION / "cassandra/roles.json").chmod(0o644)  # it holds no password, and Cassandra's script compares it
        return "its roles were made, it starts again"
    return problem


def _await(name: str, find: Callable[[], str]) -> None:
    until = time.monotonic() + WAIT_S
    while problem := find():
        if time.monotonic() > until:
            raise StackError(f"{name} is not healthy after {WAIT_S} s ({problem}): docker compose logs {name}")
        time.sleep(1)


@contextmanager
def _only_one(settings: StackSettings) -> Iterator[None]:
    """Be the only container that makes something; PostgreSQL lets go when this process ends, however it ends."""
    with connect_postgres(settings) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        yield


def _run_step(what: str, command: list[str], environment: dict[str, str], told: str = "") -> None:
    say(f"{what} …")
    if subprocess.run(command, env=environment, cwd=REPOSITORY, input=told, text=True, check=False).returncode:
        raise StackError(f"{what} could not be made: the reason is above. Correct it, then docker compose up again")


STEPS: Final = {
    "configure": configure,
    "rotate": rotate,
    "renew-certificates": renew_certificates,
    "ask": ask,
    "init": initialise,
    "first-run": await_first_run,
}


def upgrade_env(text: str) -> str:
    """An .env file under the names of this release, for a machine without Python; what changed is said on stderr.

    Raises:
        StackError: it has names that are no settings, or lines that are no NAME=value.
    """
    upgrade = upgrade_text(text)
    for note in upgrade.notes:
        complain(f".env: {note}")
    if problems := find_wrong_lines(upgrade.text, env_names()):
        raise StackError(f".env: {'; '.join(problems)}")
    return upgrade.text


def main(name: str) -> int:
    """Run one step; what must be mended is one line on stderr and exit code 1."""
    try:
        if name == "upgrade-env":
            sys.stdout.write(upgrade_env(sys.stdin.read()))
        else:
            STEPS[name](load_settings())
    except BarographError as error:
        complain(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
