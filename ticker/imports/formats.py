"""Detect the format of an import and read it: bytes in, drafts out. Pure.

NDJSON of drafts, RSS, Atom, JSON Feed, ninjs, NewsML-G2 and NITF. Every draft gets a ``key`` made
from its id in the source, so importing it again publishes nothing. The entries of a feed, which
begins with the newest, are returned oldest first.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ticker.domain.messages import said
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.charset import decode
from ticker.imports.drafts import Context, Defaults, Draft, ParsedInput, Unreadable
from ticker.imports.payload import PROLOG_MAX

__all__ = ["Draft", "ParsedInput", "read"]

_DEFAULT = Taxonomy()


def read(
    data: bytes,
    defaults: Defaults,
    *,
    taxonomy: Taxonomy = _DEFAULT,
    url: str | None = None,
    charset: str | None = None,
    now: datetime | None = None,
) -> ParsedInput:
    """Detect the format of ``data`` and return its entries, completed with ``defaults``.

    ``url`` and ``charset`` are the address of the input and what its HTTP header declares. Raises
    Unreadable for an unknown format, or a document of which nothing can be read.
    """
    if not data.strip(b" \t\r\n\x00"):
        raise Unreadable(said("feed-empty"))
    text, note = decode(data, charset)
    context = Context(defaults, taxonomy, now or datetime.now(UTC), url)
    start = text.lstrip("\ufeff \t\r\n\x00\x0b\x0c")
    if not start:
        raise Unreadable(said("feed-empty"))
    if start.startswith(("{", "[")):
        from ticker.imports import json_formats  # each is imported when it is needed

        parsed = json_formats.read(text.lstrip("\ufeff\x00"), context)
    elif "<" in start[:PROLOG_MAX]:
        from ticker.imports import xml_formats

        parsed = xml_formats.read(text, context)
    else:
        raise Unreadable(said("feed-unknown"))
    if note is not None:
        parsed.notes.insert(0, note)
    return parsed
