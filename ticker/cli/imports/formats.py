"""Parse the import formats: NDJSON of drafts, RSS, Atom, JSON Feed 1.1 and ninjs 3.1. Pure.

Every draft gets a ``key`` made from its id in the source, so importing it again publishes nothing.
The entries of a feed, which begins with the newest, are returned oldest first.
"""

from __future__ import annotations

from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import orjson

from ticker.cli.imports.drafts import (
    DRAFT_FIELDS,
    Defaults,
    Unreadable,
    fingerprint,
    key_of,
    likely_plain,
    one_line,
    plain,
    shortened,
    tag_list,
    web_link,
)
from ticker.domain import json_depth

Format: TypeAlias = Literal["ndjson", "feed", "jsonfeed", "ninjs"]
Draft: TypeAlias = dict[str, Any]

_JSON_FEED = "jsonfeed.org/version/"
# ninjs urgency is 1 (most urgent) to 9 (IPTC Media Topics' newscodes "urgency").
_URGENCY_LEVEL = {1: "flash", 2: "bulletin", 3: "urgent"}


@dataclass(frozen=True, slots=True)
class ParsedInput:
    """The format and drafts of an input, and the headlines of items that the source withdrew."""

    format: Format
    drafts: list[Draft]
    withdrawn: list[str]


def read(data: bytes, defaults: Defaults) -> ParsedInput:
    """Detect the format of ``data`` and return its drafts, completed with ``defaults``.

    Raises Unreadable for an unknown format or a malformed document.
    """
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise Unreadable("the input is empty")
    if text.startswith(b"<"):
        return ParsedInput("feed", _oldest_first(_feed(text), defaults), [])
    if not text.startswith((b"{", b"[")):
        raise Unreadable("neither JSON nor XML; supported: NDJSON, RSS, Atom, JSON Feed, ninjs")
    document = None if text.startswith(b"[") else _one_document(text)
    if document is not None and _JSON_FEED in str(document.get("version", "")):
        return ParsedInput("jsonfeed", _oldest_first(_json_feed(document), defaults), [])
    if document is not None:
        records = [document]
        if document.get("type") == "composite" and not document.get("headlines"):
            # A package of items, the newest first. (With a headline it is a report with pictures.)
            parts = _records(document.get("associations"))[::-1]
            records = [one for one in parts if _is_ninjs(one) or _withdrawn(one)]
    else:
        records = _array(text) if text.startswith(b"[") else _lines(text)
    ninjs = document is not None and _is_ninjs(document)
    name: Format = "ninjs" if ninjs or (records and _is_ninjs(records[0])) else "ndjson"
    drafts = [_record(record, defaults) for record in records if not _withdrawn(record)]
    withdrawn = [_headline(record) for record in records if _withdrawn(record)]
    return ParsedInput(name, drafts, withdrawn)


def _one_document(text: bytes) -> dict[str, Any] | None:
    """Return ``text`` as one JSON object, or None if it is NDJSON of several objects."""
    end = text.find(b"\n")
    if end != -1:
        try:
            json_depth.loads(text[:end])
        except orjson.JSONDecodeError:
            pass  # one object on several lines
        except json_depth.TooDeep as error:
            raise Unreadable(f"line 1 is {error}") from None
        else:
            if text[end:].strip():
                return None
    try:
        document = _loads(text)
    except orjson.JSONDecodeError as error:
        if end == -1 or not text[:end].rstrip().endswith(b"}"):
            raise Unreadable(f"invalid JSON at line {error.lineno}: {error.msg}") from None
        return None
    return document if isinstance(document, dict) else None


def _lines(text: bytes) -> list[Draft]:
    records = []
    for number, line in enumerate(text.split(b"\n"), 1):
        if not line or line.isspace():
            continue
        try:
            record = json_depth.loads(line)
        except orjson.JSONDecodeError as error:
            raise Unreadable(f"line {number} is not JSON: {error.msg}") from None
        except json_depth.TooDeep as error:
            raise Unreadable(f"line {number} is {error}") from None
        if not isinstance(record, dict):
            raise Unreadable(f"line {number} is not a JSON object")
        records.append(record)
    return records


