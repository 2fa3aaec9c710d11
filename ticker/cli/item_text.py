"""The text of an item on a terminal, and its styles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ticker.cli import bidi
from ticker.domain.speaker import with_speaker

if TYPE_CHECKING:
    from ticker.client import Item

LEVEL_STYLE = {"flash": "bold white on red", "bulletin": "bold red", "urgent": "bold yellow"}
"""Style of a level's name; ``ticker`` has none."""
TEXT_STYLE = {"flash": "bold red", "bulletin": "bold", "urgent": "bold"}
"""Style of the item's text, by level."""


def full_text(item: Item) -> str:
    """Return the headline with its speaker and source, as readers see it."""
    text = with_speaker(item.speaker, item.headline)
    return f"{text} ({item.source})" if item.source and item.source not in text else text


def correction_notice(item: Item) -> str:
    """Return what readers are told of an item's correction, or ``""``.

    Not only a ``correct`` carries it: the item that is published in place of one that was
    retracted by mistake has it from its first version, and it stays with later ones.
    """
    return "" if item.correction is None else str(item.correction.get("text") or "")


def in_words(value: object) -> str:
    """Return the value of a field for people."""
    if isinstance(value, dict) and "href" in value:
        return _picture(value)
    if isinstance(value, dict):
        known = {name: one for name, one in value.items() if one is not None}
        return ", ".join(f"{name}: {in_words(one)}" for name, one in known.items())
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    return "yes" if value is True else str(value)


def _picture(value: Mapping[str, object]) -> str:
    """Return what a picture shows, its credit and its address; its sizes are for programs."""
    alt, credit, href = (str(value.get(name) or "") for name in ("alt", "credit", "href"))
    return " ".join(filter(None, (alt, credit and f"({credit})", href)))


def wrapped(item: Item, width: int, mode: bidi.Mode) -> list[str]:
    """Return ``full_text`` in lines of at most ``width`` cells, ready to print in ``mode``."""
    return bidi.lines(full_text(item), width, mode, item.dir)
