"""A gateway process that the test moves by hand, and readers that check every message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.gateway.hub_harness import FakeSubscriber
from ticker.config import Settings
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.event import LaneEntry
from ticker.domain.filter import Filter
from ticker.gateway.hub import Hub
from ticker.gateway.limits import Limits
from ticker.gateway.tail import Tail
from ticker.stream.lane_store import LaneStore
from ticker.stream.replay import Lane

BACKLOG = 200


class Process:
    """One gateway process: a hub and a tail that the test moves by hand."""

    def __init__(self, live: LaneStore, chosen: Settings) -> None:
        self.now = 0.0
        self.later: list[Any] = []
        self.written: Counter[StreamId] = Counter()
        """How often it has written each event to a reader, as the test has seen it.

        An event that a failover has lost is carried again, and then counted from the beginning: its
        readers have got a snapshot without it.
        """
        limits = Limits(lag_limit=1e9, ahead_wait=2.0)
        self.hub = Hub(
            Lane(chosen.replay_window),
            limits,
            lambda: self.now,
            lambda _, callback: self.later.append(callback),
        )
        self.tail = Tail(live, self.hub, chosen, lambda: self.now)
        advance = self.hub.advance

        def fan_out(entries: Iterable[LaneEntry]) -> None:
            entries = list(entries)
            for entry in entries:
                if entry.id > self.hub.lane.position:
                    self.written.pop(entry.id, None)
            advance(entries)

        self.hub.advance = fan_out  # type: ignore[method-assign]

    def settle(self) -> None:
        while self.later:
            self.later.pop(0)()

    def pass_time(self, seconds: float) -> None:
        for _ in range(int(seconds * 4)):
            self.now += 0.25
            self.hub.tick()
            self.settle()


class Reading:
    """A reader across connections: its filter, the events it has seen and its cursor."""

    def __init__(self, filter: Filter, query: str) -> None:
        self.filter = filter
        self.query = query
        self.process: Process | None = None
        self.subscriber: FakeSubscriber | None = None
        self.cursor: Cursor | None = None
        self.board: dict[str, int] = {}
        self.since: Cursor | None = None
        """Cursor after which every event is owed: the first snapshot or the last reset."""
        self.seen: list[StreamId] = []
        self.compacted = False
        self.resets: list[str] = []
        """The reasons of all resets so far."""

    def take_in(self) -> None:
        """Process what has been delivered, checking order and announcements."""
        if self.subscriber is None:
            return
        for message in self.subscriber.messages():
            kind = message["type"]
            if kind == "welcome":
                if message["reset"]:
                    assert message["mode"] == "snapshot"
                    assert message["reason"] in ("epoch", "expired", "ahead")
                    self.resets.append(message["reason"])
                elif message["mode"] == "snapshot":
                    assert self.cursor is None, "a reset that was not announced"
                continue
            if kind == "goodbye":
                assert message["reconnect"]
                continue
            cursor = Cursor.parse(message["cursor"])
            if kind == "snapshot":
                self.board = {item["id"]: item["version"] for item in message["items"]}
                self.since, self.seen, self.compacted = cursor, [], False
            elif kind == "heartbeat":
                assert self.cursor is not None
                assert cursor.epoch >= self.cursor.epoch
                if cursor.epoch == self.cursor.epoch:
                    assert cursor.id >= self.cursor.id, "a heartbeat moved the cursor back"
            else:
                assert kind == "item"
                assert self.cursor is not None
                assert cursor.epoch >= self.cursor.epoch, "an earlier epoch without a reset"
                if cursor.epoch == self.cursor.epoch:
                    assert cursor.id > self.cursor.id, "out of order, or twice"
                assert not self.seen or cursor.id > self.seen[-1], "out of order, or twice"
                self.seen.append(cursor.id)
                item = message["item"]
                if message["action"] in ("retract", "expire"):
                    assert "headline" not in item
                    self.board.pop(item["id"], None)
                else:
                    assert item["version"] >= self.board.get(item["id"], 0)
                    self.board[item["id"]] = item["version"]
            self.cursor = cursor
