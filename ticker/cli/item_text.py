"""An item as a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ticker.cli import bidi

if TYPE_CHECKING:
    from ticker.client import Item

LEVEL_STYLE = {"flash": "bold white on red", "bulletin": "bold red", "urgent": "bold yellow"}
"""How the name of a level looks; ``ticker`` has none."""
LINE_STYLE = {"flash": "bold red", "bulletin": "bold", "urgent": "bold"}
"""How the line itself looks."""


def sentence(item: Item) -> str:
    """Return the line as a reader gets it: who said it, what, and who reports it."""
    said = f"{item.speaker}: {item.headline}" if item.speaker else item.headline
    return f"{said} ({item.source})" if item.source else said


def wrapped(item: Item, width: int, mode: bidi.Mode) -> list[str]:
    """Return ``sentence`` in lines of at most ``width`` cells, written in ``mode``."""
    return bidi.lines(sentence(item), width, mode, item.dir)
