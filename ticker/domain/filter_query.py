"""Filters as clients write them: in the query of a request, or in a ``subscribe`` message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

from ticker.domain.did_you_mean import guess
from ticker.domain.errors import BadFilter
from ticker.domain.filter import EVERYTHING, Filter
from ticker.domain.item import Level
from ticker.domain.item_fields import STORY
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.text import bounded, folded, visible

QUERY_MAX = 4_096
"""Bytes of the query string of a reader's request; the same on every transport."""
FIELDS_MAX = 48
"""Parameters of it. Nobody parses more: 28 KB of them took 6 ms of the event loop."""
MAX_VALUES = 32
MAX_VALUE_LENGTH = 64
"""Characters of a value; story names have their own pattern."""

# The query names are singular (?section=…&section=…); JSON may use either form.
FACET_NAMES = {
    "edition": "edition",
    "editions": "edition",
    "section": "section",
    "sections": "section",
    "region": "region",
    "regions": "region",
    "tag": "tag",
    "tags": "tag",
    "story": "story",
    "stories": "story",
    "level": "level",
}


NOT = "not."
"""Prefix of a facet in a query whose values exclude an item: ``not.section=sports``."""
ANY = "any"
"""Parameter whose value is a query of its own: an item must match one of those that are given."""
ANY_MAX = 8
FACETS = ("edition", "section", "region", "tag", "story", "level")
"""The names of the facets as a query has them."""
EXCLUSIONS = tuple(NOT + name for name in FACETS if name != "level")
"""The parameters that exclude values. ``level`` is a minimum, which excludes the lower ones."""


def read_filter(values: Iterable[tuple[str, str]], taxonomy: Taxonomy) -> Filter:
    """Return the filter in query pairs; a value may hold several, separated by commas.

    Neither the case of names and values counts, nor their Unicode form. Raises BadFilter for an
    unknown facet or value, an invalid story name, more than ``MAX_VALUES`` values in all, or more
    than ``ANY_MAX`` alternatives.
    """
    return _read(values, taxonomy, [0], nested=False)


def _read(
    values: Iterable[tuple[str, str]], taxonomy: Taxonomy, count: list[int], nested: bool
) -> Filter:
    """Return a filter; ``count`` is the number of values read so far, in one list of one number."""
    own: dict[str, set[str]] = {name: set() for name in FACETS}
    excluded: dict[str, set[str]] = {name: set() for name in FACETS}
    alternatives: list[Filter] = []
    level = 0
    for name, text in values:
        plain = name.lower()
        if plain == ANY and not nested:
            pairs = parse_qsl(text, keep_blank_values=True)
            alternatives.append(_read(pairs, taxonomy, count, nested=True))
            if len(alternatives) > ANY_MAX:
                raise BadFilter(f"at most {ANY_MAX} alternatives")
            continue
        facet = FACET_NAMES.get(plain.removeprefix(NOT))
        if facet == "level" and plain.startswith(NOT):
            raise BadFilter("level cannot be excluded: it is the lowest level to include")
        if facet is None:
            given = name[:MAX_VALUE_LENGTH]
            raise BadFilter(_unknown("facet", given, FACETS))
        if facet == "level":
            text = text.strip().lower()
            if not text:
                continue  # a form sends an empty field; of other facets it is no value either
            if text not in Level.__members__:
                given = text[:MAX_VALUE_LENGTH]
                raise BadFilter(_unknown("level", given, tuple(Level.__members__)))
            level = Level[text]
            continue
        chosen = _values(facet, text, taxonomy, count)
        (excluded if plain.startswith(NOT) else own)[facet].update(chosen)
    without = _filter(excluded)
    ordered = tuple(sorted(dict.fromkeys(alternatives), key=query_pairs))
    return _filter(own, level, None if without == EVERYTHING else without, ordered)


def _filter(
    facets: Mapping[str, set[str]],
    level: int = 0,
    excluded: Filter | None = None,
    alternatives: tuple[Filter, ...] = (),
) -> Filter:
    return Filter(
        frozenset(facets["edition"]),
        frozenset(facets["section"]),
        frozenset(facets["region"]),
        frozenset(facets["tag"]),
        level,
        frozenset(facets["story"]),
        excluded,
        alternatives,
    )


