"""The token of a session, kept for the commands after ``ticker account sign-in``.

Each newsroom has a file of its own, so that no token is sent to another one. Only the user may read
it.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from urllib.parse import quote

TOKEN = re.compile(r"ts_[A-Za-z0-9_-]{32}", re.ASCII)
NAME_MAX = 200
"""Bytes of a file's name: file systems take 255. A longer address is named by its digest."""


def file_for(url: str) -> Path:
    """Return the file for the newsroom at ``url``, in XDG's directory for state."""
    base = os.environ.get("XDG_STATE_HOME", "")
    state = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state"
    name = quote(url, safe="")
    if len(name) > NAME_MAX:
        name = sha256(url.encode()).hexdigest()
    return state / "ticker" / "sessions" / name


def read(url: str) -> str | None:
    """Return the token for the newsroom at ``url``; None if there is none that can be read."""
    try:
        with file_for(url).open("rb") as file:
            text = file.read(100).strip().decode("ascii", "replace")
    except (OSError, RuntimeError):  # RuntimeError: the user has no home
        return None
    return text if TOKEN.fullmatch(text) else None


def write(url: str, token: str) -> None:
    """Keep ``token`` in a file of mode 0600, in place of the one before. Raises OSError."""
    place = file_for(url)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, made = mkstemp(dir=place.parent, prefix=".new-")  # of mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(token.encode() + b"\n")
        os.replace(made, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise


def forget(url: str) -> None:
    """Delete the token, if there is one. Raises OSError."""
    file_for(url).unlink(missing_ok=True)
