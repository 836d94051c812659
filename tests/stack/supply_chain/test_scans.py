"""The scans of `make lint` find what they are there for."""

import subprocess
import sys
from pathlib import Path

import pytest

from stack.settings import REPOSITORY

BIN = Path(sys.executable).parent
SECRETS = {
    "an AWS key": "key = '" + "AKIA" + "Z3MADEUPZ3MADEUP" + "'",
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "a token": "token = '" + "ghp_" + "x7Kp2mQ9vR4tW1zB6n" * 2 + "'",
    "a password": "passw" + "ord = 'Tr0ub4dor-and-3'",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_in_a_file_is_found(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(SECRETS[kind] + "\n")
    done = subprocess.run([BIN / "detect-secrets-hook", path], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert f"{path}:1" in done.stdout
    assert SECRETS[kind].partition("'")[2][:-1] not in done.stdout or kind == "a private key"


def test_bandit_finds_what_ruff_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("import pickle\nimport xmlrpc.client\nprint(pickle, xmlrpc)\n")
    command = [str(BIN / "bandit"), "--quiet", "--configfile", str(REPOSITORY / "pyproject.toml"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "B403" in done.stdout
    assert "B411" in done.stdout


def test_the_scan_for_secrets_needs_no_list_of_known_ones() -> None:
    assert not (REPOSITORY / ".secrets.baseline").exists()
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert "detect-secrets-hook" in makefile
    assert "--baseline" not in makefile
