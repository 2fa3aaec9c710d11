"""Read ninjs 1.x, 2.x and 3.x, as Superdesk and other newsroom systems write it. Pure.

ninjs 1 has its pictures and packages in objects by name, its texts in ``headline`` and
``body_html``; ninjs 2 and 3 have arrays. Names of 3 are in camel case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ticker.domain.taxonomy import Taxonomy
from ticker.imports.entries import Found, set_edition
from ticker.imports.pictures import Picture
from ticker.imports.texts import likely_plain, one_line, plain
from ticker.imports.urgency import level

OWN_PROFILE = "ticker-item"
"""The profile of items of a newsroom like this one."""
DEPTH_MAX = 4
"""Packages within packages that are read."""
_ONE = ("versioncreated", "pubstatus", "body_html", "body_text", "description_text", "slugline")
_TYPES = ("text", "picture", "graphic", "video", "audio", "composite")
_WITHDRAWN = ("canceled", "cancelled", "withheld", "killed", "recalled")
_MEDIA = ("picture", "graphic", "video", "audio")


def is_ninjs(document: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is an item or package of ninjs."""
    standard = document.get("standard")
    if isinstance(standard, dict) and standard.get("name") == "ninjs":
        return True
    if "uri" in document and isinstance(document.get("headlines"), list):
        return True
    if not (document.get("uri") or document.get("guid")) or "edition" in document:
        return False
    if "uri" in document and document.get("type") in _TYPES:
        return True
    return "pubStatus" in document or "versionCreated" in document or any(
        name in document for name in _ONE
    )  # fmt: skip


def is_withdrawn(record: Mapping[str, Any]) -> bool:
    """Return whether the source cancelled or withheld the item: it must never be published."""
    status = record.get("pubStatus") or record.get("pubstatus") or record.get("status")
    return isinstance(status, str) and _plain_code(status) in _WITHDRAWN


def _plain_code(status: str) -> str:
    """Return a code without its scheme: ``stat:canceled`` is ``canceled``."""
    return status.strip().rpartition("/")[2].rpartition(":")[2].lower()


def unpacked(document: Mapping[str, Any], depth: int = 0) -> list[dict[str, Any]]:
    """Return the items of a package, or of a page of Superdesk's content API; else the item."""
    if isinstance(document.get("_items"), list):
        return [item for one in _records(document["_items"]) for item in unpacked(one, depth + 1)]
    parts = _parts(document.get("associations"))
    items = [one for one in parts if is_ninjs(one) or is_withdrawn(one)]
    # A composite with a headline is a report with pictures.
    titled = document.get("headlines") or document.get("headline")
    if document.get("type") != "composite" or (titled and not _has_texts(items)):
        return [dict(document)]
    if depth >= DEPTH_MAX:
        return []
    return [item for one in items for item in unpacked(one, depth + 1)]


