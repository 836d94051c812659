"""Airflow's REST API, as far as starting, following and mending DAG runs needs it."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import quote

import requests

import barograph.errors
from stack.errors import StackError
from stack.settings import StackSettings

TIMEOUT_S: Final = 30
MAX_RUNS: Final = 100
ENDED: Final = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True)
class Run:
    """A DAG run. `data_interval_start` is None for a manual run without a logical date."""

    dag_id: str
    run_id: str
    state: str
    run_type: str
    data_interval_start: datetime | None
    logical_date: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


class AirflowRefused(StackError):
    """Airflow answered with an error: its HTTP `status`, and its `reason` in one line."""

    def __init__(self, request: str, status: int, reason: str) -> None:
        super().__init__(f"Airflow refused {request}: HTTP {status} {reason}")
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a run; `state` is "none" until it is scheduled, `try_number` begins at 1."""

    task_id: str
    state: str
    try_number: int


class AirflowClient:
    """Speaks to one api-server as one user. Every method raises StackError when Airflow refuses or does not answer."""

    def __init__(self, url: str, password: str, username: str = "admin", verify: str | bool = True) -> None:
        self._url, self._login = url, {"username": username, "password": password}
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = verify

    @classmethod
    def of_stack(cls, settings: StackSettings) -> "AirflowClient":
        """The client of the embedded stack, with the generated login."""
        return cls(settings.airflow_url, settings.airflow_admin_password.get_secret_value(), verify=trusted(settings))

    def __enter__(self) -> Self:
        """Use the client in a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self._session.close()

    def import_errors(self) -> dict[str, str]:
        """File name and the last line of the error, for every DAG file that cannot be imported."""
        errors = self._call("GET", "/importErrors")["import_errors"]
        return {error["filename"]: error["stack_trace"].strip().splitlines()[-1] for error in errors}

    def dag_ids(self) -> set[str]:
        """The DAGs that are parsed and not stale."""
        return {dag["dag_id"] for dag in self._call("GET", "/dags", params={"limit": 100})["dags"]}

    def pause(self, dag_id: str, *, is_paused: bool = True) -> None:
        """Keep the scheduler from making and running runs."""
        self._call("PATCH", f"/dags/{dag_id}", json={"is_paused": is_paused})

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler make and run runs."""
        self.pause(dag_id, is_paused=False)

    def trigger(
        self,
        dag_id: str,
        conf: Mapping[str, object] | None = None,
        *,
        run_id: str | None = None,
        logical_date: datetime | None = None,
    ) -> str:
        """Start a run by hand with these Params; its run id, which Airflow makes when none is given."""
        body = {"logical_date": logical_date and logical_date.isoformat(), "conf": dict(conf or {})}
        run = self._call("POST", f"/dags/{quote(dag_id)}/dagRuns", json=body | ({"dag_run_id": run_id} if run_id else {}))
        return str(run["dag_run_id"])

    def runs(self, dag_id: str) -> list[Run]:
        """The newest runs of a DAG, MAX_RUNS at most, the newest first."""
        params = {"limit": str(MAX_RUNS), "order_by": "-run_after"}
        return [_read_run(run) for run in self._call("GET", f"/dags/{quote(dag_id)}/dagRuns", params=params)["dag_runs"]]

    def run(self, dag_id: str, run_id: str) -> Run:
        """The run as it is now."""
        return _read_run(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))

    def find_run(self, dag_id: str, data_interval_start: datetime) -> Run | None:
        """The run whose data interval begins then; None when there is none."""
        params = {"logical_date_gte": data_interval_start.isoformat(), "logical_date_lte": data_interval_start.isoformat()}
        runs = [_read_run(run) for run in self._call("GET", f"/dags/{dag_id}/dagRuns", params=params)["dag_runs"]]
        return next((run for run in runs if run.data_interval_start == data_interval_start), None)

    def tasks(self, dag_id: str, run_id: str) -> list[Task]:
        """The tasks of a run."""
        answer = self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")
        return [Task(t["task_id"], t["state"] or "none", max(1, t["try_number"])) for t in answer["task_instances"]]

    def clear_run(self, dag_id: str, run_id: str, *, only_failed: bool = False) -> None:
        """Let the tasks of a run (or only its failed ones) run again."""
        self._call("POST", f"/dags/{dag_id}/dagRuns/{run_id}/clear", json={"dry_run": False, "only_failed": only_failed})

    def clear_task(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Let one task of a run run again, and what comes after it."""
        choice = {"dag_run_id": run_id, "task_ids": [task_id], "include_downstream": True, "only_failed": False}
        self._call("POST", f"/dags/{dag_id}/clearTaskInstances", json={**choice, "dry_run": False})

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1) -> list[str]:
        """The lines of a task's log, errors with their last cause."""
        return [line for entry in self._log(dag_id, run_id, task_id, try_number) for line in _read_log_entry(entry)]

    def task_error(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1) -> str:
        """Why that try failed, in the words of its error; where there is none, the last line of its log that tells an error."""
        entries = [_parse_log_entry(entry) for entry in self._log(dag_id, run_id, task_id, try_number)]
        if details := [entry["error_detail"] for entry in entries if entry.get("error_detail")]:
            return _describe_error(details[-1][0])  # the first of a chain is the one that was raised last
        events = [(entry.get("level"), str(entry["event"])) for entry in entries if not str(entry["event"]).startswith("::")]
        errors = [event for level, event in events if level in {"error", "critical"}] or [event for _, event in events]
        return errors[-1] if errors else "its log is empty"

    def _log(self, dag_id: str, run_id: str, task_id: str, try_number: int) -> list[str | dict[str, Any]]:
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        content: list[str | dict[str, Any]] = self._call("GET", path, params={"full_content": "true"})["content"]
        return content

    def wait(self, dag_id: str, run_id: str, timeout_s: float, on_tasks: Callable[[list[Task]], None] | None = None) -> Run:
        """Follow a run to its end; `on_tasks` is called with its tasks at every look (once a second).

        Raises:
            StackError: it has not ended after `timeout_s`.
        """
        until = time.monotonic() + timeout_s
        while True:
            run = self.run(dag_id, run_id)
            if on_tasks:
                on_tasks(self.tasks(dag_id, run_id))
            if run.state in ENDED:
                return run
            if time.monotonic() > until:
                raise StackError(f"{dag_id} {run_id} is still {run.state} after {timeout_s:.0f} s: look at {self._url}")
            time.sleep(1)

    def _call(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401 (JSON, read by the methods above)
        try:
            if "Authorization" not in self._session.headers:
                self._log_in()
            answer = self._session.request(method, f"{self._url}/api/v2{path}", timeout=TIMEOUT_S, **request)
            if answer.status_code == requests.codes.unauthorized:  # the token lasts an hour
                self._log_in()
                answer = self._session.request(method, f"{self._url}/api/v2{path}", timeout=TIMEOUT_S, **request)
        except requests.RequestException as error:
            raise StackError(
                f"Airflow does not answer at {self._url} ({type(error).__name__}): ./startup.sh status shows what runs"
            ) from error
        if not answer.ok:
            raise AirflowRefused(f"{method} {path}", answer.status_code, _read_reason(answer))
        return answer.json()

    def _log_in(self) -> None:
        answer = self._session.post(f"{self._url}/auth/token", json=self._login, timeout=TIMEOUT_S)
        if not answer.ok:
            reason = f"HTTP {answer.status_code} {_read_reason(answer)}"
            raise StackError(f"Airflow refused the login of {self._login['username']}: {reason}")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def trusted(settings: StackSettings) -> str | bool:
    """What `requests` compares Airflow's certificate with: with TLS=1 the stack's own authorities."""
    return str(settings.ca_file) if settings.web_tls else True


def _read_run(run: Mapping[str, Any]) -> Run:
    names = ("data_interval_start", "logical_date", "start_date", "end_date")
    times = [datetime.fromisoformat(text) if (text := run.get(name)) else None for name in names]
    return Run(run["dag_id"], run["dag_run_id"], run["state"], run["run_type"], *times)


def _read_reason(answer: requests.Response) -> str:
    """What an answer says was wrong, in one line; Airflow puts it under `detail`, a list where it has several findings."""
    try:
        detail = answer.json()["detail"]
    except (requests.JSONDecodeError, KeyError, TypeError):
        detail = answer.text[:500]
    findings = detail if isinstance(detail, list) else [detail]
    lines = [str(one["msg"] if isinstance(one, dict) and "msg" in one else one) for one in findings]
    return "; ".join(line.strip().split("\n")[0] for line in lines)


def _parse_log_entry(entry: str | dict[str, Any]) -> dict[str, Any]:
    """An entry with its `event`; Airflow hands on lines as they are where it cannot read one of them."""
    if not isinstance(entry, str):
        return entry
    try:
        parsed = json.loads(entry)
    except json.JSONDecodeError:
        return {"event": entry}
    return parsed if isinstance(parsed, dict) and "event" in parsed else {"event": entry}


def _describe_error(detail: Mapping[str, Any]) -> str:
    """The message alone where it is a sentence of ours or Airflow's; other exceptions need their name to be understood."""
    name, message = str(detail["exc_type"]), str(detail["exc_value"]).strip()
    is_ours = hasattr(barograph.errors, name) or name.startswith("Airflow")
    return message if is_ours and message else f"{name}: {message}"


def _read_log_entry(entry: str | Mapping[str, Any]) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    causes = [f"{cause['exc_type']}: {cause['exc_value']}" for cause in entry.get("error_detail") or []]
    return [str(entry["event"]), *causes]
