"""Airflow's web server: who may do what, what a stranger meets, and which process knows what."""

import json
import time
from collections.abc import Iterator
from typing import Final

import psutil
import pytest
import requests

from stack.environment import MARKER
from stack.settings import SECRETS, StackSettings
from stack.side_stack import SideStack
from stack.supervision import Supervisor

DAG: Final = "weather_audit_dag"
ROLES: Final = {"viewer": "Viewer", "operator": "operator", "admin": "Admin"}
PASSWORD: Final = """pässwörd $HOME "'%#@: x"""  # noqa: S105 (of logins that live for these tests)
EVERYONE, AT_WORK, ALONE, NOBODY = {"viewer", "operator", "admin"}, {"operator", "admin"}, {"admin"}, set[str]()
HERE, THERE = f"/api/v2/dags/{DAG}", "/api/v2/dags/no_such_dag"

Route = tuple[str, str, object, set[str]]

ROUTES: Final[list[Route]] = [
    ("GET", "/api/v2/dags", None, EVERYONE),
    ("GET", HERE, None, EVERYONE),
    ("GET", f"{HERE}/dagRuns", None, EVERYONE),
    ("GET", f"{HERE}/dagRuns/~/taskInstances", None, EVERYONE),
    ("GET", "/api/v2/importErrors", None, EVERYONE),
    ("GET", "/api/v2/pools", None, EVERYONE),
    ("GET", "/ui/auth/menus", None, EVERYONE),
    ("POST", f"{HERE}/dagRuns", {"conf": "no object"}, AT_WORK),
    ("PATCH", f"{HERE}/dagRuns/none", {"state": "failed"}, AT_WORK),
    ("POST", f"{HERE}/dagRuns/none/clear", {"dry_run": True}, AT_WORK),
    ("POST", f"{HERE}/clearTaskInstances", {"dry_run": True}, AT_WORK),
    ("PATCH", f"{HERE}/dagRuns/none/taskInstances/none", {"new_state": "failed"}, AT_WORK),
    ("PATCH", HERE, {"is_paused": "perhaps"}, AT_WORK),
    ("DELETE", f"{HERE}/dagRuns/none", None, ALONE),
    ("DELETE", THERE, None, ALONE),
    ("GET", "/api/v2/variables", None, ALONE),
    ("GET", "/api/v2/variables/latitudes", None, ALONE),
    ("POST", "/api/v2/variables", {}, ALONE),
    ("PATCH", "/api/v2/variables/none", {}, ALONE),
    ("DELETE", "/api/v2/variables/none", None, ALONE),
    ("GET", "/api/v2/connections", None, ALONE),
    ("GET", "/api/v2/connections/none", None, ALONE),
    ("POST", "/api/v2/connections", {}, ALONE),
    ("PATCH", "/api/v2/connections/none", {}, ALONE),
    ("DELETE", "/api/v2/connections/none", None, ALONE),
    ("POST", "/api/v2/connections/test", {"connection_id": "none", "conn_type": "http"}, NOBODY),
    ("POST", "/api/v2/pools", {}, ALONE),
    ("PATCH", "/api/v2/pools/none", {}, ALONE),
    ("DELETE", "/api/v2/pools/none", None, ALONE),
    ("POST", "/api/v2/backfills", {"dag_id": "none", "from_date": "2024-01-01", "to_date": "2024-01-02"}, AT_WORK),
    ("POST", "/api/v2/assets/events", {}, ALONE),
    ("PATCH", f"{HERE}/dagRuns/none/taskInstances/none/xcomEntries/none", {}, ALONE),
    ("GET", "/api/v2/config", None, NOBODY),
    ("GET", "/api/v2/eventLogs", None, ALONE),
    ("GET", "/api/v2/plugins", None, ALONE),
    ("GET", "/api/v2/providers", None, ALONE),
    ("GET", "/auth/fab/v1/users", None, ALONE),
    ("POST", "/auth/fab/v1/users", {}, ALONE),
    ("PATCH", "/auth/fab/v1/users/none", {}, ALONE),
    ("DELETE", "/auth/fab/v1/users/none", None, ALONE),
    ("GET", "/auth/fab/v1/roles", None, ALONE),
    ("POST", "/auth/fab/v1/roles", {}, ALONE),
    ("PATCH", "/auth/fab/v1/roles/Viewer", {}, ALONE),
]
"""Method, path, body and who may. Bodies and ids mean nothing, so that who may is told so (404, 422) and nothing changes."""

