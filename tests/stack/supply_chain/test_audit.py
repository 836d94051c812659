import json
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from stack.supply_chain import audit
from stack.supply_chain.audit import Accepted, AuditError, Finding, find_problems
from stack.supply_chain.pinned import jars

TODAY = date(2026, 11, 26)
LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
JACKSON = "pkg:maven/com.fasterxml.jackson.core/jackson-core@2.19.2"
SHELL = Finding(LOG4J, frozenset({"GHSA-jfh8-c2jp-5v3q", "CVE-2021-44228"}), "Remote code injection in Log4j")

DETAILS = {
    "GHSA-jfh8-c2jp-5v3q": {
        "id": "GHSA-jfh8-c2jp-5v3q",
        "aliases": ["CVE-2021-44228"],
        "summary": "Remote code injection in Log4j",
    },
    "GHSA-7rjr-3q55-vv33": {"id": "GHSA-7rjr-3q55-vv33", "aliases": ["CVE-2021-45046"], "details": "Incomplete fix\nof it"},
    "GHSA-0000-0000-0000": {"id": "GHSA-0000-0000-0000", "summary": "Not one", "withdrawn": "2022-01-01T00:00:00Z"},
}
"""The shapes of GET /v1/vulns/{id}, shortened."""

PIP_AUDIT = {
    "dependencies": [
        {"name": "six", "version": "1.17.0", "vulns": []},
        {
            "name": "flask",
            "version": "0.5",
            "vulns": [
                {"id": "PYSEC-2019-179", "fix_versions": ["1.0"], "aliases": ["CVE-2019-1010083"], "description": "Memory"}
            ],
        },
    ],
    "fixes": [],
}


class Answer:
    """What `requests` returns."""

    def __init__(self, content: object) -> None:
        self._content = content

    def raise_for_status(self) -> None:
        """Fine."""

    def json(self) -> object:
        """The content."""
        return self._content


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The questions to an OSV that knows of Log4j alone, and answers in two pages."""
    questions: list[dict[str, Any]] = []
    pages: Iterator[list[str]] = iter([["GHSA-jfh8-c2jp-5v3q"], ["GHSA-7rjr-3q55-vv33", "GHSA-0000-0000-0000"]])

    def answer(query: dict[str, Any]) -> dict[str, Any]:
        if query["package"]["purl"] != LOG4J:
            return {}
        page = {"vulns": [{"id": name, "modified": "2024-01-01T00:00:00Z"} for name in next(pages)]}
        return page if "page_token" in query else {**page, "next_page_token": "second"}

    def post(_session: requests.Session, url: str, json: dict[str, Any], timeout: float) -> Answer:
        assert (url, timeout > 0) == ("https://api.osv.dev/v1/querybatch", True)
        questions.append(json)
        return Answer({"results": [answer(query) for query in json["queries"]]})

    monkeypatch.setattr(requests.Session, "post", post)
    monkeypatch.setattr(requests.Session, "get", lambda _session, url, timeout: Answer(DETAILS[url.rpartition("/")[2]]))
    return questions


def test_osv_is_asked_page_by_page_and_withdrawn_entries_do_not_count(asked: list[dict[str, Any]]) -> None:
    found = audit.ask_osv([JACKSON, LOG4J])
    incomplete = Finding(LOG4J, frozenset({"GHSA-7rjr-3q55-vv33", "CVE-2021-45046"}), "Incomplete fix")
    assert found == [SHELL, incomplete]
    assert [len(question["queries"]) for question in asked] == [2, 1]


def test_what_pip_audit_finds_is_read() -> None:
    ids = frozenset({"PYSEC-2019-179", "CVE-2019-1010083"})
    assert audit.read_pip_audit(json.dumps(PIP_AUDIT)) == [Finding("pkg:pypi/flask@0.5", ids, "Memory")]


def test_a_package_that_pip_audit_leaves_out_is_no_success() -> None:
    skipped = {"dependencies": [{"name": "uv", "skip_reason": "Dependency not found on PyPI: uv (0.13.9)"}], "fixes": []}
    with pytest.raises(AuditError, match="left out 1 packages: Dependency not found on PyPI: uv"):
        audit.read_pip_audit(json.dumps(skipped))


def test_a_pip_audit_that_fails_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nrequests.exceptions.ConnectionError: no route")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_kwargs: failed)
    with pytest.raises(
        AuditError, match=r"could not answer for requirements\.txt: requests\.exceptions\.ConnectionError: no route"
    ):
        audit.ask_pip_audit(Path("requirements.txt"))


def test_a_finding_needs_an_exception_under_any_of_its_names() -> None:
    accepted = [Accepted("CVE-2021-44228", "made up", TODAY)]
    assert list(find_problems([SHELL], accepted, TODAY, is_complete=True)) == []
    assert [problem.partition(". Upgrade")[0] for problem in find_problems([SHELL], [], TODAY, is_complete=True)] == [str(SHELL)]


def test_an_exception_fails_after_its_last_day() -> None:
    accepted = [Accepted("CVE-2021-44228", "made up", TODAY)]
    problems = list(find_problems([SHELL], accepted, TODAY + timedelta(days=1), is_complete=True))
    assert problems == [
        "the exception for CVE-2021-44228 expired on 2026-11-26: upgrade, or confirm it with a new date",
    ]


def test_an_exception_for_nothing_fails_where_everything_was_asked() -> None:
    accepted = [Accepted("CVE-2021-44228", "made up", TODAY)]
    assert list(find_problems([], accepted, TODAY, is_complete=False)) == []
    problems = find_problems([], accepted, TODAY, is_complete=True)
    assert ["matches nothing that is pinned" in problem for problem in problems] == [True]


def no_route(*_args: object, **_kwargs: object) -> None:
    """A network without OSV."""
    raise requests.ConnectionError("no route")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No OSV, and a list with one advisory of today; its path."""
    monkeypatch.setattr(requests.Session, "post", no_route)
    monkeypatch.setattr(audit, "ADVISORIES", tmp_path / "advisories.toml")
    monkeypatch.setattr(audit, "EXCEPTIONS", tmp_path / "exceptions.toml")
    (tmp_path / "exceptions.toml").touch()
    return tmp_path / "advisories.toml"


