"""The .env file: made from .env.example with generated secrets, changed line by line, everything else kept."""

import base64
import secrets
import tempfile
from pathlib import Path
from typing import Final

from dotenv import set_key

from stack.settings import REPOSITORY, SECRETS, StackSettings, setting_name

EXAMPLE: Final = REPOSITORY / ".env.example"


def create_env_file(path: Path) -> bool:
    """Make `path` a copy of .env.example, readable by its owner only; True when it was not there before."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as copy:
        copy.write(EXAMPLE.read_text(encoding="utf-8"))
    Path(copy.name).replace(path)
    return True


def fill_secrets(path: Path, settings: StackSettings) -> list[str]:
    """Generate every secret that is not set anywhere into `path`; the names of those that were missing."""
    missing = [field for field in SECRETS if not getattr(settings, field).get_secret_value()]
    write_values(path, {setting_name(field): _generate_secret(field) for field in missing})
    return [setting_name(field) for field in missing]


def write_values(path: Path, values: dict[str, str]) -> None:
    """Set each name to its value in `path`, atomically, keeping every other line; the file is the owner's only."""
    for name, value in values.items():
        is_plain = all(character.isalnum() or character in "-_./:=+@" for character in value)
        set_key(path, name, value, quote_mode="never" if is_plain else "always", follow_symlinks=True)
    path.chmod(0o600)


def _generate_secret(field: str) -> str:
    match field:
        case "airflow_fernet_key":
            return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        case "airflow_admin_password":
            return secrets.token_hex(12)
        case _:
            return secrets.token_hex(48)
