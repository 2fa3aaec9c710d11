"""Settings of a client: the newsroom's address, and the editor key."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ticker.client import session_file
from ticker.domain.environment_names import InvalidSettings

_VISIBLE = re.compile(r"[!-~]{1,200}")

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_DATA = Path(".ticker")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The newsroom's ``url`` without a trailing slash, and the key or session if there is one."""

    url: str
    key: str | None
    data_dir: Path


def client_settings(data_dir: Path | None = None) -> ClientSettings:
    """Return the settings from ``TICKER_URL`` and ``TICKER_KEY``.

    Without ``TICKER_KEY``, the key is read from the file ``TICKER_KEY_FILE``. Without that, it is
    the token of the session that ``ticker account sign-in`` has begun with this newsroom, and else
    the key in the file ``key`` that ``ticker up`` wrote to ``data_dir``, by default ``TICKER_DATA``
    or ``.ticker``. Raises InvalidSettings for a key of other characters, and for a
    ``TICKER_KEY_FILE`` that cannot be read.
    """
    data = data_dir or Path(os.environ.get("TICKER_DATA") or DEFAULT_DATA)
    url = (os.environ.get("TICKER_URL") or DEFAULT_URL).rstrip("/")
    if not url.isprintable():  # bytes that are not UTF-8 are surrogates, which are not
        raise InvalidSettings(["TICKER_URL has characters that no address has"])
    key = os.environ.get("TICKER_KEY")
    if not key:
        named = os.environ.get("TICKER_KEY_FILE")
        session = None if named else session_file.read(url)
        key = session or _key_in(named, data / "key")
    elif not _VISIBLE.fullmatch(key):
        raise InvalidSettings(["TICKER_KEY is not an editor key: it begins with tk_"])
    return ClientSettings(url, key, data)


def _key_in(named: str | None, usual: Path) -> str | None:
    """Return the key in the file ``named``, or else in ``usual``, which need not exist."""
    file = Path(named) if named else usual
    try:
        key = file.read_bytes().strip()
    except OSError as error:
        if not named:
            return None
        reason = f"{file} cannot be read: {error.strerror}"
        raise InvalidSettings([f"TICKER_KEY_FILE: {reason}"]) from None
    text = key.decode("ascii", errors="replace")
    if key and not _VISIBLE.fullmatch(text):
        raise InvalidSettings([f"{file} has no editor key: it is one line that begins with tk_"])
    return text or None
