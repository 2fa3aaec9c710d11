"""Parse the XML of other people: no entities of its own, no network, and no fault that stops it.

The document type is cut out before libxml2 sees it, so there is nothing to expand and nothing to
load. Faults that are frequent in feeds (named entities of HTML, a bare ``&``, control characters,
something before the first tag) are mended in the text; libxml2 recovers from the others.
"""

from __future__ import annotations

import html
import re
from typing import Any

from ticker.domain.messages import said
from ticker.imports.drafts import Unreadable
from ticker.imports.payload import PROLOG_MAX

XML_NAMESPACE = "{http://www.w3.org/XML/1998/namespace}"

_DECLARATION = re.compile(r"<\?xml\b[^>]*\?>", re.I)
_NO_CHAR = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.S)
_ENTITY = re.compile(r"&(#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]{0,30};)?")
_PREDEFINED = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_ROOT = re.compile(r"<[A-Za-z_][\w:.-]*(?=[\s/>])")


def root_of(text: str) -> tuple[Any, list[str]]:
    """Return the root element, and notes about what was mended in the document.

    Raises Unreadable if there is no element.
    """
    from lxml import etree

    notes: list[str] = []
    source = _without_prolog(_NO_CHAR.sub("", text))
    parts = _CDATA.split(source)
    parts[::2] = [_ENTITY.sub(_entity, part) for part in parts[::2]]
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        encoding="utf-8", remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring("".join(parts).encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(said("feed-xml", cause=str(error.msg)[:200])) from None
    if root is None:
        raise Unreadable(said("feed-xml-nothing"))
    errors = [one for one in parser.error_log if "namespace" not in one.type_name.lower()]
    if errors:
        notes.append(f"the XML is not well-formed (line {errors[0].line}): {errors[0].message}")
    return root, notes


def name_of(element: Any) -> str:
    """Return the local name of an element in lower case, or an empty text for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def namespace_of(element: Any) -> str:
    """Return the namespace of an element; the prefix, if it is not declared."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    if tag.startswith("{"):
        return tag[1:].rpartition("}")[0]
    return tag.rpartition(":")[0]


def own_text(element: Any) -> str:
    """Return the text in an element and in those within it, as it is."""
    return "".join(element.itertext()) if len(element) else element.text or ""


def inherited(element: Any, name: str) -> str | None:
    """Return an ``xml:`` attribute of an element or of the nearest one around it."""
    while element is not None:
        value: str | None = element.get(XML_NAMESPACE + name)
        if value is not None:
            return value
        element = element.getparent()
    return None


def _entity(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    if name in _PREDEFINED:
        return found[0]
    if name.startswith("#"):
        number = int(name[2:-1], 16) if name[1] in "xX" else int(name[1:-1])
        # Numbers from 128 to 159 mean windows-1252, as in HTML.
        char = html.unescape(found[0]) if 128 <= number < 160 else None
        if char is not None:
            return char
        valid = number < 0x110000 and not _NO_CHAR.match(chr(number))
        return found[0] if valid else ""
    char = html.unescape(found[0])
    return char if char != found[0] else f"&amp;{name}"


def _without_prolog(text: str) -> str:
    """Return the document from its root element on, with as many lines before it as there were."""
    head = text[:PROLOG_MAX]
    place = 0
    if declaration := _DECLARATION.search(head):
        place = declaration.end()
    while True:
        start = head.find("<", place)
        if start < 0:
            raise Unreadable(said("feed-xml-none"))
        if head.startswith("<!--", start):
            place = _after(head, "-->", start)
        elif head.startswith("<?", start):
            place = _after(head, "?>", start)
        elif head[start : start + 9].upper() == "<!DOCTYPE":
            place = _after_doctype(head, start)
        elif _ROOT.match(head, start):
            return "\n" * head.count("\n", 0, start) + text[start:]
        else:
            place = start + 1


def _after(text: str, end: str, start: int) -> int:
    place = text.find(end, start)
    if place < 0:
        raise Unreadable(said("feed-xml-comment"))
    return place + len(end)


def _after_doctype(text: str, start: int) -> int:
    """Return the place after a document type with its own declarations, quotes and comments."""
    depth = 0
    for token in re.finditer(r"<!--.*?-->|\"[^\"]*\"|'[^']*'|[\[\]>]", text[start:], re.S):
        if token[0] == "[":
            depth += 1
        elif token[0] == "]":
            depth -= 1
        elif token[0] == ">" and depth <= 0:
            return start + token.end()
    raise Unreadable(said("feed-xml-doctype"))
