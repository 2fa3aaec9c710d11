"""The state of several subscriptions on one connection (PROTOCOL.md §6). No I/O, no clock.

All subscriptions that are *live* have everything up to the cursor. One that begins is not live
until its snapshot is there. If the connection is lost before that, the next one is opened for the
live ones, and the others are asked for again by a message: named in the address, they would begin
at the cursor without their items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlencode

from ticker.client.backoff import Backoff
from ticker.client.connection_state import (
    MAX_ITEMS,
    PERMANENT,
    Backlog,
    ConnectionState,
    Decision,
    Stop,
    Welcome,
    text,
)
from ticker.client.errors import FeedRefused
from ticker.client.events import Event, Item, ItemEvent, Snapshot
from ticker.client.filters import Filter, json_of, parts_of, query_of

MAX_SUBSCRIPTIONS = 16
MAX_PARTS = 32
"""Filters and their alternatives (PROTOCOL.md §6)."""
MAX_LENGTH = 4_000
"""Characters of all filters in an address; a server takes 4,096 with the cursor."""
BURST = 8
INTERVAL = 1.0
"""Seconds between two changes, after a burst: a server ends connections with more than 20 messages
in ten seconds."""

Events: TypeAlias = dict[str, Event]
"""What one message means for the subscriptions that it concerns, by their names."""


class _Subscription:
    __slots__ = ("backlog", "begun", "filter", "id", "live", "name", "partial")

    def __init__(self, name: str, filter: Sequence[tuple[str, str]], backlog: Backlog) -> None:
        self.name = name
        self.filter = filter
        self.backlog = backlog
        self.id = 0
        """On the current connection; 0 until the server is asked for it."""
        self.live = False
        self.begun = False
        """Whether the caller has had items of it, or a position."""
        self.partial: list[Item] | None = None

    @property
    def query(self) -> str:
        return urlencode([*self.filter, ("backlog", str(self.backlog))])


class SubscriptionsState(ConnectionState[Events]):
    """The position of all subscriptions, and the decisions about their connection."""

    def __init__(self, after: str | None, backoff: Backoff, renews: bool = False) -> None:
        """With ``after``, what is subscribed before the first connection resumes there."""
        super().__init__(after, backoff, renews)
        self._subscriptions: dict[str, _Subscription] = {}
        self._by_id: dict[int, _Subscription] = {}
        self._unsent: list[int] = []
        """Ids whose end the server has not been told."""
        self._ending: set[int] = set()
        """Ids whose end it has not confirmed: messages may still belong to the old subscription."""
        self._awaited: set[int] = set()
        """Ids of which a snapshot is still to come."""
        self._begins: set[int] = set()
        """Ids that become live together, when all snapshots are there. Until then, the cursor
        stays where it is."""
        self._interrupted: list[_Subscription] = []
        """Those of them that are at the cursor: if the reset breaks off, they go on from there."""
        self._snapshot_cursor: str | None = None
        self._connected_once = False
        self._next = 0.0
        self._refused: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the subscriptions."""
        return tuple(self._subscriptions)

    @property
    def ended(self) -> bool:
        """Whether there is no subscription."""
        return not self._subscriptions

    def subscribe(self, name: str, filter: Filter, backlog: Backlog) -> None:
        """Add a subscription. Raises ValueError for a name in use, and if there is no room."""
        if name in self._subscriptions:
            raise ValueError(f"there is a subscription {name!r} already")
        new = _Subscription(name, query_of(filter), backlog)
        new.live = new.begun = self.cursor is not None and not self._connected_once
        every = [*self._subscriptions.values(), new]
        if len(every) > MAX_SUBSCRIPTIONS:
            raise ValueError(f"a connection has at most {MAX_SUBSCRIPTIONS} subscriptions")
        if sum(parts_of(one.filter) for one in every) > MAX_PARTS:
            raise ValueError(f"a connection has at most {MAX_PARTS} filters and alternatives")
        if len(urlencode(_named(every))) > MAX_LENGTH:
            raise ValueError("the filters are too long for one connection")
        self._subscriptions[name] = new

    def unsubscribe(self, name: str) -> None:
        """End a subscription. Does nothing for a name that is not in use."""
        ended = self._subscriptions.pop(name, None)
        if ended is not None and ended.id:
            del self._by_id[ended.id]
            self._ending.add(ended.id)
            self._unsent.append(ended.id)

    def change(self, now: float) -> Mapping[str, Any] | float | None:
        """Return the next message to send, or the time when there is one, or None.

        ``now`` and that time are in seconds. A message that was returned counts as sent.
        """
        message = self._change() if self.welcomed else None
        if message is None:
            return None
        full = max(self._next, now) - (BURST - 1) * INTERVAL
        if full > now:
            return full
        self._next = max(self._next, now) + INTERVAL
        self._asked(message)
        return message

    def closed(self, code: int | None, reason: str = "") -> Decision:
        """Return the decision after the end of a connection. A refused subscription ends."""
        decision = super().closed(code, reason)
        refused, self._refused = self._refused, None
        if code in PERMANENT and refused is not None and isinstance(decision, Stop):
            error = decision.error
            assert isinstance(error, FeedRefused)
            self._subscriptions.pop(refused, None)
            return Stop(FeedRefused(error.close_code, error.code, error.detail, refused))
        return decision

    def _query(self) -> list[tuple[str, str]]:
        self._connected_once = True
        self._by_id.clear()
        self._unsent.clear()
        self._ending.clear()
        self._awaited.clear()
        self._begins.clear()
        self._refused = None
        for one in self._interrupted:
            one.live = True
        self._interrupted.clear()
        every = list(self._subscriptions.values())
        live = [one for one in every if one.live]
        named = live if self.cursor is not None and live else every
        for one in every:
            one.id = 0
            one.partial = None
        pairs = _named(named)
        for id, one in enumerate(named, 1):
            one.id = id
            self._by_id[id] = one
        return [*pairs, ("after", self.cursor)] if live and self.cursor is not None else pairs

    def _change(self) -> Mapping[str, Any] | None:
        """Return the next message about a subscription that begins or ends."""
        if self._unsent:
            return {"type": "unsubscribe", "id": self._unsent[0]}
        new = next((one for one in self._subscriptions.values() if not one.id), None)
        ids = range(1, MAX_SUBSCRIPTIONS + 1)
        id = next((id for id in ids if id not in self._by_id and id not in self._ending), None)
        if new is None or id is None:
            return None
        filter, backlog = json_of(new.filter), new.backlog
        return {"type": "subscribe", "id": id, "filter": filter, "backlog": backlog}

    def _asked(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "unsubscribe":
            del self._unsent[0]
            return
        new = next(one for one in self._subscriptions.values() if not one.id)
        new.id = message["id"]
        self._by_id[new.id] = new

    def _receive(self, message: Mapping[str, Any]) -> Events | None:
        match message["type"]:
            case "unsubscribed":
                for id in message["subs"]:
                    self._ending.discard(id)
                    self._began(id)
                return None
            case "error":
                about = self._by_id.get(message.get("sub") or 0)
                self._refused = None if about is None else about.name
            case "heartbeat" if self._begins:
                return None  # the snapshots have a cursor of their own
            case _:
                pass
        return super()._receive(message)

    def _on_welcome(self, message: Mapping[str, Any]) -> None:
        super()._on_welcome(message)
        welcome = self._required_welcome()
        begin = [self._by_id[id] for id in welcome.subs if id in self._by_id]
        if welcome.mode != "snapshot":
            for one in begin:
                one.live = one.begun = True
            return
        were_live = [one for one in begin if one.live]
        for one in begin:
            one.live = False
            one.partial = None
        expected = {one.id for one in begin if welcome.reset or one.backlog != 0}
        self._awaited |= expected | (welcome.subs & self._ending)
        if not any(one.live for one in self._subscriptions.values()):
            self._begins = set(welcome.subs)
            self._interrupted = were_live or self._interrupted
            self._snapshot_cursor = None

    def _on_snapshot(self, message: Mapping[str, Any], is_page: bool) -> Events | None:
        welcome = self._required_welcome()
        id, cursor = message["sub"], text(message["cursor"])
        one = self._by_id.get(id)
        if one is None or id not in self._awaited:
            if id in self._ending:
                if self._begins:
                    self._snapshot_cursor = cursor
                if not message.get("more"):
                    self._began(id)
                return None
            raise ValueError("a snapshot of a subscription that does not begin")
        if is_page is (one.partial is None):
            raise ValueError("a page without a snapshot, or a snapshot among its pages")
        found = [*(one.partial or ()), *(Item.read(item) for item in message["items"])]
        if message.get("more"):
            if len(found) > MAX_ITEMS:
                raise ValueError(f"a snapshot of more than {MAX_ITEMS} items")
            one.partial = found
            return None
        one.partial = None
        reset, one.begun = welcome.reset or one.begun, True
        if self._begins:
            self._snapshot_cursor = cursor
        else:
            one.live = True
            self._advance(cursor)
        self._began(id)
        return {one.name: Snapshot(tuple(found), cursor, reset, _reason(welcome))}

    def _began(self, id: int) -> None:
        """Note that no snapshot of ``id`` is to come. After the last one, all are live."""
        self._awaited.discard(id)
        if self._awaited or not self._begins:
            return
        for one in self._by_id.values():
            if one.id in self._begins:
                one.live = one.begun = True
        self._begins.clear()
        self._interrupted.clear()
        if self._snapshot_cursor is not None:
            self._move(self._snapshot_cursor)

    def _on_item(self, message: Mapping[str, Any]) -> Events | None:
        self._required_welcome()
        if self._begins:
            raise ValueError("an item before the snapshot")
        cursor, data = text(message["cursor"]), message["item"]
        shown = ItemEvent(str(message["action"]), Item.read(data), cursor)
        hidden = ItemEvent("expire", _without_text(shown.item), cursor)
        if not self._advance(cursor):
            return None
        events: Events = {}
        for ids, event in ((message.get("left") or (), hidden), (message["subs"], shown)):
            for id in ids:
                one = self._by_id.get(id)
                if one is not None and one.live:
                    events[one.name] = event
        return events or None


def _named(every: Sequence[_Subscription]) -> list[tuple[str, str]]:
    """Return the parameters that name subscriptions in an address, with ids from 1."""
    return [(f"sub.{id}", one.query) for id, one in enumerate(every, 1)]


def _reason(welcome: Welcome) -> str | None:
    return welcome.reason if welcome.reset else None


def _without_text(item: Item) -> Item:
    members = ("id", "version", "status", "edition", "updated_at")
    return Item.read({name: item.json[name] for name in members})
