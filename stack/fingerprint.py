"""What a running stack was started from: a digest for each program, so that a changed setting restarts only what reads it."""

import hashlib
import json
import os
from typing import Final

from stack.programs import wanted_programs
from stack.settings import REPOSITORY, StackSettings, setting_name
from stack.supervision import render_configuration
from stack.templates import ETC, write_file

COMMON: Final = "stack"
"""What all programs share: a difference restarts everything."""

LOGIN: Final = "airflow-setup"
"""What the set-up of Airflow's database reads."""

_FILE: Final = "fingerprint"


def compute_fingerprints(settings: StackSettings) -> dict[str, str]:
    """A digest for each wanted program, one for COMMON and one for LOGIN."""
    programs = {
        program.name: _digest(program.command(settings), program.reads(settings)) for program in wanted_programs(settings)
    }
    login = settings.airflow_admin_password.get_secret_value(), settings.airflow_fernet_key.get_secret_value()
    return {COMMON: _digest_common(settings), LOGIN: _digest(*login), **programs}


def find_changed(settings: StackSettings) -> list[str] | None:
    """Names whose digest is not the one of the last start, of programs that are no longer wanted, too; None: everything."""
    recorded, current = _read(settings), compute_fingerprints(settings)
    if recorded.get(COMMON) != current[COMMON]:
        return None
    return [name for name in {**current, **recorded} if recorded.get(name) != current.get(name)]


def record(settings: StackSettings) -> None:
    """Keep the digests of what runs now."""
    _write(settings, compute_fingerprints(settings))


def forget(settings: StackSettings, names: list[str]) -> None:
    """Before `names` are restarted: a start that is cut short leaves them changed."""
    _write(settings, {name: digest for name, digest in _read(settings).items() if name not in names})


def _digest_common(settings: StackSettings) -> str:
    """Versions, templates, folders, and what the environment says: supervisord keeps the environment that it was started in."""
    names = map(setting_name, StackSettings.model_fields)
    given = {name: os.environ[name] for name in (*names, "ENV_FILE") if name in os.environ}
    files = [REPOSITORY / "requirements.txt", REPOSITORY / "stack/pom.xml", *sorted(ETC.iterdir())]
    folders = [settings.state_dir, settings.jars_dir]
    return _digest(given, render_configuration(settings), folders, [hashlib.sha256(path.read_bytes()).digest() for path in files])


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _read(settings: StackSettings) -> dict[str, str]:
    """The digests of the last start; none if they were never written, or by an earlier version."""
    path = settings.state_dir / _FILE
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return recorded if isinstance(recorded, dict) else {}


def _write(settings: StackSettings, digests: dict[str, str]) -> None:
    write_file(settings.state_dir / _FILE, json.dumps(digests))
