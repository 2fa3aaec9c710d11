"""What readers' handlers share: the query, the lane once it is there, an item or why it is not."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import parse_qsl

from starlette.requests import Request

from ticker.api.problems import BadQuery
from ticker.api.resource import Param
from ticker.api.services import Services
from ticker.domain.errors import BadFilter, Gone, NotFound, Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter, read_filter
from ticker.domain.item import Item
from ticker.domain.taxonomy import Taxonomy
from ticker.stream.replay import Lane

QUERY_MAX = 4_096
FIELDS_MAX = 48
"""Bytes and parameters of a query; the same on every transport."""
IGNORED = "_"
"""The one parameter that is not looked at: scripts add it to get around browser caches. Any other
unknown one is refused, because a misspelt filter would show too much."""

FILTER_PARAMS = (
    Param("edition", "query", "Editions; repeated or separated by commas. None: all.", many=True),
    Param("section", "query", "Sections, one of which an item must have.", many=True),
    Param("region", "query", "Regions, one of which an item must have.", many=True),
    Param("tag", "query", "Tags, one of which an item must have.", many=True),
    Param("story", "query", "Stories, one of which an item must be of.", many=True),
    Param(
        "level",
        "query",
        "The lowest level of interest.",
        {"type": "string", "enum": ["ticker", "urgent", "bulletin", "flash"]},
    ),
)

ITEM_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
UNKNOWN = "no item has this id"
"""Said of what never existed and of what is under embargo, so that nobody can tell them apart."""


class View:
    """This process's view of what is out."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def lane(self) -> Lane:
        """Return the lane. Raises Unavailable as long as it has not been read."""
        reader = self._services.reader
        if not reader.ready:
            raise Unavailable("the server is starting and has not read the lane yet")
        return reader.lane

    async def item(self, id: str) -> LaneEvent:
        """Return the item that is out under ``id``.

        What is not out costs the store a look, once a second however many ask.

        Raises Gone for what was retracted, NotFound for all else, Unavailable.
        """
        lane = self.lane()
        if ITEM_ID.fullmatch(id) is None:
            raise NotFound(UNKNOWN)
        event = lane.current_items.get(id)
        if event is None:
            raise await self._services.absent.why(id, self._why)
        return event

    async def _why(self, id: str) -> Gone | NotFound:
        try:
            return _absent(await self._services.items.get(id))
        except NotFound:
            return NotFound(UNKNOWN)


def query_of(
    request: Request, own: Collection[str] = ()
) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return the query as pairs, and apart from them the values of the parameters in ``own``.

    Raises BadQuery over ``QUERY_MAX`` bytes or ``FIELDS_MAX`` parameters.
    """
    text: bytes = request.scope["query_string"]
    if len(text) > QUERY_MAX:
        raise BadQuery("", f"the query is over {QUERY_MAX:,} bytes")
    try:
        pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise BadQuery("", f"at most {FIELDS_MAX} parameters") from None
    others: list[tuple[str, str]] = []
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in own:
            found.setdefault(name, []).append(value)
        elif name != IGNORED:
            others.append((name, value))
    return others, found


def filter_of(
    pairs: list[tuple[str, str]], taxonomy: Taxonomy, allowed: Collection[str] | None = None
) -> Filter:
    """Return the filter in ``pairs``; ``allowed`` names the facets that make sense here.

    Raises BadQuery that names the wrong parameter.
    """
    for name, _ in pairs:
        if allowed is not None and name not in allowed:
            raise BadQuery(name, f"unknown parameter {name!r}")
    try:
        return read_filter(pairs, taxonomy)
    except BadFilter as error:
        for pair in pairs:
            try:
                read_filter([pair], taxonomy)
            except BadFilter as one:
                raise BadQuery(pair[0], one.detail) from None
        raise BadQuery("", error.detail) from None


def _absent(item: Item) -> Gone | NotFound:
    """Return what a reader is told of an item that is not out; nothing if it was never out."""
    if item.test or item.embargo_until is not None:
        return NotFound(UNKNOWN)
    if item.state == "retracted":
        return Gone("the item was retracted")
    if item.state == "expired":
        return NotFound("the item has expired")
    return NotFound(UNKNOWN)  # committed, and the relay is a few milliseconds behind