OPEN: Final = ("/api/v2/monitor/health", "/api/v2/version", "/execution/health", "/execution/health/ping", "/auth/login/", "/")
"""What needs no login: is it up, its version, the page to log in, and the frame of pages that ask the API for what they show."""

CLOSED: Final = (
    "/docs",
    "/redoc",
    "/openapi.json",
    "/auth/docs",
    "/auth/openapi.json",
    "/execution/docs",
    "/execution/openapi.json",
)


@pytest.fixture(scope="module")
def url(side: SideStack) -> str:
    """Where the web server is."""
    return side.settings.airflow_url


@pytest.fixture(scope="module")
def tokens(side: SideStack, url: str) -> Iterator[dict[str, str]]:
    """A token for a login of each role."""
    users = f"{url}/auth/fab/v1/users"
    with requests.Session() as admin:
        token = log_in(url, "admin", side.settings.airflow_admin_password.get_secret_value())
        admin.headers["Authorization"] = f"Bearer {token}"
        for name, role in ROLES.items():
            admin.delete(f"{users}/test-{name}", timeout=30)  # of a run that was cut short
            person = {"email": f"test-{name}@localhost", "first_name": name, "last_name": "test", "roles": [{"name": role}]}
            body = {"username": f"test-{name}", "password": PASSWORD, **person}
            admin.post(users, json=body, timeout=30).raise_for_status()
        yield {name: log_in(url, f"test-{name}", PASSWORD) for name in ROLES}
        for name in ROLES:
            admin.delete(f"{users}/test-{name}", timeout=30).raise_for_status()


def log_in(url: str, username: str, password: str) -> str:
    """A token."""
    answer = requests.post(f"{url}/auth/token", json={"username": username, "password": password}, timeout=30)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["access_token"])


def status_of(url: str, route: Route, token: str | None) -> int:
    """How a request ends."""
    method, path, body, _ = route
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, url + path, json=body, headers=headers, timeout=30, allow_redirects=False).status_code


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_each_role_may_do_its_part(url: str, tokens: dict[str, str], route: Route) -> None:
    ends = {name: status_of(url, route, token) for name, token in tokens.items()}
    assert {name for name, status in ends.items() if status not in {401, 403}} == route[3], ends
    assert max(ends.values()) < 500, ends


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
@pytest.mark.parametrize("token", [None, ".".join(("eyJhbGciOiJIUzUxMiJ9", "eyJzdWIiOiIxIn0", "AAAA"))])
def test_without_a_login_everything_is_refused(url: str, route: Route, token: str | None) -> None:
    assert status_of(url, route, token) in {401, 403}


@pytest.mark.parametrize("path", ["/execution/variables/latitudes", "/execution/connections/kafka_default"])
def test_what_tasks_ask_is_refused_without_a_tasks_token(url: str, tokens: dict[str, str], path: str) -> None:
    assert [status_of(url, ("GET", path, None, NOBODY), token) for token in (None, tokens["admin"])] == [401, 403]


@pytest.mark.parametrize("path", OPEN)
def test_open_pages_say_nothing_but_what_they_are_for(side: SideStack, url: str, path: str) -> None:
    answer = requests.get(url + path, timeout=30)
    assert answer.status_code == 200
    assert [secret for secret in secrets_of(side.settings) if secret in answer.text] == []


@pytest.mark.parametrize("path", CLOSED)
def test_pages_about_the_api_are_off(url: str, path: str) -> None:
    assert requests.get(url + path, timeout=30).status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/v2/dags", "/auth/login/", "/execution/health", "/docs", "/static/pin_32.png"])