def found_in(
    document: Mapping[str, Any], number: int, line: int | None, url: str | None, taxonomy: Taxonomy
) -> Found:
    """Return the values of one ninjs item."""
    get = _lower(document).get
    found = Found(number, line, document.get("uri") or document.get("guid"))
    found.withdrawn = is_withdrawn(document)
    headlines = _records(get("headlines"))
    main = next((one for one in headlines if one.get("role") == "main"), None)
    chosen = main or (headlines[0] if headlines else {})
    found.title = _text(chosen) or likely_plain(get("headline")) or plain(get("title"))
    texts = (*_records(get("descriptions")), *_records(get("bodies")))
    usable = [one for one in texts if one.get("value") and one.get("role") != "correction"]
    found.text = (
        (_text(usable[0]) if usable else "")
        or one_line(get("description_text"))
        or plain(get("description_html"))
        or one_line(get("body_text"))
        or plain(get("body_html"))
    )
    found.language = [get("language")]
    if urgency := level(get("urgency"), own=document.get("profile") == OWN_PROFILE):
        found.own["level"] = urgency
    found.links = [(one.get("value"), None) for one in _records(get("altids"))]
    found.links += [(get("link"), url), (get("url"), url), (found.guid, None)]
    found.links = [one for one in found.links if "://" in str(one[0])]
    sources = [plain(one.get("name")) for one in _records(get("infosources"))]
    found.source = ", ".join(filter(None, sources)) or likely_plain(get("source"))
    found.published = [get("firstcreated"), get("versioncreated")]
    found.version, found.changed = get("version"), get("versioncreated")
    status = get("pubstatus")
    found.status = _plain_code(status) if isinstance(status, str) else ""
    found.editors_note = one_line(get("ednote"))
    found.expires, found.embargo = get("expires"), get("embargoed") or get("embargoeduntil")
    found.media = _pictures(document, url)
    _topics(found, get("subjects"), get("places"), taxonomy)
    named = [*_records(get("subject")), *_records(get("service"))]
    found.tags = [*found.tags, *(one.get("name") for one in named), *_texts(get("keywords"))]
    people = _records(get("people"))
    speaker = next((one.get("name") for one in people if one.get("rel") == "speaker"), None)
    if isinstance(speaker, str):
        found.own["speaker"] = one_line(speaker)
    corrections = [one for one in texts if one.get("role") == "correction"]
    if corrections and (text := _text(corrections[0])):
        found.own["correction"] = text
    if document.get("profile") == OWN_PROFILE:
        set_edition(found, taxonomy)
    return found


def _topics(found: Found, subjects: object, places: object, taxonomy: Taxonomy) -> None:
    """Set sections and regions that this newsroom knows; all other topics are tags."""
    tags: list[object] = []
    sections: list[str] = []
    regions: list[str] = []
    for one in _records(subjects):
        literal = one.get("literal")
        if one.get("rel") == "section" and literal in taxonomy.sections:
            sections.append(str(literal))
        else:
            tags.append(one.get("name") or literal)
    for one in _records(places):
        literal = one.get("literal")
        if literal in taxonomy.regions:
            regions.append(str(literal))
    found.tags = tags
    found.own |= {"sections": sections, "regions": regions}


def _pictures(document: Mapping[str, Any], url: str | None) -> list[Picture]:
    """Return the item's own renditions, and the pictures that go with it."""
    found = _renditions(document, url)
    for one in _parts(document.get("associations")):
        if one.get("type") in _MEDIA and not is_withdrawn(one):
            found += _renditions(one, url)[:1]
    return found


def _renditions(document: Mapping[str, Any], url: str | None) -> list[Picture]:
    """Return the renditions of one item: of named sizes of one picture only the largest."""
    get = _lower(document).get
    renditions = get("renditions")
    own = "standard" in document or document.get("profile") == OWN_PROFILE
    picture = document.get("type") in _MEDIA
    alt = likely_plain(get("alt_text") or get("description_text")) if picture else ""
    if picture and not alt:
        alt = next((_text(one) for one in _records(get("descriptions"))), "")
        alt = alt or likely_plain(get("headline"))
    credit = likely_plain(get("creditline") or get("byline") or get("by")) if picture else ""
    credit = credit or (likely_plain(get("copyrightholder")) if picture else "")
    found = []
    for one in _parts(renditions):
        kind = one.get("contentType") or one.get("contenttype") or one.get("mimetype")
        title = likely_plain(one.get("title"))
        width = one.get("width")
        size = width if isinstance(width, (int, float)) else 0
        found.append((size, Picture(one.get("href"), kind, title or alt, credit, url)))
    if not own and (picture or isinstance(renditions, dict)):
        found = sorted(found, key=lambda pair: -pair[0])[:1]
    return [one for _, one in found]


def _text(record: Mapping[str, Any]) -> str:
    text = record.get("value")
    kind = record.get("contentType") or record.get("contenttype")
    return one_line(text) if kind == "text/plain" else plain(text)


def _has_texts(items: list[dict[str, Any]]) -> bool:
    return any(one.get("type") == "text" for one in items)


def _parts(value: object) -> list[dict[str, Any]]:
    """Return the objects of an array, or of an object by name."""
    return _records(list(value.values()) if isinstance(value, dict) else value)


def _records(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _lower(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in document.items()}
