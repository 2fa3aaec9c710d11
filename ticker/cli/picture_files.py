"""Pictures in files of this machine: read within a bound, and uploaded for an item."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ticker.cli.runner import settings, usage
from ticker.domain.item_limits import MEDIA_MAX

if TYPE_CHECKING:
    from ticker.cli.output import Output
    from ticker.client.media import MediaEditor

FILE_MAX = 200_000_000
"""Bytes of a file; no newsroom accepts more (``max_media_body``)."""


def media_editor() -> MediaEditor:
    """Return the client for pictures; an async context manager."""
    from ticker.client.media import TIMEOUT, MediaEditor

    found = settings()
    return MediaEditor(found.url, found.key, timeout=TIMEOUT)


def read_picture(name: str) -> bytes:
    """Return the content of a file; ``-`` is standard input. Raises OSError, ValueError."""
    if name == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed")
        content = sys.stdin.buffer.read(FILE_MAX + 1)
    else:
        with Path(name).open("rb") as file:
            content = file.read(FILE_MAX + 1)
    if len(content) > FILE_MAX:
        raise ValueError(f"larger than {FILE_MAX:,} bytes")
    if not content:
        raise ValueError("is empty")
    return content


def check(media: Sequence[Mapping[str, str]]) -> None:
    """Check, before anything is uploaded, an item's pictures. Raises ValueError."""
    if len(media) > MEDIA_MAX:
        raise ValueError(f"an item has at most {MEDIA_MAX} pictures")
    for one in media:
        if name := one.get("file"):
            try:
                mode = Path(name).stat().st_mode
            except (OSError, ValueError) as error:
                raise ValueError(f"--media: {name}: {_reason(error)}") from None
            if stat.S_ISDIR(mode):
                raise ValueError(f"--media: {name}: {os.strerror(errno.EISDIR)}")


def without_files(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an item without its pictures if some are files, which have no id yet."""
    if not any("file" in one for one in fields.get("media") or ()):
        return fields
    return {name: value for name, value in fields.items() if name != "media"}


async def uploaded(out: Output, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an item whose pictures are all in the newsroom: uploads the files.

    Raises the errors of ``MediaEditor.upload``; exits with 2 for a file that cannot be read.
    """
    media = fields.get("media") or []
    if not any("file" in one for one in media):
        return fields
    async with media_editor() as editor:
        return fields | {"media": [await _stored(out, editor, one) for one in media]}


async def _stored(out: Output, editor: MediaEditor, one: Mapping[str, str]) -> dict[str, str]:
    if (name := one.get("file")) is None:
        return dict(one)
    try:
        content = read_picture(name)
    except (OSError, ValueError) as error:
        usage(out, f"--media: {name}: {_reason(error)}")
    picture = await editor.upload(content, one.get("alt", ""), one.get("credit", ""))
    return {key: text for key, text in one.items() if key != "file"} | {"id": picture.id}


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