def _array(text: bytes) -> list[Draft]:
    try:
        records = _loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"invalid JSON at line {error.lineno}: {error.msg}") from None
    if not all(isinstance(record, dict) for record in records):
        raise Unreadable("the JSON array has elements that are not objects")
    return list(records)


def _loads(text: bytes) -> Any:
    """Return parsed JSON. Raises orjson.JSONDecodeError, or Unreadable if it is nested deeply."""
    try:
        return json_depth.loads(text)
    except json_depth.TooDeep as error:
        raise Unreadable(f"the JSON is {error}") from None


def _withdrawn(record: Mapping[str, Any]) -> bool:
    """Return whether the source cancelled or withheld the item: it must never be published."""
    status = record.get("pubStatus") or record.get("pubstatus") or record.get("status")
    return status in ("canceled", "withheld")


def _headline(record: Mapping[str, Any]) -> str:
    draft = _ninjs(record)[0] if _is_ninjs(record) else record
    return str(draft.get("headline") or draft.get("id") or record.get("uri") or "")


def _record(record: dict[str, Any], defaults: Defaults) -> Draft:
    if _is_ninjs(record):
        return _finish(*_ninjs(record), defaults)
    if "id" in record and "version" in record and "status" in record:
        # An item of ours (from ``ticker list --json``): keep the fields that an editor can set.
        draft = {
            name: value
            for name, value in record.items()
            if name in DRAFT_FIELDS and value is not None
        }
        return _finish(draft, str(record["id"]), defaults)
    if "key" in record:
        return defaults.fill(record)
    # Keep unknown fields: the server refuses them by name, which reveals a misspelling.
    return _finish(record, "", defaults)


def _finish(draft: Draft, guid: str, defaults: Defaults) -> Draft:
    draft = defaults.fill(draft)
    draft["key"] = key_of(draft.get("edition"), guid or fingerprint(draft))
    return draft


def _oldest_first(entries: Iterable[tuple[Draft, str]], defaults: Defaults) -> list[Draft]:
    return [_finish(draft, guid, defaults) for draft, guid in reversed(list(entries))]


def _without_none(draft: Draft) -> Draft:
    return {name: value for name, value in draft.items() if value not in (None, "", [])}


# -- RSS and Atom ---------------------------------------------------------------------------------


