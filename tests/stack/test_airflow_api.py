import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from stack.airflow_api import AirflowClient, Task
from stack.errors import StackError

LOG = {
    "content": [
        {"event": "asking for 5 locations"},
        {"event": "Task failed", "error_detail": [{"exc_type": "SourceUnavailable", "exc_value": "HTTP 503"}]},
    ]
}
DIED = {"content": [{"event": "::group::Log message source details"}, {"event": "asking", "level": "info"},
                    {"event": "the process died", "level": "error"}, {"event": "Task finished", "level": "info"}]}  # fmt: skip
UNREAD = {
    "content": ['{"event": "asking"}', '{"event": "failed", "error_detail": [{"exc_type": "KeyError", "exc_value": "\'a\'"}]}']
}
CHAIN = {"content": [{"event": "Task failed", "error_detail": [
    {"exc_type": "AirflowFailException", "exc_value": "2 to mend:\n- one\n- two"},
    {"exc_type": "RequestRefused", "exc_value": "2 to mend:\n- one\n- two"}]}]}  # fmt: skip
ANSWERS: dict[str, object] = {
    "/api/v2/dags/d/dagRuns/r/taskInstances": {"task_instances": [{"task_id": "t", "state": None, "try_number": 0}]},
    "/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/1": LOG,
    "/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/2": DIED,
    "/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/3": UNREAD,
    "/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/4": CHAIN,
    "/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/5": {"content": []},
    "/api/v2/dags/d/dagRuns": {"dag_run_id": "manual__1"},
}


class _Airflow(BaseHTTPRequestHandler):
    """Gives a token for the right password; the first token is outlived at its first use."""

    logins = 0
    bodies: list[object]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).bodies.append(body)
        if self.path != "/auth/token":
            self._answer(200, ANSWERS[self.path])
        elif body != {"username": "admin", "password": "right"}:
            self._answer(401, {})
        else:
            type(self).logins += 1
            self._answer(201, {"access_token": f"token-{self.logins}"})

    def do_GET(self) -> None:
        is_fresh = self.headers["Authorization"] == "Bearer token-2"
        self._answer(200, ANSWERS[self.path.split("?")[0]]) if is_fresh else self._answer(401, {})

    def _answer(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    _Airflow.logins, _Airflow.bodies = 0, []
    with HTTPServer(("127.0.0.1", 0), _Airflow) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_outlived_token_is_renewed(url: str) -> None:
    with AirflowClient(url, "right") as client:
        assert client.tasks("d", "r") == [Task("t", "none", 1)]
    assert _Airflow.logins == 2


def test_a_log_shows_the_cause_of_an_error(url: str) -> None:
    with AirflowClient(url, "right") as client:
        assert client.task_log("d", "r", "t") == ["asking for 5 locations", "Task failed", "SourceUnavailable: HTTP 503"]


@pytest.mark.parametrize(
    ("number", "error"),
    [
        pytest.param(1, "HTTP 503", id="an error of ours in its own words"),
        pytest.param(2, "the process died", id="ended from outside"),
        pytest.param(3, "KeyError: 'a'", id="another exception, of a log that Airflow could not read"),
        pytest.param(4, "2 to mend:\n- one\n- two", id="the one raised last, whole"),
        pytest.param(5, "its log is empty", id="nothing"),
    ],
)
def test_the_error_of_a_try_is_told_in_words(url: str, number: int, error: str) -> None:
    with AirflowClient(url, "right") as client:
        assert client.task_error("d", "r", "t", number) == error


def test_a_trigger_sends_the_params_and_no_logical_date(url: str) -> None:
    with AirflowClient(url, "right") as client:
        assert client.trigger("d", {"daily": []}) == "manual__1"
    assert _Airflow.bodies[-1] == {"logical_date": None, "conf": {"daily": []}}


def test_a_wrong_password_is_said_without_showing_it(url: str) -> None:
    with AirflowClient(url, "wrong-one") as client, pytest.raises(StackError, match="refused the login of admin") as refused:
        client.dag_ids()
    assert "wrong-one" not in str(refused.value)
