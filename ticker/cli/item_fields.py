"""Fields of an item that several options make together: pictures, and the text of an alert. Pure.

Each function raises ValueError with a message for the user.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ticker.cli import times

TYPES = {
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}
"""Media types by the end of the address; any other picture is taken for a JPEG."""


def pictures(
    addresses: Sequence[str], texts: Sequence[str], credits: Sequence[str]
) -> list[dict[str, str]] | None:
    """Return ``media`` for ``--image``, ``--alt`` and ``--credit`` in order; None without any.

    One empty address means no pictures.
    """
    for option, values in (("--alt", texts), ("--credit", credits)):
        if len(values) > len(addresses):
            raise ValueError(f"{option} belongs to a picture: give --image once for each {option}")
    if not addresses:
        return None
    if list(addresses) == [""]:
        return []
    found = []
    for number, address in enumerate(addresses):
        picture = {"href": address, "type": _type(address)}
        for name, values in (("alt", texts), ("credit", credits)):
            if number < len(values) and values[number].strip():
                picture[name] = values[number]
        found.append(picture)
    return found


def alert(
    push: bool, title: str | None, body: str | None, ttl: str | None
) -> bool | dict[str, Any] | None:
    """Return ``push``: True, the options of the alert, or None for no alert."""
    given: dict[str, Any] = {"title": title, "body": body}
    options = {name: value for name, value in given.items() if value is not None}
    if ttl is not None:
        try:
            options["ttl"] = times.seconds(ttl)
        except ValueError as error:
            raise ValueError(f"--push-ttl: {error}") from None
    return options or push or None


def _type(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:
        return "image/jpeg"  # the server refuses the address
    return TYPES.get(PurePosixPath(path).suffix.lower(), "image/jpeg")
