"""Settings of a client: the newsroom's address, and the editor key."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_DATA = Path(".ticker")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The newsroom's ``url`` without a trailing slash, and the editor key if one was found."""

    url: str
    key: str | None
    data_dir: Path


def client_settings(data_dir: Path | None = None) -> ClientSettings:
    """Return the settings from ``TICKER_URL`` and ``TICKER_KEY``.

    Without ``TICKER_KEY``, the key is read from the file ``TICKER_KEY_FILE``, by default the file
    ``key`` that ``ticker up`` wrote to ``data_dir``, by default ``TICKER_DATA`` or ``.ticker``.
    """
    data = data_dir or Path(os.environ.get("TICKER_DATA", DEFAULT_DATA))
    key = os.environ.get("TICKER_KEY")
    if not key:
        try:
            file = os.environ.get("TICKER_KEY_FILE") or data / "key"
            key = Path(file).read_text().strip() or None
        except OSError:
            key = None
    return ClientSettings(os.environ.get("TICKER_URL", DEFAULT_URL).rstrip("/"), key, data)
