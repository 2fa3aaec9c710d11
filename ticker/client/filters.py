"""Filters of a feed, as a query and as JSON (PROTOCOL.md §4 and §6). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict
from urllib.parse import parse_qsl, urlencode

OneOrMany = str | Iterable[str]
Pairs: TypeAlias = Sequence[tuple[str, str]]
"""The parameters of a query."""

FACETS = ("edition", "section", "region", "tag", "story")
NOT = "not."
ANY = "any"


class Facets(TypedDict, total=False):
    """A value or several of each facet."""

    edition: OneOrMany
    section: OneOrMany
    region: OneOrMany
    tag: OneOrMany
    story: OneOrMany


class Alternative(Facets, total=False):
    """Facets are combined with AND, values of one facet with OR.

    ``level`` is the lowest level. An item that has one of the values in ``exclude`` does not match.
    """

    level: str | None
    exclude: Facets | None


class Filter(Alternative, total=False):
    """An alternative; an item must also match one of ``any``, if there are some."""

    any: Iterable[Alternative]


def query_of(filter: Filter) -> list[tuple[str, str]]:
    """Return the parameters of a query. Raises ValueError for a name that is unknown there."""
    alternatives = _alternatives(filter)
    pairs = _own(filter, ("level", "exclude", ANY))
    return [*pairs, *((ANY, urlencode(_own(one, ("level", "exclude")))) for one in alternatives)]


def keywords(filter: Filter) -> Filter:
    """Return the filter that a function got as its keywords (``**filter: Unpack[Filter]``).

    It has tuples, so that it can be used more than once. Raises TypeError for another keyword, as
    Python does for a function that names its own.
    """
    for name in filter:
        if name not in Filter.__annotations__:
            raise TypeError(f"got an unexpected keyword argument {name!r}")
    copied = _fixed(filter)
    copied[ANY] = tuple(_fixed(one) for one in _alternatives(filter))
    return copied  # type: ignore[return-value]  # of the same names


def json_of(query: Pairs) -> dict[str, Any]:
    """Return the ``filter`` of a ``subscribe`` message with the same parameters."""
    found: dict[str, Any] = {}
    for name, value in query:
        if name == ANY:
            found.setdefault(ANY, []).append(json_of(parse_qsl(value)))
        elif name.startswith(NOT):
            excluded = found.setdefault("not", {})
            excluded.setdefault(name.removeprefix(NOT), []).append(value)
        elif name == "level":
            found[name] = value
        else:
            found.setdefault(name, []).append(value)
    return found


def parts_of(query: Pairs) -> int:
    """Return the number of filters in a query: one, and its alternatives."""
    return 1 + sum(name == ANY for name, _ in query)


def _alternatives(filter: Filter) -> Iterable[Alternative]:
    alternatives = filter.get("any", ())
    if isinstance(alternatives, Mapping | str):
        raise ValueError("any is a list of filters")
    return alternatives


def _fixed(filter: Mapping[str, Any]) -> dict[str, Any]:
    copied = dict(filter)
    for name in FACETS:
        if name in copied and not isinstance(copied[name], str):
            copied[name] = tuple(copied[name])
    if excluded := copied.get("exclude"):
        copied["exclude"] = _fixed(excluded)
    return copied


def _own(filter: Mapping[str, Any], more: Sequence[str]) -> list[tuple[str, str]]:
    """Return the parameters without those of alternatives."""
    pairs = _facets(filter, more)
    if level := filter.get("level"):
        pairs.append(("level", level))
    excluded = _facets(filter.get("exclude") or {}, ())
    return [*pairs, *((NOT + name, value) for name, value in excluded)]


def _facets(filter: Mapping[str, Any], more: Sequence[str]) -> list[tuple[str, str]]:
    # A misspelt name would show too much.
    for name in filter:
        if name not in FACETS and name not in more:
            known = ", ".join((*FACETS, *more))
            raise ValueError(f"unknown name {name!r} in a filter; known here: {known}")
    chosen = ((name, filter[name]) for name in FACETS if name in filter)
    return [
        (name, value)
        for name, values in chosen
        for value in ([values] if isinstance(values, str) else values)
    ]
