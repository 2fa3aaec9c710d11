"""Read NDJSON: one JSON object a line, each a draft, an item of ours or a ninjs item. Pure.

A line that is no JSON costs itself and nothing else. What a draft of this format spells badly and
what readers can do without (dates, languages, links, lengths) is mended with a note, as in feeds.
Everything else stays as it is, and the server refuses it by name: a misspelt ``at`` must not
publish an item that is under embargo.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from ticker.domain import json_depth
from ticker.domain.item_limits import DRAFT_FIELDS, HEADLINE_MAX, SUMMARY_MAX
from ticker.imports import dates
from ticker.imports.drafts import Context, Entry, Rejection, identity
from ticker.imports.entries import FAR, tag_list
from ticker.imports.languages import language_tag
from ticker.imports.links import absolute
from ticker.imports.pictures import Picture, media_list
from ticker.imports.texts import one_line, readable, shortened

_TEXTS = {
    "headline": HEADLINE_MAX,
    "summary": SUMMARY_MAX,
    "speaker": HEADLINE_MAX,
    "source": HEADLINE_MAX,
}


def loads(text: str) -> Any:
    """Return parsed JSON. Raises ValueError with a message that fits after "line 3 is".

    Control characters in strings, single surrogates and ``NaN``, which JSON does not allow and
    which some senders write, are read all the same.
    """
    try:
        return json_depth.loads(text.encode("utf-8", "replace"))
    except json_depth.TooDeep:
        raise
    except orjson.JSONDecodeError as error:
        strict = error
    try:
        found = json.loads(text, strict=False, parse_constant=lambda name: None)
        return json_depth.loads(orjson.dumps(_scrubbed(found)))
    except json_depth.TooDeep:
        raise
    except (ValueError, RecursionError, TypeError):
        raise strict from None


def lines(text: str) -> Iterator[tuple[int, int, Any]]:
    """Yield entry number, line number, and the object of each line or a Rejection."""
    number = 0
    for line, part in enumerate(text.split("\n"), 1):
        if part.strip() in ("", "[", "]"):  # the ends of a list that has an object on each line
            continue
        number += 1
        try:
            record = loads(part.strip().removesuffix(","))
        except json_depth.TooDeep as error:
            yield number, line, Rejection(number, line, "", f"line {line} is {error}")
        except orjson.JSONDecodeError as error:
            message = f"line {line} is not JSON: {error.msg}"
            yield number, line, Rejection(number, line, "", message)
        else:
            if not isinstance(record, dict):
                record = Rejection(number, line, "", f"line {line} is not a JSON object")
            yield number, line, record


_OF_OTHERS = {"replaces", "correction"}
"""Fields of an item of ours that mean another thing in a draft."""


def entry(record: dict[str, Any], number: int, line: int | None, context: Context) -> Entry:
    """Return the entry of a draft, or of an item of ours from ``ticker list --json``."""
    draft, guid = record, ""
    if "id" in record and "version" in record and "status" in record:
        # Keep the fields that an editor can set. Everything else is the server's.
        draft = {
            name: value
            for name, value in record.items()
            if name in DRAFT_FIELDS - _OF_OTHERS and value is not None
        }
        correction = record.get("correction")
        if isinstance(correction, dict) and isinstance(correction.get("text"), str):
            draft["correction"] = correction["text"]
        guid = str(record["id"])
    made = Entry(number, line, draft, identity(guid, ""))
    _mend(made, context)
    return made


def expired(entry: Entry, context: Context) -> Rejection | None:
    """Return why an entry is left out that has expired already, else None."""
    expires = dates.read(entry.draft.get("expires_at"))
    if expires is None or expires.moment > context.now:
        return None
    headline = str(entry.draft.get("headline") or "")
    return Rejection(entry.number, entry.line, headline, f"it expired at {expires.text}")


def _mend(entry: Entry, context: Context) -> None:
    draft, notes = entry.draft, entry.notes
    for name, limit in _TEXTS.items():
        value = draft.get(name)
        if isinstance(value, str) and value:
            text = value if len(value) <= limit and value.isascii() else readable(one_line(value))
            if len(text) > limit:
                notes.append(f"{name} has {len(text):,} characters; shortened to {limit:,}")
                text = shortened(text, limit)
            draft[name] = text
    _mend_dates(draft, notes, context)
    language = draft.get("language")
    if isinstance(language, str):
        tag = language_tag(language)
        if tag is None:
            notes.append(f"{language[:80]!r} is no language; left out")
            del draft["language"]
        else:
            draft["language"] = tag
    link = draft.get("link")
    if isinstance(link, str):
        address = absolute(link, context.url)
        if address is None:
            notes.append(f"the link {link[:80]!r} is no web address; left out")
            del draft["link"]
        else:
            draft["link"] = address
    if isinstance(draft.get("tags"), (list, str)):
        draft["tags"] = tag_list(draft["tags"])
    media = draft.get("media")
    if isinstance(media, list) and all(isinstance(one, dict) for one in media):
        known = {"href", "type", "alt", "credit"}
        if all(set(one) <= known for one in media):
            pictures = [
                Picture(one.get("href"), one.get("type"), _str(one, "alt"), _str(one, "credit"))
                for one in media
            ]
            draft["media"] = media_list(pictures, notes)


def _mend_dates(draft: dict[str, Any], notes: list[str], context: Context) -> None:
    for name in ("published_at", "expires_at", "at"):
        value = draft.get(name)
        if value in (None, ""):
            continue
        read = dates.read(value)
        if name == "at" and (read is None or read.note or not read.zoned):
            continue  # the server refuses it: nothing under embargo goes out by mistake
        if read is None:
            notes.append(f"{name} {str(value)[:80]!r} is no date; left out")
            del draft[name]
            continue
        if read.note:
            notes.append(read.note)
        if name == "expires_at" and read.moment > context.now + FAR:
            notes.append(f"the expiry {read.text} is more than a year away; left out")
            del draft[name]
        elif name == "published_at" and read.moment > context.now:
            notes.append(f"the date {read.text} is in the future; published with the present time")
            del draft[name]
        else:
            draft[name] = read.text


def _str(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _scrubbed(value: Any) -> Any:
    """Return parsed JSON without single surrogates."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_scrubbed(one) for one in value]
    if isinstance(value, dict):
        return {_scrubbed(name): _scrubbed(one) for name, one in value.items()}
    return value
