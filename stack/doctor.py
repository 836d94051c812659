"""`./startup.sh doctor`: what can be checked without changing anything, a line for each, with what to do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil

from stack.certificates import RENEW_DAYS, SERVICES, find_fault, read_expiries, renewal_remedy
from stack.console import say
from stack.errors import StackError
from stack.health import find_problem
from stack.jars import find_missing_jars
from stack.java import find_java_home
from stack.preflight import check_disk, check_memory, check_ports_of, check_replay_file
from stack.programs import wanted_programs
from stack.settings import StackSettings, env_path, load_settings
from stack.supervision import Supervisor

_OTHERS: Final = 0o077
"""The rights of group and others, which a secret gives none of."""


def examine() -> bool:
    """Print a line for each thing checked; whether all are well."""
    try:
        settings = load_settings()
    except StackError as error:
        return _report("settings", str(error))
    _report("settings", "")
    is_running = bool(Supervisor(settings).states())
    finders = [*_of_every_stack(settings), *(_of_running(settings) if is_running else _of_stopped(settings))]
    return [what for what, problem in finders if not _report(what, problem)] == []


def _of_every_stack(settings: StackSettings) -> Iterator[tuple[str, str]]:
    yield "Java 17", "" if find_java_home() else "not found: ./startup.sh installs it or says how"
    missing = find_missing_jars(settings.jars_dir)
    yield "jars", f"{len(missing)} are not in {settings.jars_dir}: ./startup.sh fetches them" if missing else ""
    yield "disk", _refusal(lambda: check_disk(settings.state_dir))
    yield "secrets", _find_open_files(settings)
    for service in SERVICES if settings.tls else ():
        yield f"certificate of {service}", _find_certificate_problem(settings, service)


def _of_running(settings: StackSettings) -> Iterator[tuple[str, str]]:
    for program in wanted_programs(settings):
        problem = find_problem(settings, program.name)
        yield program.name, f"{problem}: ./startup.sh logs {program.name}" if problem else ""


def _of_stopped(settings: StackSettings) -> Iterator[tuple[str, str]]:
    yield "memory", _refusal(lambda: check_memory(settings, psutil.virtual_memory().available))
    yield "replayed file", _refusal(lambda: check_replay_file(settings))
    yield "ports", _refusal(lambda: check_ports_of(settings, wanted_programs(settings)))
    yield "services", "the stack is stopped: ./startup.sh starts it"


def _find_certificate_problem(settings: StackSettings, service: str) -> str:
    if fault := find_fault(settings, service):
        return f"{fault}: {renewal_remedy(settings)}"
    soonest = min(expiry.days_left for expiry in read_expiries(settings) if expiry.name in {service, "ca"})
    return f"{soonest} days left: {renewal_remedy(settings)}" if soonest < RENEW_DAYS else ""


def _find_open_files(settings: StackSettings) -> str:
    """Files with secrets that others may open, and the command that closes them."""
    secrets = [settings.logins_dir, *settings.logins_dir.rglob("*"), settings.tls_dir, *settings.tls_dir.glob("*.pem")]
    paths = [env_path(), settings.state_dir, *secrets, *([Path(settings.tls_key)] if settings.tls_key else [])]
    opened = [str(path) for path in paths if path.exists() and path.stat().st_mode & _OTHERS]
    return f"others may open {', '.join(opened)}: chmod go= {' '.join(opened)}" if opened else ""


def _refusal(check: Callable[[], None]) -> str:
    """What `check` raises."""
    try:
        check()
    except StackError as error:
        return str(error)
    return ""


def _report(what: str, problem: str) -> bool:
    say(f"problem  {what}: {problem}" if problem else f"ok       {what}")
    return not problem
