"""The stack as a whole: up, down, status, reset."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from rich.table import Table

from stack.certificates import describe_expiries, make_certificates, renewal_remedy
from stack.console import console, say, waiting
from stack.errors import StackError
from stack.fingerprint import find_changed, forget, record
from stack.health import find_full_disk, find_problem
from stack.jars import fetch_jars, find_missing_jars
from stack.java import ensure_programs
from stack.leftovers import stop_leftovers
from stack.logins import make_logins
from stack.preflight import check_machine, check_ports_of
from stack.programs import AIRFLOW, SERVICES, STANDIN, wanted_programs
from stack.rotation import renew_secrets, secrets_to_renew
from stack.settings import StackSettings, env_path, load_settings, setting_name
from stack.startup import Startup
from stack.supervision import Supervisor
from stack.templates import temporary_dir

_LOCK: Final = "startup.lock"


def bring_up(settings: StackSettings) -> None:
    """Every program runs and is healthy afterwards; a running stack is checked, and what reads a changed setting restarts.

    Raises:
        StackError: something is in the way or does not start; what this call has started is stopped again.
    """
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    settings.state_dir.chmod(0o700)
    with _only_one(settings.state_dir):
        if made := make_certificates(settings):
            say(f"certificates made: {', '.join(made)}")
        make_logins(settings)
        supervisor = Supervisor(settings)
        if supervisor.states():
            _fetch_missing(settings)
            changed = find_changed(settings)
            if changed is not None:
                _restart_changed(settings, supervisor, changed)
                _check_running(settings, supervisor)
                return
            say("the running stack was started from other settings: stopping all of it, then starting again")
            take_down(settings)
        if stopped := stop_leftovers(settings.state_dir):
            say(f"stopped {stopped} processes that an earlier start had left")
        shutil.rmtree(temporary_dir(settings))  # what killed processes left there; it is recreated when needed
        check_machine(settings)
        _fetch_missing(settings)
        _start(settings, supervisor)


def take_down(settings: StackSettings) -> None:
    """No process of this stack runs afterwards; Airflow goes first, so that nothing writes into closing services."""
    supervisor = Supervisor(settings)
    if supervisor.states():
        for programs in (AIRFLOW, (STANDIN,), SERVICES):
            supervisor.stop([program.name for program in programs])
        supervisor.end()
    stop_leftovers(settings.state_dir)


def rotate(settings: StackSettings, *, with_login: bool) -> None:
    """Everything that was generated is replaced: at once, the stack stopping and starting, or with its next start.

    Raises:
        StackError: a secret comes from the environment; or as `bring_up`, and then the next start finishes it.
    """
    fields = secrets_to_renew(with_login=with_login)
    is_running = bool(Supervisor(settings).states())
    if is_running:
        with waiting("stopping"):
            take_down(settings)
    renew_secrets(settings, fields)
    say(f"{env_path()}: new {', '.join(map(setting_name, fields))}; {settings.logins_dir}: new passwords at the services")
    if is_running:
        bring_up(load_settings())
    else:
        say("they apply with the next start")


def print_status(settings: StackSettings) -> bool:
    """Print every program with its state, pid, ports and health; whether all is well."""
    states = Supervisor(settings).states()
    table = Table("service", "state", "pid", "port", "health")
    is_well = True
    for program in wanted_programs(settings):
        state, pid = states.get(program.name, ("STOPPED", 0))
        is_running = state == "RUNNING"
        problem = find_problem(settings, program.name) if is_running else find_full_disk(settings, program.name) or "not running"
        is_well = is_well and not problem
        ports = ", ".join(str(getattr(settings, field)) for field in program.ports)
        table.add_row(program.name, state.lower(), str(pid or ""), ports, problem or "healthy")
    console.print(table)
    for line in describe_expiries(settings):
        say(line)
    return is_well


def renew_certificates(settings: StackSettings, *, with_authority: bool) -> None:
    """New certificates for all services, and with `with_authority` a new authority; what reads them restarts if it runs.

    Raises:
        StackError: TLS is off, or the certificates are the user's.
    """
    if not settings.tls:
        raise StackError("TLS is off, so there are no certificates to renew: set TLS=1 in .env, then ./startup.sh")
    if settings.tls_certificate:
        raise StackError(f"TLS_CERTIFICATE={settings.tls_certificate} is not signed here: {renewal_remedy(settings)}")
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_one(settings.state_dir):
        made = make_certificates(settings, renew=True, renew_authority=with_authority)
    say(f"certificates made: {', '.join(made)}")
    if Supervisor(settings).states():
        bring_up(settings)
    else:
        say("the next ./startup.sh uses them")


def reset(settings: StackSettings) -> None:
    """Stop the stack and delete its state folder, all but the jars in it.

    Raises:
        StackError: the folder is not one that `up` has used.
    """
    folder = settings.state_dir
    if not folder.exists():
        return
    if not (folder / _LOCK).exists():
        raise StackError(f"STATE_DIR={folder} is not the folder of a stack: nothing was deleted. Correct STATE_DIR")
    take_down(settings)
    for path in folder.iterdir():
        if settings.jars_dir.is_relative_to(path):
            continue
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _fetch_missing(settings: StackSettings) -> None:
    ensure_programs(with_maven=bool(find_missing_jars(settings.jars_dir)))
    fetch_jars(settings.jars_dir)


def _start(settings: StackSettings, supervisor: Supervisor) -> None:
    say("starting the services")
    began = time.monotonic()
    with ExitStack() as on_failure:
        on_failure.callback(_undo, settings)
        supervisor.begin()
        startup = Startup(settings, supervisor)
        startup.run()
        on_failure.pop_all()
    record(startup.settings)
    say(f"all services are up ({time.monotonic() - began:.0f} s)")


def _restart_changed(settings: StackSettings, supervisor: Supervisor, changed: list[str]) -> None:
    """Stop and start again what reads a changed setting; everything else keeps running.

    Raises:
        StackError: something is in the way or does not start; the next `up` tries it again.
    """
    if not changed:
        return
    for programs in (AIRFLOW, (STANDIN,), SERVICES):
        states = supervisor.states()
        names = [program.name for program in programs if program.name in changed and states[program.name][0] != "STOPPED"]
        if names:
            say(f"settings changed: stopping {', '.join(names)}")
            supervisor.stop(names)
    forget(settings, changed)
    check_ports_of(settings, [program for program in wanted_programs(settings) if program.name in changed])
    startup = Startup(settings, supervisor, changed)
    startup.run()
    record(startup.settings)


def _undo(settings: StackSettings) -> None:
    with waiting("stopping what was started"):
        take_down(settings)


def _check_running(settings: StackSettings, supervisor: Supervisor) -> None:
    startup = Startup(settings, supervisor)
    ailing = [program for program in wanted_programs(settings) if find_problem(settings, program.name)]
    for program in ailing:
        startup.bring_up(program)
    say("all services are running" if not ailing else "all services are running again")


@contextmanager
def _only_one(state_dir: Path) -> Iterator[None]:
    with (state_dir / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(f"another ./startup.sh is at work in {state_dir}: wait until it has finished") from error
        yield
