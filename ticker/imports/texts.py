"""Plain text from the texts of other people's feeds: HTML, escaped HTML, and text that is neither.

HTML is read by a real parser (libxml2's, with the tokenizer of the HTML Standard), so that inline
tags inside a word do not split it and scripts and styles are no text. Pure.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from ticker.domain.text import MARKS_MAX, clean, is_mark, marks, visible

TEXT_MAX = 200_000
"""Characters of a text that are read. Feeds put whole articles with their markup into a summary, of
which the first 2,000 characters are kept."""
DECODED_MAX = 3
"""How often a text that was escaped several times is decoded."""
LOST_MAX = 40
"""Characters that a cut at a word may lose; a longer last word is cut inside."""

_MARKED_UP = re.compile(
    r"</[A-Za-z]|<(?:br|hr|img|p)\b[^<>]*>|&(?:#[0-9]|#[xX][0-9A-Fa-f]|[A-Za-z]{2,8}(?=;))|<!\[CDATA\[|<!--"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_CLOSED = re.compile(
    r"</(?:p|div|span|a|b|i|u|em|strong|sub|sup|li|ul|ol|h[1-6])\s*>|<br\b[^<>]*>", re.I
)
_PAIR = re.compile(
    r"<(b|i|u|em|strong|span|a|p|sub|sup|small|mark|q|cite)\b[^<>]*>.*?</\1\s*>", re.I | re.S
)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_NO_TAG = re.compile(r"<(?![A-Za-z/!?])")
"""A ``<`` that begins no tag is text (HTML Standard §13.2.5.6); libxml2 drops some."""
_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9A-Fa-f]{7,});?")
_DISPLAY_NONE = re.compile(r"\bdisplay\s*:\s*none\b", re.I)
_FOOTER = re.compile(
    r"\s*(?:\bThe post .{1,300} (?:first appeared|appeared first) on|"
    r"\bLa entrada .{1,300} (?:se publicó primero|aparece primero|apareció primero) en|"
    r"\bظهرت المقالة .{1,300} (?:أولاً |أولًا )?على) .{1,100}$"
)
_SOFT = str.maketrans({"\xad": None, "\ufffd": None, "\u200b": None, "\x00": None})

_JOINER = "\u200d"
_REGIONAL = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two of them are a flag."""

_SILENT_NAMES = (
    "script style template head title iframe object svg math noembed noframes select textarea "
    "button audio video canvas noscript figcaption rt rp del s strike"
)
_SILENT = frozenset(_SILENT_NAMES.split())
"""Elements whose content is no text of an article, or is none any more: it is struck out."""
_INLINE_NAMES = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rb "
    "ruby s samp small span strike strong sub sup time tt u var wbr lang num person org location "
    "chron money event function object.title virtloc copyrite pronounce alt-code frac"
)
_INLINE = frozenset(_INLINE_NAMES.split())
"""Elements of HTML and NITF inside a line: they end no word."""

_OPENING, _CLOSING = {"q": "\u201c"}, {"q": "\u201d"}
"""What browsers show around an element."""
_POWER = re.compile(r"[+\u2212-]?[0-9]{1,3}")
_POWERS = str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def plain(text: object) -> str:
    """Return HTML as text on one line.

    Entities that were escaped twice are decoded, too.
    """
    text = _written(text)
    text = _CDATA.sub("", text[:TEXT_MAX])
    for _ in range(DECODED_MAX):
        if "<" in text or "&" in text:
            text = _text_of_html(text)
        if not _ENTITY.search(text) and not _CLOSED.search(text):
            break
    return one_line(text)


def one_line(text: object) -> str:
    """Return ``text``, which is declared as plain text, on one line and otherwise unchanged."""
    return " ".join(_written(text).strip()[:TEXT_MAX].translate(_SOFT).split())


def likely_plain(text: object) -> str:
    """Return ``text`` on one line, and without markup if it clearly has markup.

    Many feeds send HTML where their format requires plain text. A closing tag, a tag that
    needs none or an entity counts as markup; a lone ``<`` or ``&`` does not.
    """
    marked_up = isinstance(text, str) and _MARKED_UP.search(text[:TEXT_MAX]) is not None
    return plain(text) if marked_up else one_line(text)


