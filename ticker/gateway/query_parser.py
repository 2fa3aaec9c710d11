"""Parser of subscriptions, from a URL's query or a client's message (PROTOCOL.md §4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import parse_qsl

from ticker.domain import json_depth
from ticker.domain.cursor import Cursor
from ticker.domain.did_you_mean import guess
from ticker.domain.errors import BadFilter, BadRequest
from ticker.domain.filter import EVERYTHING, Filter
from ticker.domain.filter_query import (
    ANY,
    EXCLUSIONS,
    FACET_NAMES,
    FACETS,
    FIELDS_MAX,
    NOT,
    QUERY_MAX,
    filter_from_json,
    read_filter,
)
from ticker.domain.query_names import CURSOR_NAMES, ignored_message
from ticker.domain.taxonomy import Taxonomy
from ticker.stream.sight import PARTS_MAX, SUBSCRIPTIONS_MAX, FilterSet

BACKLOG_DEFAULT = 20
BACKLOG_MAX = 200
WHOLE = -1
"""Backlog of a client that wants all matching items: a snapshot, and pages with the rest."""
SUB = "sub."
"""Prefix of a parameter that holds one of several subscriptions: ``sub.1=edition%3Den``."""
KNOWN = (*FACETS, "after", "backlog", *EXCLUSIONS, ANY, f"{SUB}N")
"""Parameters of a subscription, as a developer is told of them."""
TYPES = ("subscribe", "unsubscribe", "token", "ping")
"""Types of a client's messages."""
FILTERS_CACHED = 4_096
SUBSCRIPTIONS_CACHED = 1_024
"""Whole queries: the clients of a storm have few filters, and most of them the same cursor."""


Backlogs: TypeAlias = tuple[int, ...]
"""The most items in a snapshot, or ``WHOLE``, for each filter."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A filter, or several with ids, the cursor to resume after, and the most items in snapshots.

    Without a cursor the subscription starts with a snapshot.
    """

    wanted: Filter | FilterSet
    after: Cursor | None = None
    backlogs: Backlogs = (BACKLOG_DEFAULT,)
    warning: str = ""
    """What the client is told about parameters that were ignored."""

    @property
    def items(self) -> int:
        """The items that a first snapshot may have; 200 stand for a whole board."""
        return sum(BACKLOG_MAX if one == WHOLE else one for one in self.backlogs)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one of several subscriptions: a filter and its backlog, or None for its end."""

    id: int
    filter: Filter | None
    backlog: int = BACKLOG_DEFAULT

    @property
    def items(self) -> int:
        """The items that a snapshot may have; 200 stand for a whole board."""
        if self.filter is None:
            return 0
        return BACKLOG_MAX if self.backlog == WHOLE else self.backlog


@dataclass(frozen=True, slots=True)
class NewToken:
    """A reader token in place of the connection's earlier one."""

    token: str = field(repr=False)


Request: TypeAlias = Subscription | Change | NewToken | None
"""What a client asks for by a message; None is a ``ping``."""


