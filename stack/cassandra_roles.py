"""Whether the roles of the stack's Cassandra are those of `logins`; `cassandra_setup` makes them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stack.logins import cassandra_users
from stack.settings import StackSettings, replace_file


def are_roles_made(settings: StackSettings) -> bool:
    """Whether the store's roles are those of `logins`, passwords included."""
    return read_made_roles(settings).get("digest") == roles_digest(settings)


def roles_digest(settings: StackSettings) -> str:
    """What differs when a role or a password does."""
    return hashlib.sha256(json.dumps(cassandra_users(settings), sort_keys=True).encode()).hexdigest()


def note_made_roles(settings: StackSettings) -> None:
    """Note that the store has the roles of `logins`, once they are on the disk."""
    noted = {"digest": roles_digest(settings), "roles": sorted(cassandra_users(settings))}
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(noted) + "\n")


def read_made_roles(settings: StackSettings) -> Mapping[str, Any]:
    """What was noted: `digest` and `roles`; nothing where they were never made."""
    path = _path(settings)
    noted: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return noted


def _path(settings: StackSettings) -> Path:
    """Beside the data, so that it comes and goes with them."""
    return settings.state_dir / "cassandra/roles.json"
