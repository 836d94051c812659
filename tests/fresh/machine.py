"""A fresh Debian 12 to start in: a folder with its own mounts and processes, which end with the test whatever happens.

It has the network and the ports of this machine, and how this machine reaches the package registries; nothing else of it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from tests.commands import CannotRunError, ensure_programs, run
from tests.debian import pack_debian, trust_certificates

FOLDER: Final = Path(os.environ.get("FRESH_TEST_FOLDER") or Path.home() / ".cache/barograph/fresh")
"""The Debian that machines begin as stays here, so that a second run is quick. It may be deleted."""

PACKAGES: Final = ("python3", "python3-venv", "git", "ca-certificates")
CLONE: Final = "barograph"
DEADLINE_S: Final = 2 * 3600

_HOLD: Final = """
set -e
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$1/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
echo ready
exec chroot "$1" env --ignore-signal=CHLD sleep infinity
"""
"""The first process of a machine. Cassandra looks for the mount its folder is in; orphans that end leave no zombies."""

_PATHS: Final = {"root": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
_USERS_PATH: Final = "/usr/local/bin:/usr/bin:/bin"

_REGISTRY_NAMES: Final = re.compile(
    r"(https?|all|no)_proxy|(PIP|UV)_.*|SSL_CERT_.*|.*_CA_BUNDLE|GIT_SSL_CAINFO|MAVEN_(OPTS|ARGS)", re.IGNORECASE
)
_SYSTEM_FILES: Final = ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "etc/uv/uv.toml")
_USERS_FILES: Final = (".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml", ".m2/settings.xml")


@dataclass(frozen=True, slots=True)
class Machine:
    """`root` is its folder, `pid` its first process, `user` who works on it."""

    root: Path
    pid: int
    user: str

    def run(self, command: str, *, user: str | None = None, expected: int = 0, **environment: str) -> str:
        """What a shell command printed, in the clone once it is there; shown while it runs where `user` is whose machine it is.

        Raises:
            AssertionError: the exit code is not `expected`.
        """
        name = user or self.user
        print(f"\n{name}@fresh$ {command}", flush=True)
        with subprocess.Popen(
            self._command(name, command),
            env=self._environment(name) | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout
            lines = []
            for line in process.stdout:
                print(f"  {line}" if name == self.user else "", end="", flush=True)
                lines.append(line)
        output = "".join(lines)
        assert process.returncode == expected, f"{command} as {name}: exit code {process.returncode}\n{output[-6000:]}"
        return output

    def processes(self) -> list[str]:
        """Command lines of everything that runs on it, without its first process."""
        return [" ".join(process.cmdline()) for process in psutil.Process(self.pid).children(recursive=True)]

    def _command(self, user: str, command: str) -> list[str]:
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--root", "--wd"]
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return ["timeout", str(DEADLINE_S), *enter, *become, "sh", "-c", f"cd ~/{CLONE} 2>/dev/null || cd ~\n{command}"]

    def _environment(self, user: str) -> dict[str, str]:
        """A login's, and how this machine reaches the registries; paths that are not there are left out."""
        carried = {
            name: value
            for name, value in os.environ.items()
            if _REGISTRY_NAMES.fullmatch(name) and (not value.startswith("/") or (self.root / value[1:]).exists())
        }
        home = "/root" if user == "root" else f"/home/{user}"
        return carried | {"HOME": home, "USER": user, "LOGNAME": user, "SHELL": "/bin/sh", "PATH": _PATHS.get(user, _USERS_PATH)}


@contextmanager
def fresh_machine(user: str) -> Iterator[Machine]:
    """A machine on which `user` has cloned the commit that is checked out here.

    Raises:
        CannotRunError: this machine cannot hold one; says why.
    """
    _check_here()
    packed = FOLDER / "bookworm.tar"
    if not packed.exists():
        print(f"making {packed}, once", flush=True)
        pack_debian(packed, *PACKAGES)
    root = FOLDER / f"for-{user}"
    _remove(root)
    root.mkdir(parents=True)
    try:
        run("tar", "-C", str(root), "--numeric-owner", "-xpf", str(packed))
        _carry_registries(root)
        with _held(root) as pid:
            machine = Machine(root, pid, user)
            if user != "root":
                machine.run(f"useradd --create-home --shell /bin/bash {user}", user="root")
            run("git", "bundle", "create", "--quiet", str(root / "tmp/barograph.bundle"), "HEAD")
            machine.run(f"git -c advice.detachedHead=false clone --quiet /tmp/barograph.bundle {CLONE}")
            yield machine
    finally:
        _remove(root)


def _check_here() -> None:
    if os.geteuid() != 0:
        raise CannotRunError("a fresh machine is made by debootstrap, mount and chroot, which need root: run it as root")
    ensure_programs({"debootstrap": "debootstrap", "nsenter": "util-linux", "git": "git"})
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True)
    if tried.returncode:
        raise CannotRunError(f"this root may not mount ({tried.stderr.strip()}): run it outside a container")


def _carry_registries(root: Path) -> None:
    """Take over how this machine finds and trusts the registries: names, certificates, apt, pip, uv and Maven."""
    for name in _SYSTEM_FILES:
        _copy(Path("/") / name, root / name)
    for name in _USERS_FILES:
        for home in (root / "root", root / "etc/skel"):
            _copy(Path.home() / name, home / name)
    if shutil.which("apt-config"):
        acquire = run("apt-config", "dump", "Acquire")
        (root / "etc/apt/apt.conf.d/90acquire").write_text(acquire)
    trust_certificates(root)


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)


@contextmanager
def _held(root: Path) -> Iterator[int]:
    """The first process of a machine in `root`. With it end all others and the mounts; it ends when this process does."""
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation=private"]
    command = ["setpriv", "--pdeathsig=KILL", *unshare, "sh", "-c", _HOLD, "sh", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as holder:
        try:
            assert holder.stdout
            if holder.stdout.readline() != b"ready\n":
                raise CannotRunError(f"what a machine needs could not be mounted in {root}: mount's own line is above")
            yield psutil.Process(holder.pid).children()[0].pid
        finally:
            first = psutil.Process(holder.pid).children()
            holder.kill()
            psutil.wait_procs(first, timeout=60)


def _remove(root: Path) -> None:
    if root.exists():
        run("rm", "-rf", "--one-file-system", str(root))
