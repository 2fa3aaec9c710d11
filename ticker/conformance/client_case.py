"""A recorded server for one rule of PROTOCOL.md: what it sends, and what a client must show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Message: TypeAlias = dict[str, Any]
End: TypeAlias = int | Literal["hold", "cut"]
"""A close code; or the connection stays open; or it ends without a close frame."""

DRAIN = 1012
STOP_CODES = range(4400, 4500)
"""A client that gets one stops (PROTOCOL.md §7)."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One connection: the ``after`` that the client must present, and the server's part."""

    after: str | None
    messages: Sequence[Message]
    end: End = "hold"
    subs: Sequence[str] = ()
    """In a case with several subscriptions, the names of those in the address."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Bounds in milliseconds of the waits before the connections, except the first."""

    one_at_least: int
    each_at_most: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change that a client makes when it shows an item with this headline."""

    headline: str
    action: Literal["subscribe", "unsubscribe"]
    sub: str


@dataclass(frozen=True, slots=True)
class ClientCase:
    """A rule for clients, quoted from PROTOCOL.md, and a recorded server that tests it."""

    name: str
    section: str
    quote: str
    connections: Sequence[Recorded]
    board: Sequence[Message]
    """What the client shows at the end, in display order."""
    pages: bool = False
    """Only for clients that ask for ``backlog=all``."""
    waits: Waits | None = None
    filter: Message | None = None
    """The filter that the client must ask for, as in a ``subscribe`` message; None: any."""
    subscriptions: Mapping[str, Message] | None = None
    """In a case with several subscriptions, the filter of each by a name of the case."""
    boards: Mapping[str, Sequence[Message]] | None = None
    """In such a case, what the client shows at the end in each."""
    changes: Sequence[Change] = ()
    """What such a client changes on an open WebSocket."""

    @property
    def stops(self) -> bool:
        """Whether the client must not connect again."""
        return self.connections[-1].end in STOP_CODES

    def as_json(self) -> dict[str, Any]:
        """Return the case as in the file of all cases."""
        waits = self.waits
        return {
            "name": self.name,
            "section": self.section,
            "quote": self.quote,
            "pages": self.pages,
            "stops": self.stops,
            "filter": self.filter,
            "subscriptions": self.subscriptions,
            "changes": [{"headline": one.headline, one.action: one.sub} for one in self.changes],
            "waits": waits
            and {"one_at_least_ms": waits.one_at_least, "each_at_most_ms": waits.each_at_most},
            "connections": [
                {"after": one.after, "messages": list(one.messages), "end": one.end}
                | ({"subs": list(one.subs)} if one.subs else {})
                for one in self.connections
            ],
            "board": _shown(self.board),
            "boards": self.boards and {name: _shown(board) for name, board in self.boards.items()},
        }


def _shown(board: Sequence[Message]) -> list[Message]:
    return [{name: item[name] for name in ("id", "version", "headline")} for item in board]


def item(number: int, version: int = 1, **changes: Any) -> Message:
    """Return a complete item; greater numbers are published later."""
    at = f"2026-11-28T09:{number:02d}:00.000Z"
    return {
        "id": f"item-{number:02d}",
        "version": version,
        "status": "usable",
        "level": "urgent",
        "edition": "en",
        "language": "en",
        "dir": "ltr",
        "headline": f"Ferry {number} is back in service",
        "summary": None,
        "speaker": None,
        "source": None,
        "sections": ["economy"],
        "regions": [],
        "tags": ["ferries"],
        "story": None,
        "link": None,
        "media": [],
        "verification": "confirmed",
        "published_at": at,
        "updated_at": at,
        "expires_at": None,
        "pinned": False,
        "correction": None,
    } | changes


LAST = item(99, published_at="2026-11-28T23:59:00.000Z", headline="End of the case")
"""The last event of each case that does not stop: a client that shows it has read everything."""


def removed(number: int, version: int, status: str = "canceled") -> Message:
    """Return an item without text, as in ``retract`` and ``expire``."""
    at = "2026-11-28T10:00:00.000Z"
    return {
        "id": f"item-{number:02d}",
        "version": version,
        "status": status,
        "edition": "en",
        "updated_at": at,
    }


def welcome(mode: str, cursor: str, reason: str | None = None, **more: Any) -> Message:
    """Return a welcome; a reset if it has a reason. No heartbeat is due while a case is played."""
    reset = reason is not None
    members = {"mode": mode, "reset": reset, "reason": reason, "cursor": cursor, "heartbeat": 300}
    return {"type": "welcome", **members, **more}


def snapshot(cursor: str, *items: Message, **more: Any) -> Message:
    """Return a snapshot of items in display order."""
    return {"type": "snapshot", "cursor": cursor, "items": list(items), **more}


def beginning(cursor: str, *items: Message, reason: str | None = None) -> list[Message]:
    """Return a welcome and its snapshot."""
    return [welcome("snapshot", cursor, reason), snapshot(cursor, *items)]


def event(action: str, cursor: str, item: Message, **more: Any) -> Message:
    """Return an event."""
    return {"type": "item", "cursor": cursor, "action": action, "item": item, **more}


def goodbye() -> Message:
    """Return a goodbye after which the client comes back at once."""
    return {"type": "goodbye", "reason": "drain", "reconnect": True, "delay_ms": 0}


def case(
    name: str,
    section: str,
    quote: str,
    *connections: Recorded,
    board: Sequence[Message],
    pages: bool = False,
    waits: Waits | None = None,
    filter: Message | None = None,
) -> ClientCase:
    """Return a case. Unless the client must stop, the last event is one for ``LAST``."""
    final = connections[-1]
    if final.end not in STOP_CODES:
        end = event("publish", "the-end", LAST)
        connections = (*connections[:-1], Recorded(final.after, [*final.messages, end], final.end))
        pinned = [one for one in board if one["pinned"]]
        board = [*pinned, LAST, *board[len(pinned) :]]
    return ClientCase(name, section, quote, connections, board, pages, waits, filter)


def case_of_several(
    name: str,
    section: str,
    quote: str,
    subscriptions: Mapping[str, Message],
    *connections: Recorded,
    boards: Mapping[str, Sequence[Message]],
    changes: Sequence[Change] = (),
    pages: bool = False,
) -> ClientCase:
    """Return a case for clients with several subscriptions.

    Its messages have the names of subscriptions where a server has ids. The last event is one for
    ``LAST``, in each subscription that is left.
    """
    final = connections[-1]
    end = event("publish", "the-end", LAST, subs=list(boards))
    connections = (
        *connections[:-1],
        Recorded(final.after, [*final.messages, end], final.end, final.subs),
    )
    ended = {name: [LAST, *board] for name, board in boards.items()}
    return ClientCase(
        name,
        section,
        quote,
        connections,
        (),
        pages,
        subscriptions=subscriptions,
        boards=ended,
        changes=changes,
    )


def asked(action: Literal["subscribe", "unsubscribe"], sub: str) -> Message:
    """Return the place among a connection's messages where the client's one is waited for."""
    return {"type": "expect", action: sub}
