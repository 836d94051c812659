"""The .env file: made from .env.example with generated secrets, changed line by line, everything else kept."""

import base64
import re
import secrets
from pathlib import Path
from typing import Final

from stack.errors import StackError
from stack.settings import REPOSITORY, SECRETS, StackSettings, replace_file, setting_name

EXAMPLE: Final = REPOSITORY / ".env.example"


def create_env_file(path: Path) -> bool:
    """Make `path` a copy of .env.example, readable by its owner only; True when it was not there before."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, EXAMPLE.read_text(encoding="utf-8"))
    return True


def fill_secrets(path: Path, settings: StackSettings) -> list[str]:
    """Generate every secret that is not set anywhere into `path`; the names of those that were missing."""
    missing = [field for field in SECRETS if not getattr(settings, field).get_secret_value()]
    write_values(path, {setting_name(field): _generate_secret(field) for field in missing})
    return [setting_name(field) for field in missing]


def write_values(path: Path, values: dict[str, str]) -> None:
    """Set each name to its value in `path`, atomically, keeping every other line; the file is the owner's only.

    Raises:
        StackError: a value would take more than its line.
    """
    if strange := [name for name, value in values.items() if not value.isprintable()]:
        raise StackError(f"{strange[0]} would hold a line break or another control character: give a value without")
    lines = path.read_text(encoding="utf-8").splitlines()
    for name, value in values.items():
        pattern = re.compile(rf"\s*(export\s+)?{re.escape(name)}\s*=")
        last = max((number for number, line in enumerate(lines) if pattern.match(line)), default=len(lines))
        lines[last : last + 1] = [f"{name}={_quote(value)}"]
    replace_file(path.resolve(), "\n".join(lines) + "\n")


def _quote(value: str) -> str:
    if re.fullmatch(r"[\w./:=+@-]*", value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _generate_secret(field: str) -> str:
    match field:
        case "airflow_fernet_key":
            return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        case "airflow_admin_password":
            return secrets.token_hex(12)
        case _:
            return secrets.token_hex(48)
