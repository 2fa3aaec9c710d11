"""The query of everything that shows a choice of items: polls, feeds, and what else may come."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from ticker.api.problems import BadQuery
from ticker.api.resource import Param
from ticker.core.errors import BadFilter
from ticker.core.filter import Filter, read_filter
from ticker.core.taxonomy import Taxonomy

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
    Param(
        "level",
        "query",
        "The lowest level of interest.",
        {"type": "string", "enum": ["ticker", "urgent", "bulletin", "flash"]},
    ),
)


def read_query(request: Request) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return the facets as pairs, and the other parameters by name. ``all`` is there if true.

    Raises BadQuery for one that is too long or has a wrong ``all``.
    """
    text: bytes = request.scope["query_string"]
    if len(text) > QUERY_MAX:
        raise BadQuery("", f"the query is over {QUERY_MAX:,} bytes")
    facets: list[tuple[str, str]] = []
    other: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise BadQuery("", f"at most {FIELDS_MAX} parameters") from None
    for name, value in pairs:
        if name == "limit" or (name == "after" and value):
            other.setdefault(name, []).append(value)
        elif name == "all":
            if value not in ("true", "false"):
                raise BadQuery("all", "all must be true or false")
            if value == "true":
                other["all"] = [value]
        elif name not in (IGNORED, "after"):  # an empty cursor is none, as on every transport
            facets.append((name, value))
    return facets, other


def filter_of(pairs: list[tuple[str, str]], taxonomy: Taxonomy) -> Filter:
    """Return the filter in ``pairs``. Raises BadQuery that names the wrong parameter."""
    try:
        return read_filter(pairs, taxonomy)
    except BadFilter as error:
        for pair in pairs:
            try:
                read_filter([pair], taxonomy)
            except BadFilter as one:
                raise BadQuery(pair[0], one.detail) from None
        raise BadQuery("", error.detail) from None
