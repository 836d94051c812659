"""What is tried where HTTP is spoken: Airflow's pages and APIs, its scheduler's health check, the simulator."""

from collections.abc import Iterator
from typing import Any

import requests

from tests.security.attempts import Attempt, Target, tell

METHODS = ("get", "post", "put", "patch", "delete")
EXCEPTIONS = {
    ("get", "/api/v2/monitor/health"): "says only whether the parts live; the containers' health checks ask it",
    ("get", "/api/v2/version"): "the version of Airflow, shown on the login page",
    ("get", "/execution/health"): "says only that it answers; the health check asks it",
    ("get", "/health"): "says only that it answers",
}
"""What anybody may ask, and why."""

CLOSED = {401, 403, 404, 405}
"""Answers of a door that is shut; 422 is one whose lock was not reached, so its route must be shown to ask for a login."""


def try_airflow(target: Target) -> Iterator[Attempt]:
    """Every route of every API without a login and with a forged token, and a wrong password."""
    url = target.settings.airflow_url
    for path in ("/api/v2", "/auth", "/execution", "/ui", "/barograph/api"):
        yield from _walk(url, path)
    yield _ask("post", f"{url}/auth/token", "admin, wrong password", json={"username": "admin", "password": "wrong"})
    yield _ask("get", f"{url}/api/v2/variables", "forged token", headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."})


def try_scheduler_health(target: Target) -> Iterator[Attempt]:
    """The health check answers /health, and nothing else."""
    url = f"http://127.0.0.1:{target.listener.port}"
    for path in ("/", "/log", "/shutdown"):
        yield _ask("get", url + path, "anonymous")
        yield _ask("post", url + path, "anonymous")


def try_simulator(target: Target) -> Iterator[Attempt]:
    """Its weather is for anybody; its orders are not."""
    url = f"http://127.0.0.1:{target.listener.port}/control"
    for method in ("get", "put", "delete"):
        yield _ask(method, url, "anonymous", json={"rules": []})
        yield _ask(method, url, "wrong token", json={"rules": []}, headers={"Authorization": "Bearer wrong"})


def _walk(url: str, root: str) -> Iterator[Attempt]:
    """Every route that the API itself names; the document may be closed, too, and then its known routes are asked."""
    document = _session().get(f"{url}{root}/openapi.json", timeout=30)
    paths = document.json().get("paths", {}) if document.ok and "json" in document.headers.get("content-type", "") else {}
    for path, methods in paths.items():
        for method in set(methods) & set(METHODS):
            address = path if path.startswith(root) else f"{root}{path}"
            if (method, address) not in EXCEPTIONS:
                yield _ask(method, url + _fill(address), "anonymous", json={})


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
    return session