def write_advisories(path: Path, purl: str, day: date) -> None:
    """A list of one advisory."""
    path.write_text(f'looked_up = {day}\n[[advisory]]\nids = ["CVE-1"]\naffects = ["{purl}"]\nsummary = "made up"\n')


def pinned_jar() -> str:
    """Some jar that is pinned."""
    return next(one.version_purl for one in jars())


def test_without_osv_the_listed_advisories_decide(offline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    today = date.today()  # noqa: DTZ011 (the list is dated by day)
    write_advisories(offline, LOG4J, today)
    assert audit.main() == 0
    write_advisories(offline, pinned_jar(), today)
    assert audit.main() == 1
    printed = capsys.readouterr().out
    assert "gave no answer (ConnectionError): holding what is pinned against advisories.toml instead" in printed
    assert f"error: {pinned_jar()}: CVE-1: made up. Upgrade it" in printed


def test_a_list_that_is_too_old_does_not_pass_for_an_answer(offline: Path) -> None:
    write_advisories(offline, LOG4J, TODAY)
    last = TODAY + timedelta(days=audit.MAX_AGE_DAYS)
    assert audit.read_advisories(offline, last)
    with pytest.raises(AuditError, match=r"advisories\.toml was looked up 91 days ago, more than 90"):
        audit.read_advisories(offline, last + timedelta(days=1))


def test_the_projects_own_lists_can_be_read() -> None:
    advisories = audit.read_advisories(audit.ADVISORIES, TODAY)
    exceptions = audit.read_exceptions(audit.EXCEPTIONS)
    assert advisories
    assert [one.id for one in exceptions if len(one.reason) < 20] == []
    assert {one.id for one in exceptions} <= {name for one in advisories for name in one.ids}
