"""Read RSS (0.9x, 1.0, 2.0) and Atom, with the extensions that news feeds use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ticker.domain.messages import Message, said
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Rejection, Unreadable
from ticker.imports.entries import Found, set_edition
from ticker.imports.feed_pictures import MEDIA_NAMES, image_element, images, media
from ticker.imports.links import absolute, joined
from ticker.imports.pictures import Picture
from ticker.imports.texts import element_text, likely_plain, mended, one_line, plain, without_footer
from ticker.imports.xml_document import (
    XML_NAMESPACE,
    inherited,
    name_of,
    namespace_of,
    own_text,
)

ENTRIES = frozenset({"item", "entry"})
CHILDREN_MAX = 500
"""Elements of one entry that are read."""

_ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "atom", "atom03")
_DC = ("http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/", "dc", "dcterms")
_CONTENT = ("http://purl.org/rss/1.0/modules/content/", "content")
_PUBLISHING = ("http://www.w3.org/2007/app", "http://purl.org/atom/app#", "app")
_TOMBSTONES = ("http://purl.org/atompub/tombstones/1.0", "at")
_OTHERS_NAMES = (*MEDIA_NAMES, *_CONTENT, "http://www.itunes.com/dtds/podcast-1.0.dtd", "itunes")
_WITHOUT_NEWS = {
    "knowledgeitem": "a knowledge item of NewsML-G2",
    "conceptitem": "a concept item of NewsML-G2",
    "planningitem": "a planning item of NewsML-G2",
    "catalogitem": "a catalog of NewsML-G2",
    "urlset": "a sitemap",
    "sitemapindex": "a list of sitemaps",
}
_OWN_PAGE = re.compile(r"https?://[^/]+(?:/.*)?/item/[0-9a-z]{26}")


class Channel:
    """The head of a feed: base address, language, title."""

    def __init__(self, root: Any, url: str | None) -> None:
        heads = [one for one in root if name_of(one) == "channel"] or [root]
        head = heads[0]
        self.atom = name_of(root) in ("feed", "entry")
        self.language: str | None = None
        self.title = ""
        home = None
        for child in head:
            name, space = name_of(child), namespace_of(child)
            if name in ENTRIES:
                continue
            if name == "language" and not self.language:
                self.language = one_line(own_text(child))
            elif name == "title" and not self.title and space not in _OTHERS_NAMES:
                self.title = one_line(own_text(child))
            elif name == "link" and child.get("rel", "alternate") in ("alternate", "self"):
                address = child.get("href") or own_text(child)
                if home is None or child.get("rel") != "self":
                    home = absolute(address, url) or home
        self.base = joined(url or home, root.get(XML_NAMESPACE + "base"))
        self.name = home or self.title
        """What identifies the feed."""


def entries(root: Any, url: str | None, taxonomy: Taxonomy) -> Iterator[Found | Rejection]:
    """Yield the entries of a feed. Raises Unreadable if ``root`` is none of a feed."""
    if name_of(root) not in ("rss", "rdf", "feed", "channel", "entry"):
        raise Unreadable(_no_feed(root))
    channel = Channel(root, url)
    number = 0
    for element in root.iter():
        name = name_of(element)
        if name == "deleted-entry" and namespace_of(element) in _TOMBSTONES:
            number += 1
            reference = element.get("ref") or ""
            yield Found(number, element.sourceline, reference, withdrawn=True)
        elif name in ENTRIES and (name == "item" or namespace_of(element) in (*_ATOM, "")):
            number += 1
            yield _entry(element, number, channel, taxonomy)


def _no_feed(root: Any) -> Message:
    name = name_of(root)
    if name == "html":
        title = next((element_text(one) for one in root.iter() if name_of(one) == "title"), "")
        if title:
            return said("feed-page-titled", title=repr(title[:80]))
        return said("feed-page")
    if name == "opml":
        return _no_feeds(root)
    if name in _WITHOUT_NEWS:
        return said("feed-no-news", document=_WITHOUT_NEWS[name])
    if name == "newsml":
        return said("feed-newsml-1")
    return said("feed-xml-other", element=name[:40])


def _no_feeds(root: Any) -> Message:
    """Return what to do with a list of feeds."""
    lines = (one for one in root.iter() if name_of(one) == "outline")
    found = [str(one.get("xmlUrl") or one.get("xmlurl") or "") for one in lines]
    found = [one for one in found if one]
    return said("feed-opml-with", url=found[0][:200]) if found else said("feed-opml")


def _entry(element: Any, number: int, channel: Channel, taxonomy: Taxonomy) -> Found:
    base = _base(element, channel)
    found = Found(number, element.sourceline, channel=channel.name)
    found.language.append(inherited(element, "lang"))
    texts: dict[str, str] = {}
    raw: dict[str, str] = {}
    dates: dict[str, str] = {}
    links: dict[str, tuple[object, str | None]] = {}
    categories: list[tuple[str, str | None]] = []
    pictures: list[Picture] = []
    for child in list(element)[:CHILDREN_MAX]:
        name, space = name_of(child), namespace_of(child)
        if space in MEDIA_NAMES:
            pictures += media(child, base)
        elif name == "title" and space not in _OTHERS_NAMES:
            if "title" not in texts or space not in _DC:
                texts["title"] = _title(child, channel)
        elif name in ("description", "summary", "content", "encoded", "body"):
            if _is_encoded(child):
                continue
            key = "content" if name in ("content", "encoded", "body") else "summary"
            if space in _OTHERS_NAMES and space not in _CONTENT and key in texts:
                continue
            if not texts.get(key):
                texts[key], raw[key] = _body(child)
        elif name == "link":
            _add_link(child, links, pictures, base)
        elif name in ("guid", "id", "identifier"):
            if found.guid is None or name != "identifier":
                found.guid = one_line(own_text(child))
            permanent = child.get("isPermaLink", "true").strip().lower() == "true"
            if name == "guid" and permanent and "://" in (child.text or ""):
                links["guid"] = (child.text, None)
        elif name in ("pubdate", "published", "date", "issued", "created", "updated", "modified"):
            dates[name] = dates.get(name) or one_line(own_text(child))
        elif name in ("available", "valid") and space in _DC:
            found.embargo = found.embargo or _period(child, "start")
            found.expires = found.expires or _period(child, "end")
        elif name == "control" and space in _PUBLISHING:
            said = "".join(own_text(one) for one in child if name_of(one) == "draft")
            found.is_draft = said.strip().lower() == "yes"
        elif name in ("expirationdate", "expires"):
            found.expires = one_line(own_text(child))
        elif name in ("category", "subject", "keywords"):
            categories += _categories(child)
        elif name == "language":
            found.language.insert(0, one_line(own_text(child)))
        elif name == "source":
            found.source = _source(child)
        elif name == "enclosure":
            pictures.append(Picture(child.get("url"), child.get("type"), base=base, medium=""))
        elif name == "image" and space not in _OTHERS_NAMES:
            pictures.append(image_element(child, base))
        elif name in ("author", "creator"):
            texts.setdefault("author", _author(child))
    if about := element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"):
        found.guid = found.guid or about
        links.setdefault("guid", (about, None))
    found.title = texts.get("title", "")
    found.text = without_footer(texts.get("summary") or texts.get("content") or "")
    order = ("pubdate", "published", "issued", "date", "created", "updated", "modified")
    found.published = [dates[name] for name in order if name in dates]
    found.changed = dates.get("updated") or dates.get("modified")
    found.language.append(channel.language)
    _links_of(found, links)
    found.media = pictures or images(raw, base)
    _own(found, links, categories, texts, taxonomy)
    return found


def _period(child: Any, name: str) -> str:
    """Return the start or the end of a period (DCMI Period); a date alone is its start."""
    text = one_line(own_text(child))
    parts = dict(part.partition("=")[::2] for part in re.split(r"\s*;\s*", text))
    return text if name == "start" and "=" not in text else parts.get(name, "").strip()


def _base(element: Any, channel: Channel) -> str | None:
    chain = []
    while element is not None:
        if value := element.get(XML_NAMESPACE + "base"):
            chain.append(value)
        element = element.getparent()
    base = channel.base
    for value in reversed(chain):
        base = joined(base, value)
    return base


def _title(child: Any, channel: Channel) -> str:
    kind = (child.get("type") or "").lower()
    if len(child):
        return element_text(child)
    if kind in ("html", "text/html", "xhtml", "application/xhtml+xml"):
        return plain(own_text(child))
    text = own_text(child)
    if not channel.atom:
        return likely_plain(text)
    return one_line(text) if kind in ("text", "text/plain") else mended(text)


def _body(child: Any) -> tuple[str, str]:
    """Return the text of a description, and its HTML if it has some."""
    kind = (child.get("type") or "").lower()
    text = own_text(child)
    if len(child):
        return element_text(child), ""
    if kind in ("text", "text/plain"):
        return one_line(text), ""
    return plain(text), text


def _add_link(
    child: Any,
    links: dict[str, tuple[object, str | None]],
    pictures: list[Picture],
    base: str | None,
) -> None:
    href = child.get("href")
    relation = (child.get("rel") or "alternate").lower()
    if href is None:
        links.setdefault("text", (own_text(child), base))
    elif relation == "enclosure":
        pictures.append(
            Picture(href, child.get("type"), child.get("title") or "", base=base, medium="")
        )
    elif relation == "alternate" and (child.get("type") or "text/html").startswith("text/html"):
        links.setdefault("alternate", (href, base))
    elif relation == "alternate":
        links.setdefault("other form", (href, base))
    else:
        links.setdefault(relation, (href, base))


def _links_of(found: Found, links: dict[str, tuple[object, str | None]]) -> None:
    for name in ("text", "alternate", "guid", "other form", "related", "via"):
        if name in links and str(links[name][0] or "").strip():
            found.links.append(links[name])


def _own(
    found: Found,
    links: dict[str, tuple[object, str | None]],
    categories: list[tuple[str, str | None]],
    texts: dict[str, str],
    taxonomy: Taxonomy,
) -> None:
    """Set what an entry of a newsroom like this one says in its own terms, and the tags."""
    names = [term for term, _ in categories]
    page = str((links.get("alternate") or links.get("text") or ("", None))[0])
    if str(found.guid).startswith("urn:uuid:") and _OWN_PAGE.fullmatch(page):
        sections = [name for name in names if name in taxonomy.sections]
        regions = [name for name in names if name in taxonomy.regions]
        names = [name for name in names if name not in sections and name not in regions]
        found.own = {"sections": sections, "regions": regions}
        set_edition(found, taxonomy)
        if "related" in links:
            found.links.insert(0, links["related"])
        found.source = found.source or texts.get("author", "")
    found.tags = names


def _categories(child: Any) -> list[tuple[str, str | None]]:
    if term := child.get("term"):
        return [(term, child.get("label"))]
    text = one_line(own_text(child))
    if name_of(child) == "keywords":
        return [(one, None) for one in text.split(",")]
    return [(text, None)]


def _source(child: Any) -> str:
    title = next((one for one in child if name_of(one) == "title"), None)
    return likely_plain(own_text(child if title is None else title))


def _author(child: Any) -> str:
    name = next((one for one in child if name_of(one) == "name"), None)
    return likely_plain(own_text(child if name is None else name))


def _is_encoded(element: Any) -> bool:
    """Return whether an element has a file in base64 for its text (RFC 4287 §4.1.3.3)."""
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    return "/" in kind and not kind.startswith("text/") and not kind.endswith(("/xml", "+xml"))
