"""The files of a store's users: a password for each, and the lines for ``aclfile``."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

ADMIN = "admin"
"""The folder and the user with every permission, for people."""
NOBODY = "user default off resetpass ~* &* +@all"
"""Nobody can log in as the default user, but it keeps every permission: a server that starts reads
its append-only file as this user, and many versions (Redis 7 among them) check its permissions for
transactions then. What a script has written is a transaction, and would be left out with a line in
the log only (redis/redis#14541, valkey-io/valkey#3983)."""
HEALTH = "user health on nopass resetkeys resetchannels -@all +ping"
"""Tells whether the server answers, and can do nothing else."""


def write(folder: Path, users: Mapping[str, tuple[str, str]]) -> None:
    """Write ``folder/ROLE/password`` for those who have none, and ``folder/acl/users.acl``.

    ``users`` has by role the user's name and rules. Each role has a folder of its own, so that a
    container can be given one and no other. Passwords are readable by their owner alone, the file
    of users by everybody: it has digests of random passwords. The default user is off. Run it again
    after an upgrade: passwords stay, rules are new. Raises OSError.
    """
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    lines = [NOBODY, HEALTH]
    for role, (name, rules) in {**users, ADMIN: (ADMIN, "on ~* &* +@all")}.items():
        lines.append(f"user {name} resetpass {_digest(_password(folder / role))} {rules}")
    acl = folder / "acl"
    acl.mkdir(mode=0o755, exist_ok=True)
    acl.chmod(0o755)
    _replace(acl / "users.acl", "\n".join(lines) + "\n", 0o644)


def _password(folder: Path) -> str:
    from ticker.storage.address import read_password

    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "password"
    if not file.exists():
        _replace(file, secrets.token_hex(32) + "\n", 0o400)
    return read_password(file)


def _digest(password: str) -> str:
    from ticker.storage.acl import password_hash

    return password_hash(password)


def _replace(file: Path, text: str, mode: int) -> None:
    """Write a file whole: a reader finds the old one or the new one."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as opened:
        opened.write(text)
    new.chmod(mode)  # whatever the umask
    new.replace(file)
