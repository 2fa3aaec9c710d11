"""The formats in JSON: JSON Feed, ninjs, and drafts one a line or in a list. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from ticker.domain import json_depth
from ticker.domain.item_limits import DRAFT_FIELDS
from ticker.domain.messages import said
from ticker.imports import json_feed, ndjson, ninjs
from ticker.imports.drafts import Context, ParsedInput, Rejection, Unreadable
from ticker.imports.entries import compose, finish

SECOND = "unexpected content after document"
"""What orjson says of it."""
_FIELDS = DRAFT_FIELDS | {"key", "status", "id"}
_JSON_FEED = "jsonfeed.org/version/"


def read(text: str, context: Context) -> ParsedInput:
    """Return what ``text`` has. Raises Unreadable."""
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
    if document is not None and _is_page(document):
        # As GET /v1/items, `ticker list --json` and many services answer: the newest first.
        return _records(list(_numbered(document["items"]))[::-1], context)
    if document is not None:
        if not document.keys() & _FIELDS:
            names = ", ".join(str(name)[:40] for name in list(document)[:3]) or "nothing"
            raise Unreadable(said("feed-json-other", names=names))
        return _records([(1, 1, document)], context)
    if text.lstrip().startswith("["):
        try:
            return _records(list(_array(text)), context)
        except Unreadable:
            if not any(map(_is_object, text.split("\n"))):
                raise  # else a line of several is a list, or the end of the list is missing
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
    except json_depth.TooDeep:
        raise Unreadable(said("feed-json-deep", most=json_depth.DEPTH_MAX)) from None
    except orjson.JSONDecodeError as error:
        if any(map(_is_object, text.split("\n"))):
            return None
        if error.msg == SECOND:
            raise Unreadable(said("feed-json-second", line=error.lineno)) from None
        raise Unreadable(said("feed-json", line=error.lineno, cause=error.msg)) from None
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
    except json_depth.TooDeep:
        raise Unreadable(said("feed-json-deep", most=json_depth.DEPTH_MAX)) from None
    except orjson.JSONDecodeError as error:
        raise Unreadable(said("feed-json", line=error.lineno, cause=error.msg)) from None
    yield from _numbered(records)


def _is_page(document: dict[str, Any]) -> bool:
    """Return whether a document is a list of items under a name, and no item."""
    return isinstance(document.get("items"), list) and "headline" not in document


def _numbered(records: list[Any]) -> Iterator[tuple[int, int | None, Any]]:
    for number, one in enumerate(records, 1):
        if isinstance(one, dict):
            yield number, None, one
        else:
            yield number, None, Rejection(number, None, "", f"entry {number} is not a JSON object")
