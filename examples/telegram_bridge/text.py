"""Format an item as a message of the Bot API: HTML, text direction and length. Pure."""

from __future__ import annotations

import unicodedata
from html import escape
from urllib.parse import urlsplit

from ticker.client import Item

LIMIT = 4_096
"""Longest message "after entities parsing", in UTF-16 units, the API's unit for offsets."""
RETRACTED = "✕"
"""Replaces the text of a retracted item if its message can no longer be deleted."""

_LRM, _RLM, _FSI, _PDI = "\u200e", "\u200f", "\u2068", "\u2069"
_LEVELS = {"urgent": "❗ ", "bulletin": "‼️ ", "flash": "🔴 "}
_HEADLINE, _SPEAKER, _SOURCE, _CORRECTION, _HOST = 600, 300, 300, 800, 100
_SUMMARY = LIMIT - 300 - (_HEADLINE + _SPEAKER + _SOURCE + _CORRECTION + _HOST)
"""UTF-16 units for each part; the 300 are for direction marks, symbols and line breaks."""


def message(item: Item) -> str:
    """Return the ``text`` of ``sendMessage`` with ``parse_mode`` HTML.

    An app takes a paragraph's direction from its first strong character, which is wrong for an
    Arabic headline that begins with a Latin name: so each paragraph begins with a direction mark.
    Speaker, source and address may be in another script, so they are isolated (UAX #9).
    """
    mark = _RLM if item.dir == "rtl" else _LRM
    headline = escape(shorten(item.headline, _HEADLINE), quote=False)
    speaker = f"{_isolated(item.speaker, _SPEAKER)}: " if item.speaker else ""
    paragraphs = [f"{_LEVELS.get(item.level, '')}<b>{speaker}{headline}</b>"]
    if item.summary:
        paragraphs.append(escape(shorten(item.summary, _SUMMARY), quote=False))
    if item.correction is not None:
        correction = shorten(str(item.correction.get("text") or ""), _CORRECTION)
        paragraphs.append(f"<i>✎ {escape(correction, quote=False)}</i>")
    if item.source:
        paragraphs.append(f"— {_isolated(item.source, _SOURCE)}")
    if item.link:
        host = _isolated(urlsplit(item.link).hostname or item.link, _HOST)
        paragraphs.append(f'<a href="{escape(item.link)}">{host}</a>')
    return "\n\n".join(mark + paragraph for paragraph in paragraphs)


def shorten(text: str, room: int) -> str:
    """Return ``text``, or as many of its words as ``room`` UTF-16 units hold, and an ellipsis."""
    if units(text) <= room:
        return text
    end, left = 0, room - 1
    while (left := left - units(text[end])) >= 0:
        end += 1
    while end and (unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0f"):
        end -= 1  # keep a letter and its accents together
    words = text[:end].rpartition(" ")[0]
    return f"{words if len(words) > end // 2 else text[:end]}…"


def units(text: str) -> int:
    """Return the length of ``text`` in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _isolated(text: str, room: int) -> str:
    return f"{_FSI}{escape(shorten(text, room), quote=False)}{_PDI}"
