"""Read NewsML-G2 (news items, packages, news messages) and NITF, the XML of news agencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ticker.domain.messages import said
from ticker.imports.drafts import Rejection, Unreadable
from ticker.imports.entries import Found
from ticker.imports.pictures import Picture
from ticker.imports.texts import element_text, one_line
from ticker.imports.urgency import level
from ticker.imports.xml_document import inherited, name_of, own_text

NEWSML_ROOTS = frozenset({"newsmessage", "newsitem", "packageitem", "itemset"})
_WITHDRAWN = ("canceled", "cancelled", "withheld", "killed", "kill")
_PICTURE_CLASSES = ("picture", "graphic", "video", "audio")


def newsml(root: Any, url: str | None) -> Iterator[Found | Rejection]:
    """Yield the text items of a NewsML-G2 document, with the pictures that go with them.

    Raises Unreadable for a package whose items are elsewhere.
    """
    items = [root] if name_of(root) == "newsitem" else [
        one for one in root.iter() if name_of(one) == "newsitem"
    ]  # fmt: skip
    references = [one for one in root.iter() if name_of(one) == "itemref"]
    if not items and references:
        raise Unreadable(said("feed-references", count=len(references)))
    pictures = {one.get("guid"): one for one in items if _class(one) in _PICTURE_CLASSES}
    texts = [one for one in items if _class(one) not in _PICTURE_CLASSES]
    for number, item in enumerate(texts or items, 1):
        yield _news_item(item, number, pictures, url, alone=len(texts) == 1)


def _news_item(
    item: Any, number: int, pictures: dict[str | None, Any], url: str | None, *, alone: bool
) -> Found:
    found = Found(number, item.sourceline, item.get("guid"), version=item.get("version"))
    item_meta, content_meta = _child(item, "itemmeta"), _child(item, "contentmeta")
    content = _child(item, "contentset")
    found.status = _code(_child(item_meta, "pubstatus"))
    found.withdrawn = found.status in _WITHDRAWN
    found.editors_note = " ".join(map(_text, _children(item_meta, "ednote")))
    headlines = [one for one in _children(content_meta, "headline") if element_text(one)]
    main = [one for one in headlines if (one.get("role") or "main").endswith(("main", "hl1"))]
    if headlines:
        found.title = element_text((main or headlines)[0])
    else:
        found.title = _text(_child(item_meta, "title"))
    summary = [one for one in _children(content_meta, "description") if element_text(one)]
    main = [one for one in summary if (one.get("role") or "").endswith("summary")]
    found.text = element_text((main or summary)[0]) if summary else _body(content)
    if not found.title and content is not None:
        found.title = _text(_within(content, "hl1")) or _text(_within(content, "hedline"))
    language = _child(content_meta, "language")
    found.language = [
        None if language is None else language.get("tag"),
        inherited(item, "lang"),
    ]
    created = _text(_child(content_meta, "contentcreated"))
    found.published = [_text(_child(item_meta, "firstcreated")), created]
    found.published.append(_text(_child(item_meta, "versioncreated")))
    found.changed = found.published[-1]
    found.embargo = _text(_child(item_meta, "embargoed"))
    found.expires = _text(_child(_child(item, "rightsinfo"), "expires"))
    names = [_name(one) for one in _children(content_meta, "subject")]
    names += [_text(one) for one in _children(content_meta, "keyword")]
    found.tags = [name for name in names if name]
    sources = [_name(one) for one in _children(content_meta, "infosource")]
    found.source = ", ".join(name for name in sources if name) or _text(
        _child(content_meta, "creditline")
    )
    if named := level(_text(_child(content_meta, "urgency"))):
        found.own["level"] = named
    linked = [*_children(item_meta, "link"), *_children(item, "link")]
    found.links = [(one.get("href"), url) for one in linked if one.get("href")]
    found.links += [(_text(one), url) for one in _children(item_meta, "altid")]
    wanted = [one.get("residref") for one in linked]
    own = [pictures[guid] for guid in wanted if guid in pictures]
    for picture in own or (list(pictures.values()) if alone else []):
        found.media += _pictures(picture, url)
    if not found.media:
        found.media = _pictures(item, url)
    return found


def _pictures(item: Any, url: str | None) -> list[Picture]:
    """Return the largest rendition of a picture's item, with its caption and credit."""
    content = _child(item, "contentset")
    remote = [one for one in _children(content, "remotecontent") if one.get("href")]
    remote.sort(
        key=lambda one: int(one.get("width", "0")) if one.get("width", "").isdecimal() else 0
    )
    meta = _child(item, "contentmeta")
    alt = _text(_child(meta, "description")) or _text(_child(meta, "headline"))
    credit = _text(_child(meta, "creditline"))
    return [
        Picture(one.get("href"), one.get("contenttype"), alt, credit, url) for one in remote[-1:]
    ]


