"""The Python client: the live feed, the editors' API, and bridges to other systems.

    from ticker.client import Bridge, Editor, FileCursors, Ticker

    async with Ticker("https://news.example", edition="en") as feed:
        async for event in feed:
            ...

    async with Editor("https://news.example", key) as editor:
        await editor.publish("Power is back in the whole valley", edition="en")

    bridge = Bridge("https://news.example", FileCursors("cursor"), edition="en")
    await bridge.run(handler)

Names are imported on first use: a script that only publishes does not import a WebSocket library,
and a script that only follows the feed does not import an HTTP library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ticker.client.bridge import Bridge
    from ticker.client.connection_state import Retry
    from ticker.client.current_items import CurrentItems
    from ticker.client.cursors import CursorStore, FileCursors
    from ticker.client.editor import Editor
    from ticker.client.errors import (
        BadAddress,
        ClientError,
        Conflict,
        CursorInUse,
        Duplicate,
        FeedRefused,
        Forbidden,
        Invalid,
        KeyReused,
        NotFound,
        ProtocolError,
        Refused,
        Retracted,
        Stale,
        TooLarge,
        Unauthorised,
        Unavailable,
        Unreachable,
        WrongField,
    )
    from ticker.client.events import Event, Item, ItemEvent, Media, Snapshot
    from ticker.client.feed import Ticker
    from ticker.client.handler import Batch, Failure, RetryLater, Skip
    from ticker.client.results import (
        BatchResult,
        Detail,
        DraftResult,
        Listing,
        Published,
        Receipts,
    )
    from ticker.client.subscriptions import Subscriptions

_MODULES = {
    "bridge": ("Bridge",),
    "connection_state": ("Retry",),
    "current_items": ("CurrentItems",),
    "cursors": (
        "CursorStore",
        "FileCursors",
    ),
    "editor": ("Editor",),
    "errors": (
        "BadAddress",
        "ClientError",
        "Conflict",
        "CursorInUse",
        "Duplicate",
        "FeedRefused",
        "Forbidden",
        "Invalid",
        "KeyReused",
        "NotFound",
        "ProtocolError",
        "Refused",
        "Retracted",
        "Stale",
        "TooLarge",
        "Unauthorised",
        "Unavailable",
        "Unreachable",
        "WrongField",
    ),
    "events": (
        "Event",
        "Item",
        "ItemEvent",
        "Media",
        "Snapshot",
    ),
    "feed": ("Ticker",),
    "handler": (
        "Batch",
        "Failure",
        "RetryLater",
        "Skip",
    ),
    "results": (
        "BatchResult",
        "Detail",
        "DraftResult",
        "Listing",
        "Published",
        "Receipts",
    ),
    "subscriptions": ("Subscriptions",),
}
_MODULE = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "BadAddress",
    "Batch",
    "BatchResult",
    "Bridge",
    "ClientError",
    "Conflict",
    "CurrentItems",
    "CursorInUse",
    "CursorStore",
    "Detail",
    "DraftResult",
    "Duplicate",
    "Editor",
    "Event",
    "Failure",
    "FeedRefused",
    "FileCursors",
    "Forbidden",
    "Invalid",
    "Item",
    "ItemEvent",
    "KeyReused",
    "Listing",
    "Media",
    "NotFound",
    "ProtocolError",
    "Published",
    "Receipts",
    "Refused",
    "Retracted",
    "Retry",
    "RetryLater",
    "Skip",
    "Snapshot",
    "Stale",
    "Subscriptions",
    "Ticker",
    "TooLarge",
    "Unauthorised",
    "Unavailable",
    "Unreachable",
    "WrongField",
]


def __getattr__(name: str) -> object:
    module = _MODULE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