def test_every_answer_has_the_headers_that_bind_a_browser(url: str, path: str) -> None:
    headers = requests.get(url + path, timeout=30).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert ("unsafe-inline" in headers["Content-Security-Policy"].split("style-src")[0]) == path.startswith("/auth/")
    names = ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy")
    assert [headers[name] for name in names] == ["SAMEORIGIN", "nosniff", "same-origin"]


def test_a_login_in_the_browser_gets_cookies_that_no_script_reads_and_no_other_site_sends(
    url: str, tokens: dict[str, str]
) -> None:
    with requests.Session() as browser:
        page = browser.get(f"{url}/auth/login/", timeout=30).text
        csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        form = {"username": "test-viewer", "password": PASSWORD, "csrf_token": csrf}
        answer = browser.post(f"{url}/auth/login/", data=form, timeout=30, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        assert browser.get(f"{url}/api/v2/dags", timeout=30).status_code == 200
        assert browser.get(f"{url}/api/v2/variables", timeout=30).status_code == 403
    cookies = [line.lower() for name, line in answer.raw.headers.items() if name.lower() == "set-cookie"]
    assert {line.split("=")[0] for line in cookies} == {"_token", "session"}
    assert [line for line in cookies if "httponly" not in line or "samesite=lax" not in line] == []
    assert tokens


def secrets_of(settings: StackSettings) -> list[str]:
    """All that was generated for a stack."""
    generated = [getattr(settings, field).get_secret_value() for field in SECRETS]
    services = json.loads((settings.logins_dir / "passwords.json").read_text(encoding="utf-8")).values()
    return [*generated, *(password for users in services for password in users.values())]


def test_no_generated_secret_is_in_the_environment_or_the_arguments_of_any_process(side: SideStack) -> None:
    secrets, state = secrets_of(side.settings), str(side.settings.state_dir)
    ours = [one for one in psutil.process_iter() if one.is_running() and environment_of(one).get(MARKER) == state]
    assert len(ours) >= len(Supervisor(side.settings).states())
    shown = {(one.pid, one.name()): " ".join([*one.cmdline(), *environment_of(one).values()]) for one in ours}
    assert [who for who, text in shown.items() if any(secret in text for secret in secrets)] == []


def environment_of(process: psutil.Process) -> dict[str, str]:
    """Its environment; none of a process that has ended or is another user's."""
    try:
        return process.environ()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return {}


def test_files_with_secrets_are_their_owners_only(side: SideStack) -> None:
    secrets = [secret.encode() for secret in secrets_of(side.settings)]
    folders = [side.settings.state_dir / name for name in ("airflow", "secrets", "run", "logs")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    holding = [path for path in files if any(secret in path.read_bytes() for secret in secrets)]
    assert [path for path in holding if path.stat().st_mode & 0o077] == []
    assert [path for path in holding if path.suffix == ".log"] == []
    assert side.settings.state_dir.stat().st_mode & 0o077 == 0


@pytest.fixture
def forgotten(side: SideStack, url: str) -> Iterator[None]:
    """Waits until logins from here are taken again, for the tests that come next."""
    yield
    body = {"username": "admin", "password": side.settings.airflow_admin_password.get_secret_value()}
    while (answer := requests.post(f"{url}/auth/token", json=body, timeout=30)).status_code == 429:
        time.sleep(int(answer.headers["Retry-After"]))
    assert answer.ok


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("path", ["/auth/token", "/auth/token/cli"])
def test_guesses_are_slowed_down_and_the_wait_is_told(url: str, path: str) -> None:
    body = {"username": "admin", "password": "guess"}
    answers = [requests.post(url + path, json=body, timeout=30) for _ in range(12)]
    assert {answer.status_code for answer in answers} <= {401, 429}
    last = answers[-1]
    assert last.status_code == 429
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert "try again in" in last.json()["detail"]


def test_guesses_at_the_login_page_are_slowed_down(url: str) -> None:
    with requests.Session() as browser:
        page = browser.get(f"{url}/auth/login/", timeout=30).text
        csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        form = {"username": "admin", "password": "guess", "csrf_token": csrf}
        ends = [browser.post(f"{url}/auth/login/", data=form, timeout=30, allow_redirects=False).status_code for _ in range(8)]
    assert ends[-1] == 429, ends
