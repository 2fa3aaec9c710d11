"""The Python client: the live feed, the editors' API, and bridges to elsewhere.

    from ticker.client import Bridge, Editor, FileCursors, Screen, Ticker

    async with Ticker("https://news.example", edition="en") as feed:
        async for event in feed:
            ...

    async with Editor("https://news.example", key) as editor:
        await editor.publish("Power is back in the whole valley", edition="en")

    bridge = Bridge("https://news.example", FileCursors("cursor"), edition="en")
    await bridge.run(handler)

The names are loaded when they are first used: a script that only publishes does not import a
WebSocket library, and one that only listens no HTTP library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ticker.client.bridge import Bridge
    from ticker.client.cursors import CursorStore, FileCursors
    from ticker.client.editor import Editor
    from ticker.client.errors import (
        BadAddress,
        ClientError,
        Conflict,
        Duplicate,
        Forbidden,
        InUse,
        Invalid,
        KeyReused,
        Misunderstood,
        NotFound,
        Refused,
        Retracted,
        Stale,
        Stopped,
        TooLarge,
        Unauthorised,
        Unavailable,
        Unreachable,
        WrongField,
    )
    from ticker.client.events import Event, Item, ItemEvent, Media, Snapshot
    from ticker.client.feed import Ticker
    from ticker.client.handover import Batch, Failure, Later, Skip
    from ticker.client.results import (
        BatchResult,
        Detail,
        LineResult,
        Listing,
        Published,
        Receipts,
    )
    from ticker.client.resume import Retry
    from ticker.client.screen import Screen

_HOMES = {
    "bridge": ("Bridge",),
    "cursors": ("CursorStore", "FileCursors"),
    "editor": ("Editor",),
    "errors": (
        "BadAddress",
        "ClientError",
        "Conflict",
        "Duplicate",
        "Forbidden",
        "InUse",
        "Invalid",
        "KeyReused",
        "Misunderstood",
        "NotFound",
        "Refused",
        "Retracted",
        "Stale",
        "Stopped",
        "TooLarge",
        "Unauthorised",
        "Unavailable",
        "Unreachable",
        "WrongField",
    ),
    "events": ("Event", "Item", "ItemEvent", "Media", "Snapshot"),
    "feed": ("Ticker",),
    "handover": ("Batch", "Failure", "Later", "Skip"),
    "results": ("BatchResult", "Detail", "LineResult", "Listing", "Published", "Receipts"),
    "resume": ("Retry",),
    "screen": ("Screen",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BadAddress",
    "Batch",
    "BatchResult",
    "Bridge",
    "ClientError",
    "Conflict",
    "CursorStore",
    "Detail",
    "Duplicate",
    "Editor",
    "Event",
    "Failure",
    "FileCursors",
    "Forbidden",
    "InUse",
    "Invalid",
    "Item",
    "ItemEvent",
    "KeyReused",
    "Later",
    "LineResult",
    "Listing",
    "Media",
    "Misunderstood",
    "NotFound",
    "Published",
    "Receipts",
    "Refused",
    "Retracted",
    "Retry",
    "Screen",
    "Skip",
    "Snapshot",
    "Stale",
    "Stopped",
    "Ticker",
    "TooLarge",
    "Unauthorised",
    "Unavailable",
    "Unreachable",
    "WrongField",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