class QueryParser:
    """Parses subscriptions against one taxonomy, and caches what it has parsed."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._filters = lru_cache(FILTERS_CACHED)(self._read_filter)
        self._subscriptions = lru_cache(SUBSCRIPTIONS_CACHED)(self._read_query)

    def from_query(self, query: str, last_event_id: str | None = None) -> Subscription:
        """Return the subscription in a URL's query.

        ``last_event_id``, a header's value, overrides ``lastEventId``, and both override ``after``;
        of equal parameters the last one counts. Unknown parameters are ignored, and a cursor that
        cannot be read is ``UNREADABLE``. Raises BadRequest or BadFilter; the
        detail tells a developer what to change.
        """
        if len(query) > QUERY_MAX:
            raise BadRequest(f"the query is longer than {QUERY_MAX} characters")
        return self._subscriptions(query, last_event_id or "")

    def _read_query(self, query: str, last_event_id: str) -> Subscription:
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=FIELDS_MAX)
        except ValueError:
            raise BadFilter(f"at most {FIELDS_MAX} parameters") from None
        after, last, backlog = "", "", BACKLOG_DEFAULT
        facets, ignored = [], []
        subs: dict[int, tuple[Filter, int]] = {}
        for given, value in pairs:
            name = given.lower()
            if name in CURSOR_NAMES:
                last = value or last
            elif name == "after":
                after = value or after
            elif name == "backlog":
                backlog = _backlog(value)
            elif name.startswith(SUB):
                id = _id(name.removeprefix(SUB))
                with _naming(id):
                    subs[id] = self._read_part(value)
            elif name == ANY or name.removeprefix(NOT) in FACET_NAMES:
                facets.append((name, value))
            else:
                ignored.append(given)
        warning = ignored_message(ignored, KNOWN)
        cursor = _cursor(last_event_id or last or after)
        if subs:
            if self._filters(tuple(facets)) != EVERYTHING:
                names = ", ".join(dict.fromkeys(name for name, _ in facets))
                raise BadFilter(f"{names} beside {SUB}N: put it into each {SUB}N, URL-encoded")
            return replace(subscription_of(subs), after=cursor, warning=warning)
        return Subscription(self._filters(tuple(facets)), cursor, (backlog,), warning)

    def _read_part(self, query: str) -> tuple[Filter, int]:
        """Return filter and backlog of one of several subscriptions, a query within the query."""
        facets, backlog = [], BACKLOG_DEFAULT
        for name, value in parse_qsl(query, keep_blank_values=True):
            if name.lower() == "backlog":
                backlog = _backlog(value)
            else:
                facets.append((name, value))
        return self._filters(tuple(facets)), backlog

    def from_message(self, text: str | bytes) -> Request:
        """Return what a client's message asks for.

        Raises BadRequest or BadFilter for anything else.
        """
        try:
            message = json_depth.loads(text)
        except ValueError:
            raise BadRequest("a message must be a JSON object") from None
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "ping":
            return None
        if kind == "token":
            token = message.get("token")
            if not isinstance(token, str):
                raise BadRequest("token must be a string")
            return NewToken(token)
        if kind == "unsubscribe":
            return Change(_id(message.get("id")), None)
        if kind != "subscribe":
            likely = guess([kind], TYPES) if isinstance(kind, str) else ""
            raise BadRequest(f"unknown message{likely}; known types: {', '.join(TYPES)}")
        after = message.get("after")
        if after is not None and not isinstance(after, str):
            raise BadRequest("after must be a cursor or null")
        id = None if message.get("id") is None else _id(message["id"])
        with _naming(id):
            filter = filter_from_json(message.get("filter", {}), self._taxonomy)
            backlog = _backlog(str(message.get("backlog", BACKLOG_DEFAULT)))
        if id is None:
            return Subscription(filter, _cursor(after or ""), (backlog,))
        if after is not None:
            raise BadRequest("a subscription with an id begins at the connection's cursor")
        return Change(id, filter, backlog)

    def _read_filter(self, facets: tuple[tuple[str, str], ...]) -> Filter:
        return read_filter(facets, self._taxonomy)


def subscription_of(subs: Mapping[int, tuple[Filter, int]]) -> Subscription:
    """Return the subscription of a connection with several filters and backlogs by their ids.

    Raises BadFilter for more than ``PARTS_MAX`` filters and alternatives.
    """
    chosen = sorted(subs.items())
    wanted = FilterSet(tuple((id, filter) for id, (filter, _) in chosen))
    if wanted.parts > PARTS_MAX:
        raise BadFilter(f"at most {PARTS_MAX} filters and alternatives on one connection")
    return Subscription(wanted, None, tuple(backlog for _, (_, backlog) in chosen))


@contextmanager
def _naming(id: int | None) -> Iterator[None]:
    """Note in an error that it is about this subscription."""
    try:
        yield
    except BadRequest as error:
        error.sub = id
        raise


def _id(given: object) -> int:
    """Return the id of a subscription; text in a query, a number in a message."""
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 2:
        given = int(given)
    if type(given) is not int or not 1 <= given <= SUBSCRIPTIONS_MAX:
        raise BadRequest(f"the id of a subscription is a number from 1 to {SUBSCRIPTIONS_MAX}")
    return given


def _cursor(text: str) -> Cursor | None:
    return Cursor.read(text) if text else None


def _backlog(text: str) -> int:
    if text.lower() == "all":
        return WHOLE
    if not text.isascii() or not text.isdigit() or len(text) > 4 or int(text) > BACKLOG_MAX:
        raise BadRequest(f"backlog must be all, or a number from 0 to {BACKLOG_MAX}")
    return int(text)