def mended(text: object) -> str:
    """Return text that is plain by its format's rules on one line.

    HTML in it is an error of the sender. It is recognised by an entity, or by a tag of HTML that is
    opened and closed.
    """
    if isinstance(text, str) and _PAIR.search(text[:TEXT_MAX]):
        return plain(text)
    line = one_line(text)
    return one_line(html.unescape(line)) if _ENTITY.search(line) else line


def _written(value: object) -> str:
    """Return text; a number, which JSON may have for a title or a tag, as text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def without_footer(text: str) -> str:
    """Return a text without the sentence that WordPress puts behind each entry of its feeds."""
    return _FOOTER.sub("", text)


def element_text(element: Any) -> str:
    """Return the text of a parsed element of HTML, XHTML or NITF on one line."""
    return one_line("".join(_parts(element))[:TEXT_MAX])


def readable(text: str) -> str:
    """Return ``text`` in NFC, without controls and without more marks on a letter than allowed.

    Text without a visible character is returned as empty.
    """
    text = text[:TEXT_MAX]
    if not text.isascii() and marks(text, MARKS_MAX + 1) > MARKS_MAX:
        text = "".join(_few_marks(text))
    text = clean(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")).strip()
    return text if visible(text) else ""


def shortened(text: str, limit: int) -> str:
    """Return ``text`` cut at a word boundary to ``limit`` characters."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace():
        cut = head.rfind(" ")
        if cut > limit - 1 - LOST_MAX:
            head = head[:cut]
        while head and _joined(text, len(head)):
            head = head[:-1]
    return head.rstrip(" .,;:،؛–—-(") + "…"


def _joined(text: str, place: int) -> bool:
    """Tell whether a cut at ``place`` would split a letter and its marks, or an emoji."""
    before, after = text[place - 1], text[place]
    if is_mark(after) or _JOINER in (before, after) or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    flags = len(text[:place]) - len(text[:place].rstrip(_REGIONAL))
    return after in _REGIONAL and flags % 2 == 1


def _text_of_html(text: str) -> str:
    from lxml import etree

    # A tag that never ends is no tag: "score: 3 <b" would lose its end.
    end = text.rfind(">") + 1
    text = text[:end] + text[end:].replace("<", "&lt;")
    text = _NO_TAG.sub("&lt;", _NUMBER.sub(" ", text).replace("\x00", ""))
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    # A closing body would end the document, and a head would be no text.
    source = f"<html><body><div>{text}</div></body></html>".encode("utf-8", "replace")
    try:
        root = etree.fromstring(source, parser)
    except (etree.LxmlError, ValueError):
        root = None
    found = "" if root is None else "".join(_parts(root))
    # The parser gives up on thousands of nested elements.
    return found if found.strip() else html.unescape(re.sub(r"<[^<>]*>", " ", text))


def _parts(root: Any) -> Iterator[str]:
    """Yield the pieces of text under ``root``, with spaces where an element ends a word."""
    from lxml import etree

    silent: Any = None
    for event, node in etree.iterwalk(root, events=("start", "end")):
        name = node.tag.rpartition("}")[2].lower() if isinstance(node.tag, str) else ""
        if event == "start":
            if silent is None and (name in _SILENT or _hidden(node)) and node is not root:
                silent = node
            if silent is None:
                yield " " * _ends_word(name)
                yield _OPENING.get(name, "")
                yield _raised(node) if name == "sup" else node.text or ""
        elif silent is None or silent is node:
            if silent is None:
                yield _CLOSING.get(name, "")
            yield " " * (_ends_word(name) and silent is None)
            silent = None
            if node is not root:
                yield node.tail or ""


def _raised(node: Any) -> str:
    """Return the text of a superscript: 10 to the third is not 103."""
    text: str = node.text or ""
    power = text.strip()
    return power.translate(_POWERS) if _POWER.fullmatch(power) and not len(node) else text


def _ends_word(name: str) -> bool:
    """Tell whether an element ends the word before it; custom elements, as unknown ones, do not."""
    return name not in _INLINE and "-" not in name


def _hidden(node: Any) -> bool:
    """Tell whether browsers do not show an element."""
    return "hidden" in node.attrib or bool(_DISPLAY_NONE.search(node.get("style") or ""))


def _few_marks(text: str) -> Iterator[str]:
    count = 0
    for char in text:
        count = count + 1 if is_mark(char) else 0
        if count <= MARKS_MAX:
            yield char
