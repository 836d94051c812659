"""Programs that tests run on this machine, and Debian's packages that bring them."""

import os
import shutil
import subprocess

from stack.settings import REPOSITORY


class CannotRunError(Exception):
    """These tests cannot run on this machine; the message names what is missing and what to do."""


def run(*command: str, **environment: str) -> str:
    """What the command printed on stdout; an AssertionError with all it said when it failed."""
    done = subprocess.run(
        command, env={**os.environ, **environment}, cwd=REPOSITORY, capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def ensure_programs(packages: dict[str, str]) -> None:
    """Install what is missing of `packages`: Debian's package by the program it brings.

    Raises:
        CannotRunError: this machine has no apt-get.
    """
    missing = sorted({package for program, package in packages.items() if not shutil.which(program)})
    if missing and not shutil.which("apt-get"):
        raise CannotRunError(f"{', '.join(missing)} cannot be installed without apt-get: install it")
    if missing:
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, DEBIAN_FRONTEND="noninteractive")