def _feed(text: bytes) -> Iterator[tuple[Draft, str]]:
    import feedparser

    try:
        parsed = feedparser.parse(text, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # feedparser's parsers raise whatever broken markup leads them to
        raise Unreadable(f"neither RSS nor Atom: {type(error).__name__}") from error
    if not parsed.entries and (parsed.bozo or not parsed.version):
        raise Unreadable(f"neither RSS nor Atom: {parsed.get('bozo_exception', 'unknown XML')}")
    for entry in parsed.entries:
        published = entry.get("published_parsed") or dict.get(entry, "updated_parsed")
        guid = entry.get("id") or entry.get("link") or ""
        draft = {
            "headline": _entry_text(entry, "title"),
            "summary": shortened(_entry_text(entry, "summary")),
            "link": web_link(entry.get("link")),
            "tags": tag_list([tag.get("term") for tag in entry.get("tags", ())]),
            "published_at": _utc_time(published),
            "source": plain(entry.get("source", {}).get("title")) or None,
            "language": entry.get("title_detail", {}).get("language") or None,
        }
        yield _without_none(draft), str(guid)


def _entry_text(entry: Any, name: str) -> str:
    """Return a text of an entry without markup; plain text (RFC 4287 §3.1.1.1) is unchanged.

    RSS does not declare the type of a text; there feedparser guesses it.
    """
    text = entry.get(name)
    type_ = entry.get(f"{name}_detail", {}).get("type")
    return one_line(text) if type_ == "text/plain" else plain(text)


def _utc_time(value: Any) -> str | None:
    """Return a time of feedparser as RFC 3339, or None if no calendar has it."""
    try:
        return None if value is None else datetime.fromtimestamp(timegm(value), UTC).isoformat()
    except (ValueError, OverflowError, OSError, TypeError):
        return None


# -- JSON Feed 1.1 --------------------------------------------------------------------------------


def _json_feed(document: Mapping[str, Any]) -> Iterator[tuple[Draft, str]]:
    for entry in document.get("items") or ():
        if not isinstance(entry, dict):
            raise Unreadable("an item of the JSON Feed is not an object")
        body = likely_plain(entry.get("summary") or entry.get("content_text"))
        body = body or plain(entry.get("content_html"))
        title = likely_plain(entry.get("title"))
        if body == title:
            title = ""  # JSON Feed requires a content, so some feeds repeat the title
        draft = {
            # Entries of news tickers often have no title: then the text is the headline.
            "headline": title or shortened(body, 280),
            "summary": shortened(body) if title else None,
            "link": web_link(entry.get("external_url") or entry.get("url")),
            "tags": tag_list(entry.get("tags")),
            "published_at": _rfc3339(entry.get("date_published")),
            "language": entry.get("language") or document.get("language"),
        }
        yield _without_none(draft), str(entry.get("id") or entry.get("url") or "")


# -- ninjs 3.1 ------------------------------------------------------------------------------------


def _is_ninjs(document: Mapping[str, Any]) -> bool:
    standard = document.get("standard")
    named = isinstance(standard, dict) and standard.get("name") == "ninjs"
    return named or ("uri" in document and isinstance(document.get("headlines"), list))


def _ninjs(document: Mapping[str, Any]) -> tuple[Draft, str]:
    headlines = _records(document.get("headlines"))
    main = next((one for one in headlines if one.get("role") == "main"), None)
    chosen = main or (headlines[0] if headlines else {})
    descriptions = _records(document.get("descriptions"))
    bodies = _records(document.get("bodies"))
    summary = next((one for one in (*descriptions, *bodies) if one.get("value")), {})
    sources = [plain(one.get("name")) for one in _records(document.get("infosources"))]
    sources += [plain(one.get("name")) for one in _records(document.get("infoSources"))]
    urgency = document.get("urgency")
    draft = {
        "headline": _ninjs_text(chosen) or plain(document.get("title")),
        "summary": shortened(_ninjs_text(summary)),
        "language": document.get("language"),
        "level": _URGENCY_LEVEL.get(urgency) if isinstance(urgency, int) else None,
        "link": _ninjs_link(document),
        "source": ", ".join(filter(None, sources)) or None,
        "tags": tag_list([one.get("name") for one in _records(document.get("subjects"))]),
        "published_at": _rfc3339(
            document.get("firstcreated")
            or document.get("firstCreated")
            or document.get("versioncreated")
            or document.get("versionCreated")
        ),
        "expires_at": _rfc3339(document.get("expires")),
        "at": _rfc3339(document.get("embargoed") or document.get("embargoedUntil")),
    }
    return _without_none(draft), str(document.get("uri") or "")


def _ninjs_text(record: Mapping[str, Any]) -> str:
    text = record.get("value")
    return one_line(text) if record.get("contentType") == "text/plain" else plain(text)


def _ninjs_link(document: Mapping[str, Any]) -> str | None:
    for one in _records(document.get("altids") or document.get("altIds")):
        if web_link(one.get("value")):
            return web_link(one.get("value"))
    return web_link(document.get("uri"))


def _records(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _rfc3339(value: object) -> str | None:
    """Return ``value`` as RFC 3339 (in UTC if it has no offset), or None if it is not a time."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