def nitf(root: Any, url: str | None) -> Iterator[Found | Rejection]:
    """Yield the one item of a NITF document."""
    found = Found(1, root.sourceline)
    data = _within(root, "docdata")
    head = _within(root, "body.head")
    content = _within(root, "body.content")
    headline = _within(head, "hl1") if head is not None else None
    found.title = (
        _text(headline) or _text(_within(head, "hedline")) or _text(_within(root, "title"))
    )
    abstract = _within(head, "abstract")
    found.text = _text(abstract) or _paragraphs(content)
    found.language = [inherited(root, "lang"), None if content is None else content.get("lang")]
    ident = _within(data, "doc-id")
    found.guid = None if ident is None else ident.get("id-string")
    issued, released = _within(data, "date.issue"), _within(data, "date.release")
    found.published = [_norm(issued), _text(_within(head, "story.date")), _norm(released)]
    # A release date that has not come is an embargo. That of the issue is none.
    found.embargo = _norm(released) if _norm(released) != _norm(issued) else None
    found.expires = _norm(_within(data, "date.expire"))
    urgency = _within(data, "urgency")
    if urgency is not None and (named := level(urgency.get("ed-urg"))):
        found.own["level"] = named
    status = None if data is None else data.get("management-status")
    found.withdrawn = status in _WITHDRAWN
    found.status = status or ""
    messages = [one for one in root.iter() if name_of(one) == "ed-msg"]
    found.editors_note = " ".join(one.get("info") or "" for one in messages)
    found.tags = [one.get("key") or "" for one in root.iter() if name_of(one) == "keyword"]
    found.source = _text(_within(head, "distributor")) or _text(_within(root, "doc.copyright"))
    for media in (one for one in root.iter() if name_of(one) == "media"):
        if (media.get("media-type") or "image") not in ("image", "video", "audio"):
            continue
        caption, credit = (
            _text(_within(media, "media-caption")),
            _text(_within(media, "media-producer")),
        )
        for one in (one for one in media if name_of(one) == "media-reference"):
            alt = one.get("alternate-text") or caption
            found.media.append(Picture(one.get("source"), one.get("mime-type"), alt, credit, url))
            break
    yield found


def _class(item: Any) -> str:
    return _code(_child(_child(item, "itemmeta"), "itemclass"))


def _code(element: Any) -> str:
    """Return a code without its scheme: ``ninat:text`` is ``text``."""
    if element is None:
        return ""
    code = element.get("qcode") or element.get("literal") or element.get("uri") or ""
    return str(code).rpartition("/")[2].rpartition(":")[2].lower()


def _name(element: Any) -> str:
    names = [one for one in element if name_of(one) == "name"]
    return _text(names[0]) if names else str(element.get("literal") or "")


def _body(content: Any) -> str:
    if content is None:
        return ""
    for name in ("body.content", "body", "inlinedata", "inlinexml"):
        found = _within(content, name)
        if found is not None and (text := _paragraphs(found)):
            return text
    return ""


def _paragraphs(content: Any) -> str:
    """Return the paragraphs, without headline, caption and table around them."""
    if content is None:
        return ""
    found = [element_text(one) for one in content.iter() if name_of(one) == "p"]
    return " ".join(text for text in found if text) or element_text(content)


def _norm(element: Any) -> str:
    return "" if element is None else str(element.get("norm") or one_line(own_text(element)))


def _text(element: Any) -> str:
    return "" if element is None else element_text(element)


def _child(element: Any, name: str) -> Any:
    return next(iter(_children(element, name)), None)


def _children(element: Any, name: str) -> list[Any]:
    return [] if element is None else [one for one in element if name_of(one) == name]


def _within(element: Any, name: str) -> Any:
    if element is None:
        return None
    return next((one for one in element.iter() if name_of(one) == name), None)