def _values(facet: str, text: str, taxonomy: Taxonomy, count: list[int]) -> Iterable[str]:
    """Return the values in ``text`` as items have them, and add their number to ``count``."""
    chosen = [part for part in (piece.strip() for piece in text.split(",")) if part]
    count[0] += len(chosen)
    if count[0] > MAX_VALUES:
        raise BadFilter(f"at most {MAX_VALUES} values of {MAX_VALUE_LENGTH} characters")
    if facet == "tag":
        chosen = [_tag(value) for value in chosen]
    elif facet != "story":
        chosen = [taxonomy.name(facet, value) for value in chosen]
    if message := _wrong(facet, chosen, taxonomy):
        raise BadFilter(message)
    return map(folded, chosen) if facet in ("tag", "story") else chosen


def _unknown(what: str, given: str, known: tuple[str, ...]) -> str:
    return f"unknown {what} {given!r}{guess([given], known)}; known: {', '.join(known)}"


def _tag(value: str) -> str:
    """Return ``value`` in the form in which items have their tags."""
    try:
        return bounded(value, MAX_VALUE_LENGTH).strip()
    except ValueError as error:
        raise BadFilter(f"tag {error}") from None


def _wrong(facet: str, chosen: list[str], taxonomy: Taxonomy) -> str | None:
    """Return a message about invalid values of one facet, or None."""
    if facet == "story":
        wrong = next((value for value in chosen if STORY.fullmatch(value) is None), None)
        if wrong is None:
            return None
        given = wrong[:MAX_VALUE_LENGTH]
        return f"no story can be called {given!r}; 1 to 128 letters (A to Z), digits, . _ and -"
    if any(len(value) > MAX_VALUE_LENGTH for value in chosen):
        return f"at most {MAX_VALUES} values of {MAX_VALUE_LENGTH} characters"
    if facet == "tag":
        return None if all(map(visible, chosen)) else "a tag must have a visible character"
    return taxonomy.unknown(facet, chosen)


def query_pairs(filter: Filter) -> list[tuple[str, str]]:
    """Return the pairs of a query that ``read_filter`` reads as ``filter``."""
    pairs = _facet_pairs(filter)
    if filter.level:
        pairs.append(("level", Level(filter.level).name))
    if filter.excluded is not None:
        pairs += [(NOT + name, values) for name, values in _facet_pairs(filter.excluded)]
    alternatives = sorted(urlencode(query_pairs(one), safe=",") for one in filter.alternatives)
    return [*pairs, *((ANY, query) for query in alternatives)]


def _facet_pairs(filter: Filter) -> list[tuple[str, str]]:
    facets = (
        ("edition", filter.editions),
        ("section", filter.sections),
        ("region", filter.regions),
        ("tag", filter.tags),
        ("story", filter.stories),
    )
    return [(name, ",".join(sorted(values))) for name, values in facets if values]


def filter_from_json(data: object, taxonomy: Taxonomy) -> Filter:
    """Return the filter in a ``subscribe`` message: strings or lists of strings by facet.

    ``not`` is an object of facets, and ``any`` a list of filters.
    """
    return read_filter(_pairs(data), taxonomy)


def _pairs(data: object, prefix: str = "", nested: bool = False) -> list[tuple[str, str]]:
    """Return the filter in a JSON object as the pairs of a query."""
    if not isinstance(data, dict):
        raise BadFilter("filter must be an object")
    pairs: list[tuple[str, str]] = []
    for name, value in data.items():
        if name == "not" and not prefix:
            pairs += _pairs(value, NOT)
            continue
        if name == ANY and not prefix and not nested:
            if not isinstance(value, list):
                raise BadFilter("any must be a list of filters")
            pairs += [(ANY, urlencode(_pairs(one, nested=True))) for one in value[: ANY_MAX + 1]]
            continue
        listed = value if isinstance(value, list) else [value]
        for one in listed[: MAX_VALUES + 1]:
            if not isinstance(one, str):
                raise BadFilter(f"{name[:MAX_VALUE_LENGTH]} must be a string or a list of strings")
            pairs.append((prefix + name, one))
    return pairs
