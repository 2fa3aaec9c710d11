"""Parser of subscriptions, from a URL's query or a client's message (PROTOCOL.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from ticker.domain import json_depth
from ticker.domain.cursor import Cursor
from ticker.domain.did_you_mean import guess
from ticker.domain.errors import BadFilter, BadRequest
from ticker.domain.filter import FACET_NAMES, FACETS, Filter, filter_from_json, read_filter
from ticker.domain.query_names import CURSOR_NAMES, ignored_message
from ticker.domain.taxonomy import Taxonomy

BACKLOG_DEFAULT = 20
BACKLOG_MAX = 200
WHOLE = -1
"""Backlog of a client that wants all matching items: a snapshot, and pages with the rest."""
QUERY_MAX = 4_096
FIELDS_MAX = 48
KNOWN = (*FACETS, "after", "backlog")
"""Parameters of a subscription."""
TYPES = ("subscribe", "ping")
"""Types of a client's messages."""
FILTERS_CACHED = 4_096
SUBSCRIPTIONS_CACHED = 1_024
"""Whole queries: the clients of a storm have few filters, and most of them the same cursor."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A filter, the cursor to resume after, and the most items in a snapshot, or ``WHOLE``.

    Without a cursor the subscription starts with a snapshot.
    """

    filter: Filter
    after: Cursor | None = None
    backlog: int = BACKLOG_DEFAULT
    warning: str = ""
    """What the client is told about parameters that were ignored."""


class QueryParser:
    """Parses subscriptions against one taxonomy, and caches what it has parsed."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._filters = lru_cache(FILTERS_CACHED)(self._read_filter)
        self._subscriptions = lru_cache(SUBSCRIPTIONS_CACHED)(self._read_query)

    def from_query(self, query: str, last_event_id: str | None = None) -> Subscription:
        """Return the subscription in a URL's query.

        ``last_event_id``, also as a parameter, overrides ``after``. Unknown parameters are ignored,
        and a cursor that cannot be read is ``UNREADABLE``. Raises BadRequest or BadFilter; the
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
        after, backlog = "", BACKLOG_DEFAULT
        facets, ignored = [], []
        for given, value in pairs:
            name = given.lower()
            if name in CURSOR_NAMES:
                last_event_id = last_event_id or value
            elif name == "after":
                after = value or after
            elif name == "backlog":
                backlog = _backlog(value)
            elif name in FACET_NAMES:
                facets.append((name, value))
            else:
                ignored.append(given)
        warning = ignored_message(ignored, KNOWN)
        cursor = _cursor(last_event_id or after)
        return Subscription(self._filters(tuple(facets)), cursor, backlog, warning)

    def from_message(self, text: str | bytes) -> Subscription | None:
        """Return the subscription in a client's ``subscribe`` message, or None for a ``ping``.

        Raises BadRequest or BadFilter for anything else.
        """
        try:
            message = json_depth.loads(text)
        except ValueError:
            raise BadRequest("messages are JSON objects of a few levels") from None
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "ping":
            return None
        if kind != "subscribe":
            likely = guess([kind], TYPES) if isinstance(kind, str) else ""
            raise BadRequest(f"unknown message{likely}; known types: {', '.join(TYPES)}")
        after = message.get("after")
        if after is not None and not isinstance(after, str):
            raise BadRequest("after must be a cursor or null")
        return Subscription(
            filter_from_json(message.get("filter", {}), self._taxonomy),
            _cursor(after or ""),
            _backlog(str(message.get("backlog", BACKLOG_DEFAULT))),
        )

    def _read_filter(self, facets: tuple[tuple[str, str], ...]) -> Filter:
        return read_filter(facets, self._taxonomy)


def _cursor(text: str) -> Cursor | None:
    return Cursor.read(text) if text else None


def _backlog(text: str) -> int:
    if text.lower() == "all":
        return WHOLE
    if not text.isascii() or not text.isdigit() or len(text) > 4 or int(text) > BACKLOG_MAX:
        raise BadRequest(f"backlog must be all, or a number from 0 to {BACKLOG_MAX}")
    return int(text)
