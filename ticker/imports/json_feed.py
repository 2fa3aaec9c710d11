"""Read JSON Feed (1, 1.1), with the fields that a newsroom like this one adds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ticker.domain.messages import said
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Draft, Rejection, Unreadable
from ticker.imports.entries import Found, set_edition
from ticker.imports.links import absolute
from ticker.imports.pictures import Picture
from ticker.imports.texts import likely_plain, one_line, plain

_OWN_FIELDS = ("level", "speaker", "source", "story", "verification")


def entries(
    document: Mapping[str, Any], url: str | None, taxonomy: Taxonomy
) -> Iterator[Found | Rejection]:
    """Yield the items of a JSON Feed, and what the newsroom that wrote it has retracted.

    Raises Unreadable without a list of items.
    """
    home = absolute(document.get("home_page_url"), url)
    feed = absolute(document.get("feed_url"), url)
    base = url or feed or home
    name = home or feed or str(document.get("title") or "")
    items = document.get("items")
    if not isinstance(items, list):
        raise Unreadable(said("feed-no-items"))
    number = 0
    for number, entry in enumerate(items, 1):
        if isinstance(entry, dict):
            yield _entry(entry, number, document, base, name, taxonomy)
        else:
            yield Rejection(number, None, "", "it is not a JSON object")
    own = document.get("_ticker")
    retracted = own.get("retracted") if isinstance(own, dict) else None
    for more, one in enumerate(retracted if isinstance(retracted, list) else [], number + 1):
        if isinstance(one, dict) and one.get("id"):
            yield Found(more, None, one["id"], withdrawn=True)


def _entry(
    entry: dict[str, Any],
    number: int,
    document: Mapping[str, Any],
    base: str | None,
    channel: str,
    taxonomy: Taxonomy,
) -> Found:
    body = likely_plain(entry.get("summary") or entry.get("content_text"))
    body = body or plain(entry.get("content_html"))
    found = Found(number, None, entry.get("id"), channel=channel)
    found.title, found.text = likely_plain(entry.get("title")), body
    found.links = [(entry.get("external_url"), base), (entry.get("url"), base)]
    if not any(isinstance(link, str) and link for link, _ in found.links):
        found.links = [(entry.get("id"), base)] if "://" in str(entry.get("id")) else []
    found.tags = entry.get("tags") or ()
    found.published = [entry.get("date_published"), entry.get("date_modified")]
    found.language = [entry.get("language"), document.get("language")]
    found.media = _pictures(entry, base)
    own = entry.get("_ticker")
    if isinstance(own, dict) and own.get("edition"):
        _own(found, own, entry, taxonomy)
    return found


def _pictures(entry: Mapping[str, Any], base: str | None) -> list[Picture]:
    found = []
    attachments = entry.get("attachments")
    for one in attachments if isinstance(attachments, list) else []:
        if isinstance(one, dict):
            title = likely_plain(one.get("title"))
            found.append(Picture(one.get("url"), one.get("mime_type"), title, base=base, medium=""))
    main = entry.get("image") or entry.get("banner_image")
    return [*([Picture(main, base=base)] if main else []), *found]


def _own(found: Found, own: dict[str, Any], entry: Mapping[str, Any], taxonomy: Taxonomy) -> None:
    """Take the fields of our own items; names that this newsroom does not know become tags."""
    draft: Draft = {name: own[name] for name in _OWN_FIELDS if own.get(name)}
    if own["edition"] in taxonomy.editions:
        draft["edition"] = own["edition"]
    if own.get("pinned") is True:
        draft["pinned"] = True
    names = [one for one in (entry.get("tags") or ()) if isinstance(one, str)]
    for facet, known in (("sections", taxonomy.sections), ("regions", taxonomy.regions)):
        values = own.get(facet)
        slugs = [one for one in values if isinstance(one, str)] if isinstance(values, list) else []
        draft[facet] = [one for one in slugs if one in known]
        names = [one for one in names if one not in draft[facet]]
    found.tags = names
    speaker = own.get("speaker")
    title = entry.get("title")
    if isinstance(title, str):
        if isinstance(speaker, str) and title.startswith(f"{speaker}: "):
            title = title.removeprefix(f"{speaker}: ")
        found.title = one_line(title)
    found.text = one_line(entry.get("summary"))
    media = own.get("media")
    if isinstance(media, list):
        found.media = [
            Picture(one.get("href"), one.get("type"), one.get("alt") or "", one.get("credit") or "")
            for one in media
            if isinstance(one, dict)
        ]
    correction = own.get("correction")
    if isinstance(correction, dict) and isinstance(correction.get("text"), str):
        draft["correction"] = correction["text"]
    found.own = draft
    set_edition(found, taxonomy)
