"""Detect the format of an import and read it: bytes in, drafts out. Pure.

NDJSON of drafts, RSS, Atom, JSON Feed, ninjs, NewsML-G2 and NITF. Every draft gets a ``key`` made
from its id in the source, so importing it again publishes nothing. The entries of a feed, which
begins with the newest, are returned oldest first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from ticker.cli.imports import json_feed, ndjson, newsml, ninjs, rss_atom, xml_document
from ticker.cli.imports.charset import decode
from ticker.cli.imports.drafts import (
    Context,
    Defaults,
    Draft,
    ParsedInput,
    Rejection,
    Unreadable,
)
from ticker.cli.imports.entries import Found, compose, finish
from ticker.domain import json_depth
from ticker.domain.taxonomy import Taxonomy

__all__ = ["Draft", "ParsedInput", "read"]

_JSON_FEED = "jsonfeed.org/version/"
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
        raise Unreadable("the input is empty")
    text, note = decode(data, charset)
    context = Context(defaults, taxonomy, now or datetime.now(UTC), url)
    start = text.lstrip("\ufeff \t\r\n\x00\x0b\x0c")
    if not start:
        raise Unreadable("the input is empty")
    if start.startswith(("{", "[")):
        parsed = _json(text.lstrip("\ufeff\x00"), context)
    elif "<" in start[: xml_document.PROLOG_MAX]:
        parsed = _xml(text, context)
    else:
        raise Unreadable(
            "neither JSON nor XML; supported: NDJSON, RSS, Atom, JSON Feed, ninjs, NewsML-G2, NITF"
        )
    if note is not None:
        parsed.notes.insert(0, note)
    return parsed


def _xml(text: str, context: Context) -> ParsedInput:
    try:
        root, notes = xml_document.root_of(text)
    except Unreadable as error:
        raise Unreadable(f"neither RSS nor Atom: {error}") from None
    name = xml_document.name_of(root)
    if name in newsml.NEWSML_ROOTS:
        parsed = compose("newsml", newsml.newsml(root, context.url), context)
    elif name == "nitf":
        parsed = compose("nitf", newsml.nitf(root, context.url), context)
    else:
        found = list(rss_atom.entries(root, context.url, context.taxonomy))
        parsed = compose("feed", _without_torn(found, text, bool(notes)), context)
    parsed.notes.extend(notes)
    return parsed


def _without_torn(
    found: list[Found | Rejection], text: str, broken: bool
) -> Iterator[Found | Rejection]:
    """Reject the last entry if the file ends inside it: half a text may say the opposite."""
    lower = text.lower()
    ended = lower.count("</item>") + lower.count("</entry>")
    last = found[-1] if found else None
    if broken and isinstance(last, Found) and not last.withdrawn and ended < len(found):
        opened = max(lower.rfind("<item"), lower.rfind("<entry"))
        if "</item" not in lower[opened:] and "</entry" not in lower[opened:]:
            yield from found[:-1]
            yield Rejection(last.number, last.line, last.title, "the file ends inside it")
            return
    yield from found


def _json(text: str, context: Context) -> ParsedInput:
    document = None if text.lstrip().startswith("[") else _one_document(text)
    if document is not None and _JSON_FEED in str(document.get("version", "")):
        entries = json_feed.entries(document, context.url, context.taxonomy)
        return compose("jsonfeed", entries, context)
    if document is not None and (ninjs.is_ninjs(document) or "_items" in document):
        # A package has the newest first.
        found = [
            ninjs.found_in(one, number, None, context.url, context.taxonomy)
            for number, one in enumerate(ninjs.unpacked(document), 1)
        ]
        return compose("ninjs", found, context)
    if document is not None:
        return _records([(1, 1, document)], context)
    if text.lstrip().startswith("["):
        return _records(list(_array(text)), context)
    return _records(list(ndjson.lines(text)), context)


def _records(records: list[tuple[int, int | None, Any]], context: Context) -> ParsedInput:
    """Return records in their own order: they may be drafts, items of ours, or ninjs items."""
    news = [
        ninjs.found_in(part, number, line, context.url, context.taxonomy)
        for number, line, one in records
        if isinstance(one, dict) and ninjs.is_ninjs(one)
        for part in ninjs.unpacked(one)
    ]
    parsed = compose("ninjs" if news else "ndjson", news, context, newest_first=False)
    for number, line, one in records:
        if isinstance(one, Rejection):
            parsed.rejected.append(one)
        elif not ninjs.is_ninjs(one):
            entry = ndjson.entry(one, number, line, context)
            if expired := ndjson.expired(entry, context):
                parsed.skipped.append(expired)
                continue
            entry.withdrawn = ninjs.is_withdrawn(one)
            if "key" not in one:
                finish(entry, context)
            elif entry.withdrawn:
                entry.keys = [str(one["key"])]
            else:
                context.defaults.fill(entry.draft)
            parsed.entries.append(entry)
    if news and len(parsed.entries) > len(news):
        parsed.entries.sort(key=lambda entry: entry.number)
    if not parsed.entries and parsed.rejected and len(records) == 1:
        raise Unreadable(parsed.rejected[0].message)
    return parsed


def _one_document(text: str) -> dict[str, Any] | None:
    """Return ``text`` as one JSON object, or None if it is NDJSON of several."""
    try:
        document = ndjson.loads(text)
    except json_depth.TooDeep as error:
        raise Unreadable(f"the JSON is {error}") from None
    except orjson.JSONDecodeError as error:
        if any(map(_is_object, text.split("\n"))):
            return None
        raise Unreadable(f"invalid JSON at line {error.lineno}: {error.msg}") from None
    return document if isinstance(document, dict) else None


def _is_object(line: str) -> bool:
    if not line.startswith("{"):
        return False
    try:
        ndjson.loads(line.rstrip().removesuffix(","))
    except json_depth.TooDeep:
        return True
    except ValueError:
        return False
    return True


def _array(text: str) -> Iterator[tuple[int, int | None, Any]]:
    try:
        records = ndjson.loads(text)
    except json_depth.TooDeep as error:
        raise Unreadable(f"the JSON is {error}") from None
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"invalid JSON at line {error.lineno}: {error.msg}") from None
    for number, one in enumerate(records, 1):
        if isinstance(one, dict):
            yield number, None, one
        else:
            yield number, None, Rejection(number, None, "", f"entry {number} is not a JSON object")
