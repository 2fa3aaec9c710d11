"""One client under one case: which connection comes next, and what the client did wrong. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ticker.conformance.client_case import ClientCase, Message, Recorded
from ticker.domain.errors import BadFilter
from ticker.domain.filter import Filter
from ticker.domain.filter_query import filter_from_json, read_filter
from ticker.domain.taxonomy import Taxonomy

Pairs: TypeAlias = Sequence[tuple[str, str]]
"""The filter in a query."""
Subs: TypeAlias = Mapping[int, Pairs]
"""The filters in an address by their ids; 0 for one without an id."""
TAXONOMY = Taxonomy()

CURSORS = ("last-event-id", "lastEventId", "after")
"""Where a client may present its cursor (PROTOCOL.md §4 and §9); the first one counts."""
MAX_WRONG = 20
"""Mistakes that are kept: a client in a loop would make more and more."""


class ClientRun:
    """Times are in seconds and never go back."""

    def __init__(self, case: ClientCase) -> None:
        self.case = case
        self.connections = 0
        self.played = False
        """Whether all messages of the last connection were sent."""
        self.wrong: list[str] = []
        self.ids: dict[str, int] = {}
        """The client's ids of the case's subscriptions, by name."""
        self._ended: float | None = None
        self._waits: list[float] = []

    def connect(self, presented: Mapping[str, str], now: float) -> Recorded | None:
        """Return the next connection, or None for one too many."""
        number, self.connections = self.connections, self.connections + 1
        if number >= len(self.case.connections):
            self._is_wrong("the client connects again after the last connection of the case")
            return None
        recorded = self.case.connections[number]
        after = next((presented[name] for name in CURSORS if name in presented), None)
        if after != recorded.after:
            self._is_wrong(
                f"connection {number + 1}: the cursor is {after!r} instead of {recorded.after!r}"
            )
        if self.case.pages and presented.get("backlog") != "all":
            self._is_wrong("this case is for clients that ask for backlog=all")
        if number:
            if self._ended is None:
                self._is_wrong(f"connection {number + 1} before the end of the one before it")
            else:
                self._waits.append(now - self._ended)
        self._ended = None
        return recorded

    def ask(self, subs: Subs, recorded: Recorded) -> None:
        """Judge the filters in the address of a connection: one without an id, or several."""
        case = self.case
        if case.subscriptions is not None:
            self.ids = {name: id for id, query in subs.items() if (name := self._named(query))}
            if set(self.ids) != set(recorded.subs) or len(subs) != len(recorded.subs):
                wanted, found = sorted(recorded.subs), sorted(self.ids)
                self._is_wrong(f"the address names {found} of {len(subs)} instead of {wanted}")
        elif case.filter is not None and len(subs) == 1:
            (query,) = subs.values()
            if _parsed(query) != filter_from_json(case.filter, TAXONOMY):
                self._is_wrong(f"the filter is {query} instead of {case.filter}")

    def told(self, message: Message, expected: Message) -> bool:
        """Return whether a client's message is the expected one, and note the id that it has."""
        action = str(message.get("type"))
        name, id = expected.get(action), message.get("id")
        if not isinstance(name, str) or not isinstance(id, int):
            return False
        if action == "unsubscribe":
            return self.ids.get(name) == id
        assert self.case.subscriptions is not None
        if not _same(message.get("filter"), self.case.subscriptions[name]):
            self._is_wrong(f"the filter of {name} is {message.get('filter')}")
            return False
        self.ids[name] = id
        return True

    def _named(self, query: Pairs) -> str | None:
        """Return the name of the case's subscription with this filter."""
        wanted = self.case.subscriptions or {}
        parsed = _parsed(query)
        same = (name for name, one in wanted.items() if filter_from_json(one, TAXONOMY) == parsed)
        return next(same, None)

    def sent(self) -> None:
        """Note that all messages of the current connection were sent."""
        if self.connections == len(self.case.connections):
            self.played = True
            if self.case.waits is not None:
                self._judge_waits(self.case.waits.one_at_least, self.case.waits.each_at_most)

    def ended(self, now: float) -> None:
        """Note the end of the current connection."""
        self._ended = now

    def report(self) -> dict[str, Any]:
        """Return whether the case was played to its end, and the mistakes."""
        return {"case": self.case.name, "played": self.played, "wrong": self.wrong}

    def _judge_waits(self, one_at_least: int, each_at_most: int) -> None:
        waits = [round(wait * 1000) for wait in self._waits]
        if max(waits, default=0) < one_at_least:
            self._is_wrong(f"the waits are {waits} ms: none of {one_at_least} ms or more")
        if max(waits, default=0) > each_at_most:
            self._is_wrong(f"the waits are {waits} ms: one of more than {each_at_most} ms")

    def _is_wrong(self, text: str) -> None:
        if len(self.wrong) < MAX_WRONG:
            self.wrong.append(text)


def _parsed(query: Pairs) -> Filter | None:
    try:
        return read_filter(query, TAXONOMY)
    except BadFilter:
        return None


def _same(filter: object, wanted: Message) -> bool:
    try:
        return filter_from_json(filter, TAXONOMY) == filter_from_json(wanted, TAXONOMY)
    except BadFilter:
        return False


def named(message: Message, ids: Mapping[str, int]) -> Message:
    """Return the message of a case with several subscriptions with the client's ids."""
    changed = dict(message)
    for member in ("subs", "left"):
        if member in message:
            changed[member] = sorted(ids[name] for name in message[member] if name in ids)
    if "sub" in message:
        changed["sub"] = ids.get(message["sub"], 0)
    return changed


def addressed(message: Message, sub: int | None) -> Message:
    """Return the message for a client that has named its only subscription (PROTOCOL.md §6)."""
    if sub is None:
        return message
    match message["type"]:
        case "welcome" | "item":
            return message | {"subs": [sub]}
        case "snapshot" | "page":
            return message | {"sub": sub}
        case _:
            return message
