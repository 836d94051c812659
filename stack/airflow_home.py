"""AIRFLOW_HOME: the configuration of each process of Airflow, and the connections of .env, in files for their owner only.

A process finds its own file by AIRFLOW_CONFIG. What it does not need to know is not in there, and nothing secret is in its
environment, which tasks, Spark and all that they start would inherit.
"""

import json
import os
from configparser import ConfigParser
from io import StringIO
from pathlib import Path
from typing import Final

from stack.environment import airflow_connections, airflow_options, barograph_environment, client_environment
from stack.settings import LOOPBACK, StackSettings, replace_file

COMMANDS: Final = "airflow"
"""Who reads airflow.cfg: the set-up of the database, and `./startup.sh airflow`. They need all that there is."""

_SERVERS_OWN: Final = ("API__SECRET_KEY", "API__SSL_CERT", "API__SSL_KEY")
"""What the api-server alone reads: the key of its sessions, and its certificate, whose file holds a key."""

_WITHHELD: Final = {
    "airflow-dag-processor": (*_SERVERS_OWN, "API_AUTH__JWT_SECRET", "SECRETS__BACKEND", "SECRETS__BACKEND_KWARGS"),
    "airflow-scheduler": _SERVERS_OWN,
    "airflow-triggerer": (*_SERVERS_OWN, "API_AUTH__JWT_SECRET"),
}
"""What a process does without: only the api-server keeps sessions, only it and the scheduler sign tokens, and DAG files are
parsed without the connections of .env. All of them decrypt what the database holds of Variables, connections and triggers.
"""

_AT_THE_SERVICES: Final = (COMMANDS, "airflow-scheduler")
"""Who logs in at Kafka and Cassandra: tasks, which are children of the scheduler, and tasks run by a command."""


def airflow_environment(settings: StackSettings, reader: str = COMMANDS) -> dict[str, str]:
    """The environment of a process of Airflow, whose files are written on the way; `reader` is its program's name."""
    home = airflow_home(settings)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / f"{reader}.cfg"
    _replace(path, airflow_cfg(settings, reader))
    _replace(_connections_path(settings), json.dumps(airflow_connections(settings), indent=1) + "\n")
    build = barograph_environment if reader in _AT_THE_SERVICES else client_environment
    trusted = {"FORWARDED_ALLOW_IPS": _proxies(settings)} if settings.is_behind_tls else {}
    database = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(settings.ca_file)} if settings.tls else {}
    return {**build(settings), **trusted, **database, "AIRFLOW_HOME": str(home), "AIRFLOW_CONFIG": str(path)}


def _proxies(settings: StackSettings) -> str:
    """Whose X-Forwarded headers are believed: a proxy on this machine. In a container it comes from the network's gateway."""
    return os.environ.get("FORWARDED_ALLOW_IPS") or ("*" if settings.is_in_container else LOOPBACK)


def airflow_cfg(settings: StackSettings, reader: str = COMMANDS) -> str:
    """The text of the configuration that `reader` is given."""
    backend = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
    options = {
        **airflow_options(settings),
        "SECRETS__BACKEND": backend,
        "SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(_connections_path(settings))}),
    }
    parser = ConfigParser(interpolation=None)
    for name, value in options.items():
        section, _, option = name.lower().partition("__")
        if name not in _WITHHELD.get(reader, ()):
            parser.read_dict({section: {option: value.replace("%", "%%")}})  # Airflow's own parser interpolates
    text = StringIO()
    parser.write(text)
    return text.getvalue()


def airflow_home(settings: StackSettings) -> Path:
    """AIRFLOW_HOME."""
    return settings.state_dir / "airflow"


def _connections_path(settings: StackSettings) -> Path:
    return airflow_home(settings) / "connections.json"


def _replace(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        replace_file(path, text)
