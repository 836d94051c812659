"""What is tried where HTTP is spoken: Airflow's pages and APIs, its scheduler's health check, the simulator."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

import requests

from stack.airflow_home import airflow_environment
from stack.settings import REPOSITORY, StackSettings
from tests.security.attempts import Attempt, Target, tell

METHODS = ("get", "post", "put", "patch", "delete")
EXCEPTIONS = {
    ("get", "/api/v2/monitor/health"): "says only whether the parts live; the containers' health checks ask it",
    ("get", "/api/v2/version"): "the version of Airflow, shown on the login page",
    ("get", "/execution/health"): "says only that it answers; the health check asks it",
    ("get", "/health"): "says only that it answers",
    ("get", "/{rest_of_path:path}"): "the empty frame of the pages, which asks the API for all that it shows",
    ("get", "/api/v2/auth/logout"): "leads to the page that ends a login",
    ("get", "/execution/changelog"): "what changed in Airflow's own API between its versions",
    ("post", "/auth/token"): "where one logs in; a wrong password is tried apart",
    ("post", "/auth/token/cli"): "the same for commands",
}
"""What anybody may ask, and why."""

LIST_ROUTES = """
import json
from airflow.api_fastapi.app import create_app

def routes(app, prefix=""):
    for route in app.routes:
        if hasattr(getattr(route, "app", None), "routes"):
            yield from routes(route.app, prefix + route.path)
        for method in getattr(route, "methods", None) or ():
            yield method.lower(), prefix + route.path

print()
print(json.dumps(sorted(set(routes(create_app(apps="all"))))))
"""
"""Prints the methods and paths that the api-server answers, those of the plugin too."""

FORGED = ".".join(("eyJhbGciOiJub25lIn0", "e30", ""))
"""A token that claims to need no signature."""

FEWEST_ROUTES = 150
"""Airflow 3.3 has more than twice as many."""

CLOSED = {401, 403, 404, 405, 501}
"""Answers of a door that is shut, 501 of a server that knows no such method. 422 is none: its lock was not reached."""


def try_airflow(target: Target) -> Iterator[Attempt]:
    """Every route of every API without a login and with a forged token, and a wrong password."""
    yield from try_routes(target, list_routes(target.settings))


def try_routes(target: Target, routes: Sequence[tuple[str, str]]) -> Iterator[Attempt]:
    """The same where `routes` are known."""
    assert len(routes) > FEWEST_ROUTES
    url = "{}://{}:{}".format("https" if target.settings.web_tls else "http", *target.address)
    for method, path in routes:
        if (method, path) not in EXCEPTIONS:
            yield _ask(method, url + _fill(path), "anonymous", json={})
    yield _ask("post", f"{url}/auth/token", "admin, wrong password", json={"username": "admin", "password": "wrong"})
    yield _ask("get", f"{url}/api/v2/variables", "forged token", headers={"Authorization": f"Bearer {FORGED}"})


def try_scheduler_health(target: Target) -> Iterator[Attempt]:
    """The health check answers /health, and nothing else."""
    url = "http://{}:{}".format(*target.address)
    for path in ("/", "/log", "/shutdown"):
        yield _ask("get", url + path, "anonymous")
        yield _ask("post", url + path, "anonymous")


def try_simulator(target: Target) -> Iterator[Attempt]:
    """Its weather is for anybody; its orders are not."""
    url = "http://{}:{}/control".format(*target.address)
    for method in ("get", "put", "delete"):
        yield _ask(method, url, "anonymous", json={"rules": []})
        yield _ask(method, url, "wrong token", json={"rules": []}, headers={"Authorization": "Bearer wrong"})


def list_routes(settings: StackSettings) -> list[tuple[str, str]]:
    """Every route of the server. The documents that list them are off, so the server's own code is asked."""
    command, environment = [str(REPOSITORY / ".venv/bin/python"), "-c", LIST_ROUTES], airflow_environment(settings)
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [(method, path) for method, path in json.loads(done.stdout.splitlines()[-1]) if method in METHODS]


def _fill(path: str) -> str:
    """A path with something in place of its parameters."""
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))


def _ask(method: str, url: str, who: str, **given: Any) -> Attempt:  # noqa: ANN401 (requests' own keywords)
    what = f"{method.upper()} {url.split('/', 3)[-1]}"
    try:
        answer = _session().request(method, url, timeout=30, allow_redirects=False, **given)
    except requests.RequestException as error:
        return Attempt("http", who, what, tell(error), is_open=False)
    told = f"HTTP {answer.status_code}"
    is_login = answer.is_redirect and "login" in answer.headers.get("location", "")
    return Attempt("http", who, what, told, is_open=not (answer.status_code in CLOSED or is_login))


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = False  # what is asked comes after TLS
    return session
