"""Fields of an item that several options make together: pictures, and the text of an alert. Pure.

Each function raises ValueError with a message for the user.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ticker.cli import times
from ticker.domain.item_limits import PUSH_TTL_MAX, PUSH_TTL_MIN

TYPES = {
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}
"""Media types by the end of the address; any other picture is taken for a JPEG."""
_PICTURE_ID = re.compile(r"[0-9a-f]{32}")


def is_picture_id(text: str) -> bool:
    """Return whether ``text`` is the id of a picture of a newsroom."""
    return _PICTURE_ID.fullmatch(text) is not None


def pictures(
    addresses: Sequence[str],
    texts: Sequence[str],
    credits: Sequence[str],
    media: Sequence[str] = (),
) -> list[dict[str, str]] | None:
    """Return ``media`` for ``--image``, ``--media``, ``--alt`` and ``--credit``; None without any.

    Texts and credits are those of the pictures, in order. One empty address means no pictures. A
    file has ``file``, its name, in the place of an address.
    """
    if addresses and media:
        raise ValueError("--image and --media cannot be used together: upload all, or link to all")
    given = addresses or media
    for option, values in (("--alt", texts), ("--credit", credits)):
        if len(values) > len(given):
            raise ValueError(
                f"{option} belongs to a picture: give --image or --media once for each {option}"
            )
    if not given:
        return None
    if list(given) == [""]:
        return []
    if "" in media:
        raise ValueError("--media is empty: give the id of a picture, or a file")
    found = []
    for number, name in enumerate(given):
        picture = _named(name) if media else {"href": name, "type": _type(name)}
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
        if not PUSH_TTL_MIN <= options["ttl"] <= PUSH_TTL_MAX:
            raise ValueError(f"--push-ttl: {ttl} is not from 1m to 1d")
    return options or push or None


def _named(name: str) -> dict[str, str]:
    if "://" in name:
        raise ValueError(f"--media: {name[:200]} is an address; for one, use --image")
    return {"id": name} if is_picture_id(name) else {"file": name}


def _type(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:
        return "image/jpeg"  # the server refuses the address
    return TYPES.get(PurePosixPath(path).suffix.lower(), "image/jpeg")
