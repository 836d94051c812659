"""`make audit-dependencies`: is a known vulnerability in what is pinned?

pip-audit asks OSV about packages, this module about jars. Where OSV cannot be reached, both are held against advisories.toml.
A finding needs an upgrade, or an exception in exceptions.toml that says why not, and until when.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import requests

from stack.settings import REPOSITORY
from stack.supply_chain.pinned import jars, packages

OSV: Final = "https://api.osv.dev/v1"
ADVISORIES: Final = Path(__file__).with_name("advisories.toml")
EXCEPTIONS: Final = Path(__file__).with_name("exceptions.toml")
LOCKS: Final = tuple(REPOSITORY / f"requirements{part}.txt" for part in ("", "-install", "-dev"))
MAX_AGE_DAYS: Final = 90
"""How old the listed advisories may be where they are used instead of OSV."""

_TIMEOUT_S: Final = 30


class AuditError(Exception):
    """What was asked about could not be answered; holds why, and what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A vulnerability in a pinned package or jar, under every name it has."""

    purl: str
    ids: frozenset[str]
    summary: str

    def __str__(self) -> str:
        return f"{self.purl}: {', '.join(sorted(self.ids))}: {self.summary}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry of exceptions.toml."""

    id: str
    reason: str
    expires: date


def main() -> int:
    """Print what was found; 1 if something has to be done."""
    today = datetime.now(UTC).date()
    exceptions = read_exceptions(EXCEPTIONS)
    try:
        findings, is_complete = ask_osv(sorted({jar.version_purl for jar in jars()})), True
        for path in LOCKS:
            findings += ask_pip_audit(path)
        print(f"asked {OSV}: {len(findings)} known vulnerabilities")
    except requests.RequestException as error:
        print(f"{OSV} gave no answer ({type(error).__name__}): holding what is pinned against {ADVISORIES.name} instead")
        findings, is_complete = read_advisories(ADVISORIES, today), False
        pinned = {one.version_purl for one in (*jars(), *(package for path in LOCKS for package in packages(path)))}
        findings = [finding for finding in findings if finding.purl in pinned]
        print(f"{len(findings)} of the listed advisories concern what is pinned")
    problems = list(find_problems(findings, exceptions, today, is_complete))
    for problem in problems:
        print(f"error: {problem}")
    return 1 if problems else 0


def find_problems(findings: Iterable[Finding], exceptions: Sequence[Accepted], today: date, is_complete: bool) -> Iterator[str]:
    """What has to be done about findings without an exception, and about exceptions that expired or match nothing."""
    accepted = {exception.id for exception in exceptions}
    seen = set[str]()
    for finding in findings:
        seen |= finding.ids
        if not finding.ids & accepted:
            yield f"{finding}. Upgrade it and run `make lock`, or say in {EXCEPTIONS.name} why not and until when"
    for exception in exceptions:
        if exception.expires < today:
            yield f"the exception for {exception.id} expired on {exception.expires}: upgrade, or confirm it with a new date"
        elif is_complete and exception.id not in seen:
            yield f"the exception for {exception.id} matches nothing that is pinned: remove it from {EXCEPTIONS.name}"


def ask_osv(purls: Sequence[str]) -> list[Finding]:
    """What OSV knows of packages in these versions.

    Raises:
        requests.RequestException: OSV cannot be reached, or refuses.
    """
    with requests.Session() as session:
        found = [(purl, name) for purl, names in _ask_ids(session, purls) for name in names]
        details = {name: _get_json(session, f"{OSV}/vulns/{name}") for name in {name for _, name in found}}
    return [_read_vulnerability(purl, details[name]) for purl, name in found if "withdrawn" not in details[name]]


def _ask_ids(session: requests.Session, purls: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each package with the ids of its vulnerabilities, page by page."""
    queries: list[tuple[str, dict[str, Any]]] = [(purl, {"package": {"purl": purl}}) for purl in purls]
    while queries:
        asked = {"queries": [query for _, query in queries]}
        answered = session.post(f"{OSV}/querybatch", json=asked, timeout=_TIMEOUT_S)
        answered.raise_for_status()
        results = answered.json()["results"]
        following = []
        for (purl, query), result in zip(queries, results, strict=True):
            yield purl, [one["id"] for one in result.get("vulns", [])]
            if token := result.get("next_page_token"):
                following.append((purl, {**query, "page_token": token}))
        queries = following


def _get_json(session: requests.Session, url: str) -> dict[str, Any]:
    answered = session.get(url, timeout=_TIMEOUT_S)
    answered.raise_for_status()
    found: dict[str, Any] = answered.json()
    return found


def _read_vulnerability(purl: str, found: Mapping[str, Any]) -> Finding:
    summary = found.get("summary") or found.get("details", "").partition("\n")[0]
    return Finding(purl, frozenset({found["id"], *found.get("aliases", [])}), summary)


def ask_pip_audit(path: Path) -> list[Finding]:
    """What OSV knows of the packages of a requirements file, asked by pip-audit.

    Raises:
        AuditError: it gave no answer, or left a package out.
    """
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--vulnerability-service", "osv"]
    command += ["--format", "json", "--aliases", "on", "--desc", "on", "--progress-spinner", "off", "--requirement", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise AuditError(f"pip-audit could not answer for {path.name}: {why}. Run it again when {OSV} can be reached")
    return read_pip_audit(done.stdout)


def read_pip_audit(printed: str) -> list[Finding]:
    """The findings in what `pip-audit --format json` printed.

    Raises:
        AuditError: a package was left out, which pip-audit counts as a success.
    """
    asked = json.loads(printed)["dependencies"]
    if skipped := [one["skip_reason"] for one in asked if "skip_reason" in one]:
        raise AuditError(f"pip-audit left out {len(skipped)} packages: {skipped[0]}. Run it again when {OSV} can be reached")
    return [
        Finding(f"pkg:pypi/{one['name']}@{one['version']}", frozenset({found["id"], *found["aliases"]}), found["description"])
        for one in asked
        for found in one["vulns"]
    ]


def read_advisories(path: Path, today: date) -> list[Finding]:
    """The listed advisories.

    Raises:
        AuditError: they were looked up too long ago to say anything.
    """
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    age = (today - listed["looked_up"]).days
    if age > MAX_AGE_DAYS:
        raise AuditError(
            f"{path.name} was looked up {age} days ago, more than {MAX_AGE_DAYS}: "
            f"run this where {OSV} can be reached, or look the advisories up again and date them"
        )
    advisories = listed.get("advisory", [])
    return [Finding(purl, frozenset(one["ids"]), one["summary"]) for one in advisories for purl in one["affects"]]


def read_exceptions(path: Path) -> list[Accepted]:
    """The findings that are accepted for a time."""
    return [Accepted(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("exception", [])]


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except AuditError as error:
        raise SystemExit(f"error: {error}") from error
