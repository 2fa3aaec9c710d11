"""The formats in XML: RSS, Atom, NewsML-G2 and NITF. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ticker.imports import newsml, rss_atom, xml_document
from ticker.imports.drafts import Context, ParsedInput, Rejection
from ticker.imports.entries import Found, compose


def read(text: str, context: Context) -> ParsedInput:
    """Return what ``text`` has. Raises Unreadable."""
    root, notes = xml_document.root_of(text)
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
