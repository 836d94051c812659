"""The environment of every process of the stack, without a secret, and what Airflow is configured with."""

import json
import os
from typing import Final
from urllib.parse import quote

from barograph.transport.client import client_config
from barograph.transport.delivery import REQUIRED
from stack.java import find_java_home
from stack.logins import Role, secrets_dir, settings_as
from stack.settings import CONFIDENTIAL, LOOPBACK, REPOSITORY, StackSettings, env_path, setting_name
from stack.templates import ETC, temporary_dir

MARKER: Final = "BAROGRAPH_STACK"
"""Variable that holds the state folder in every process of a stack: how `down` knows its own."""

UTC: Final = "UTC"
"""The zone of every process of a stack. In another one CQL would read and print times without a zone as local ones."""

_FOREIGN: Final = (
    *("AIRFLOW", "SPARK_", "PYSPARK_", "KAFKA_", "CASSANDRA_", "PYTHON", "PGSSL"),
    *("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "SECRETS_DIR"),
)
"""Beginnings of inherited names that would change what the services do."""
_IN_FOLDERS: Final = ("kafka_username", "cassandra_username")
"""Fields that are in the folder of each role, beside their passwords."""


def client_environment(settings: StackSettings) -> dict[str, str]:
    """Settings under their names, paths, locale and time zone; no secret. OPEN_METEO_MODE is left out while undecided."""
    confidential = {setting_name(field) for field in CONFIDENTIAL}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN) and name not in confidential}
    named = {setting_name(field): str(value) for field, value in settings if field not in (*CONFIDENTIAL, *_IN_FOLDERS)}
    if not settings.is_mode_decided:
        del named["OPEN_METEO_MODE"]
    virtual_environment = REPOSITORY / ".venv"
    java_home = find_java_home()
    local = ",".join(dict.fromkeys(("127.0.0.1", "localhost", *_hosts(settings))))
    return {
        **inherited,
        **named,
        **({"JAVA_HOME": str(java_home)} if java_home else {}),
        "ENV_FILE": str(env_path()),
        "PATH": f"{virtual_environment / 'bin'}:{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(virtual_environment),
        "LC_ALL": "C.UTF-8",
        "TZ": UTC,
        "NO_PROXY": f"{local},{os.environ['NO_PROXY']}" if os.environ.get("NO_PROXY") else local,
        "no_proxy": f"{local},{os.environ['no_proxy']}" if os.environ.get("no_proxy") else local,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_WORKER_OPTS": "-Dspark.worker.cleanup.enabled=true -Dspark.worker.cleanup.appDataTtl=86400",
        "PYSPARK_PYTHON": str(virtual_environment / "bin/python"),
        **({"SPARK_LOCAL_IP": LOOPBACK} if settings.listen_host == LOOPBACK else {}),
        "SPARK_CONF_DIR": str(settings.logins_dir / "spark"),
        "SPARK_LOCAL_DIRS": str(temporary_dir(settings)),
        "TMPDIR": str(temporary_dir(settings)),
    }


def barograph_environment(settings: StackSettings, role: Role = "loader") -> dict[str, str]:
    """The client environment, and the folder of the logins of `role`: for barograph's own commands and tasks."""
    return {**client_environment(settings), "SECRETS_DIR": str(secrets_dir(settings, role))}


def _hosts(settings: StackSettings) -> list[str]:
    """Hosts of the stack's own services, which no proxy leads to."""
    hosts = (settings.kafka_host, settings.cassandra_host, settings.postgres_host, settings.standin_host, settings.airflow_host)
    return [host for host in hosts if host]


def mark_environment(environment: dict[str, str], settings: StackSettings) -> dict[str, str]:
    """`environment` in UTC with the marker of this stack, kept readable when a process renames itself (SPT_NOENV)."""
    return {**environment, MARKER: str(settings.state_dir), "SPT_NOENV": "1", "PYTHONUNBUFFERED": "1", "TZ": UTC}


def airflow_options(settings: StackSettings) -> dict[str, str]:
    """What Airflow is configured with, by SECTION__OPTION; secrets among it. stack/airflow_home.py says who reads what."""
    password = quote(settings.postgres_password.get_secret_value(), safe="")
    options = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "CORE__DAGS_FOLDER": settings.dags_dir,
        "CORE__PLUGINS_FOLDER": REPOSITORY / "plugins",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__TEST_CONNECTION": "Disabled",
        "CORE__FERNET_KEY": settings.airflow_fernet_key.get_secret_value(),
        "CORE__EXECUTION_API_SERVER_URL": f"{settings.airflow_url}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://airflow:{password}@{settings.postgres_host}:{settings.postgres_port}/airflow",
        "API__HOST": settings.web_bind,
        "API__PORT": settings.airflow_port,
        "API__WORKERS": "1",
        "API__BASE_URL": settings.page_url,
        "API__ENABLE_SWAGGER_UI": "False",
        "API__SECRET_KEY": settings.airflow_api_secret_key.get_secret_value(),
        "API__EXPOSE_CONFIG": "False",
        "API__EXPOSE_STACKTRACE": "False",
        "API_AUTH__JWT_EXPIRATION_TIME": "3600",
        "API_AUTH__JWT_SECRET": settings.airflow_jwt_secret.get_secret_value(),
        "FAB__COOKIE_SECURE": settings.page_url.startswith("https://"),
        "FAB__CUSTOM_ROLES": json.dumps(_read_roles()),
        "FAB__SESSION_MAX_LIFETIME_MINUTES": "1440",
        "SCHEDULER__ENABLE_HEALTH_CHECK": "True",
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": settings.airflow_scheduler_health_port,
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "15",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "LOGGING__LOGGING_LEVEL": "INFO",
        "LOGGING__BASE_LOG_FOLDER": settings.state_dir / "airflow/logs",
    }
    return {name: str(value) for name, value in (options | _encryption(settings)).items()}


def _encryption(settings: StackSettings) -> dict[str, object]:
    """The api-server's certificate, and what tasks and the scheduler trust: the stack's authority, and no public one."""
    if not settings.web_tls:
        return {}
    pair = settings.certificate_file("airflow")
    return {
        "API__SSL_CERT": pair,
        "API__SSL_KEY": pair,
        "API__SSL_CA_FILE": settings.ca_file,
        "API__CLIENT_USE_PUBLIC_CERTS": "False",
    }


def _read_roles() -> dict[str, list[dict[str, str]]]:
    """The roles besides Airflow's own, as its option custom_roles takes them."""
    roles = json.loads((ETC / "roles.json").read_text(encoding="utf-8"))
    return {
        role: [{"action": action, "resource": resource} for action, resources in actions.items() for resource in resources]
        for role, actions in roles.items()
    }


def airflow_connections(settings: StackSettings) -> dict[str, dict[str, object]]:
    """The connections that tasks use, by their ids."""
    producer = {**client_config(settings_as(settings, "producer")), **REQUIRED}
    is_online = settings.open_meteo_mode == "online"
    return {
        "kafka_default": {"conn_type": "kafka", "extra": producer},
        "spark_default": {"conn_type": "spark", "host": settings.spark_master},
        "open_meteo_default": {
            "conn_type": "http",
            "description": "From BASE_URL and OPEN_METEO_API_KEY in .env; one of this name in the web pages is not read.",
            "host": settings.base_url if is_online else settings.standin_url,
            "password": settings.open_meteo_api_key.get_secret_value() if is_online else "",
        },
    }
