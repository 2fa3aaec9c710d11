"""Query strings: parameters, filters and limits. A reader's unknown parameters are ignored."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl

from starlette.requests import Request

from ticker.api.problem_documents import BadQuery
from ticker.api.request_rights import require_filter
from ticker.api.routing import Param
from ticker.domain.did_you_mean import guess
from ticker.domain.errors import BadFilter
from ticker.domain.filter import Filter
from ticker.domain.filter_query import (
    ANY,
    FACET_NAMES,
    FACETS,
    FIELDS_MAX,
    MAX_VALUE_LENGTH,
    NOT,
    QUERY_MAX,
    read_filter,
)
from ticker.domain.taxonomy import Taxonomy

FILTER_PARAMS = (
    Param("edition", "query", "Editions, repeated or comma-separated. Default: all.", many=True),
    Param("section", "query", "Sections; an item must have one of them.", many=True),
    Param("region", "query", "Regions; an item must have one of them.", many=True),
    Param("tag", "query", "Tags; an item must have one of them.", many=True),
    Param("story", "query", "Stories; an item must belong to one of them.", many=True),
    Param(
        "level",
        "query",
        "The minimum level.",
        {"type": "string", "enum": ["ticker", "urgent", "bulletin", "flash"]},
    ),
)


def query_of(
    request: Request, own: Collection[str] = ()
) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return the values of the parameters in ``own``, and before them the others as pairs.

    Raises BadQuery over ``QUERY_MAX`` bytes or ``FIELDS_MAX`` parameters.
    """
    text: bytes = request.scope["query_string"]
    if len(text) > QUERY_MAX:
        raise BadQuery("", f"the query string is longer than {QUERY_MAX:,} bytes")
    try:
        pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise BadQuery("", f"the query string has more than {FIELDS_MAX} parameters") from None
    others: list[tuple[str, str]] = []
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name.lower() in own:
            found.setdefault(name.lower(), []).append(value)
        else:
            others.append((name, value))
    return others, found


def filter_of(
    pairs: list[tuple[str, str]],
    taxonomy: Taxonomy,
    allowed: Collection[str] | None = None,
    refuse_unknown: Collection[str] | None = None,
) -> Filter:
    """Return the filter in ``pairs``; ``allowed`` limits the facets, None allows all.

    Other parameters are ignored. With ``refuse_unknown``, the address' own parameters, they are
    refused. Raises BadQuery that names the wrong parameter, and Unauthorised or Forbidden if the
    request may not read an edition that the filter names.
    """
    facets = {*FACET_NAMES, *(NOT + name for name in FACET_NAMES), ANY}
    if allowed is not None:
        facets = set(allowed)
    if refuse_unknown is not None:
        for name, _ in pairs:
            if name.lower() not in facets:
                known = (*(FACETS if allowed is None else allowed), *refuse_unknown)
                given = name[:MAX_VALUE_LENGTH]
                names = f"; known: {', '.join(known)}"
                raise BadQuery(name, f"unknown parameter {given!r}{guess([given], known)}{names}")
    pairs = [pair for pair in pairs if pair[0].lower() in facets]
    try:
        filter = read_filter(pairs, taxonomy)
        require_filter(filter)
        return filter
    except BadFilter as error:
        for pair in pairs:
            try:
                read_filter([pair], taxonomy)
            except BadFilter as one:
                raise BadQuery(pair[0], one.detail) from None
        raise BadQuery("", error.detail) from None


def limit_of(values: list[str], default: int, most: int, name: str = "limit") -> int:
    """Return the number in ``values`` of the parameter ``name``, ``default`` without a value.

    Raises BadQuery unless it is one number from 1 to ``most``.
    """
    if not values:
        return default
    text = values[0]
    if len(values) > 1 or not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise BadQuery(name, f"{name} must be one number from 1 to {most}")
    number = int(text)
    if not 1 <= number <= most:
        raise BadQuery(name, f"{name} must be from 1 to {most}")
    return number
