"""The language of searches: words, "phrases", -exclusions, beginnings*, facets and dates.

    flood -"coast guard" section:environment level:urgent from:2026-11-01 to:2026-11-28

All words and phrases must occur. Facets are those of filters; several values of one are
alternatives, and ``-section:sports`` excludes one. ``from`` and ``to`` are days, months, years or
moments, in UTC; the day of ``to`` is included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ticker.archive.words import words
from ticker.domain.clock import parse_ms, to_ms
from ticker.domain.errors import BadFilter
from ticker.domain.filter import EVERYTHING, Filter
from ticker.domain.filter_query import FACET_NAMES, read_filter
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.text import bounded

TEXT_MAX = 200
"""Characters of a query."""
TERMS_MAX = 16
"""Words, phrases, facets and dates of a query."""
BEGINNING_MIN = 2
"""Letters of a word's beginning; one letter would match nearly everything."""

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″〝〞＂", '"'))
_PART = re.compile(r'(-)?(?:([^\W\d_]+):)?(?:"([^"]*)"?|([^\s"]+))')
_DAY = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase, as ``words`` compares it. ``open_end``: its last word may go on."""

    words: tuple[str, ...]
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search. Times are milliseconds since 1970; ``until_ms`` is excluded."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    filter: Filter = EVERYTHING
    without_facets: Filter = EVERYTHING
    """Items with any of these values are excluded; ``EVERYTHING`` excludes none."""
    since_ms: int | None = None
    until_ms: int | None = None

    @property
    def selects(self) -> bool:
        """Return whether it selects anything, rather than every item."""
        return self != Query()

    def between(self, since_ms: int | None, until_ms: int | None) -> Query:
        """Return the query with these bounds where it has none of its own."""
        return replace(
            self,
            since_ms=since_ms if self.since_ms is None else self.since_ms,
            until_ms=until_ms if self.until_ms is None else self.until_ms,
        )

    def within(self, filter: Filter) -> Query:
        """Return the query with the facets of ``filter`` beside its own; its own count first."""
        own = self.filter
        return replace(
            self,
            filter=replace(
                filter,
                editions=own.editions or filter.editions,
                sections=own.sections or filter.sections,
                regions=own.regions or filter.regions,
                tags=own.tags or filter.tags,
                level=max(own.level, filter.level),
                stories=own.stories or filter.stories,
            ),
        )


def parse(text: str, taxonomy: Taxonomy) -> Query:
    """Return the query in ``text``. Raises BadFilter, whose detail says what is wrong."""
    try:
        cleaned = bounded(text, TEXT_MAX)
    except ValueError as error:
        raise BadFilter(f"the search {error}") from None
    terms: list[Term] = []
    without: list[Term] = []
    facets: list[tuple[str, str]] = []
    excluded: list[tuple[str, str]] = []
    since = until = None
    parts = _PART.findall(cleaned.translate(_QUOTES))
    if len(parts) > TERMS_MAX:
        raise BadFilter(f"a search has at most {TERMS_MAX} words, phrases and facets")
    for minus, written, phrase, word in parts:
        name = written.lower()
        value = phrase or word
        if name in FACET_NAMES:
            if minus and FACET_NAMES[name] == "level":
                raise BadFilter("a level cannot be excluded; level:NAME is a minimum")
            (excluded if minus else facets).append((name, value))
        elif name in ("from", "since") and not minus:
            since = period(name, value)[0]
        elif name in ("to", "until") and not minus:
            until = period(name, value)[1]
        else:
            term = _term(f"{written} {value}" if name else value, word.endswith("*"))
            if term is not None:
                (without if minus else terms).append(term)
    return Query(
        tuple(dict.fromkeys(terms)),
        tuple(dict.fromkeys(without)),
        read_filter(facets, taxonomy),
        read_filter(excluded, taxonomy),
        since,
        until,
    )


def period(name: str, text: str) -> tuple[int, int]:
    """Return begin and end of the year, month, day or moment in ``text``. Raises BadFilter."""
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            at = parse_ms(text)
            return at, at + 1
        year, month, day = match.groups()
        first = date(int(year), int(month or 1), int(day or 1))
        return _midnight(first), _midnight(_after(first, day=bool(day), month=bool(month)))
    except (ValueError, OverflowError):
        raise BadFilter(
            f"{name} must be a date such as 2026-11-28, 2026-11 or 2026, or a time with its offset"
        ) from None


def _after(first: date, *, day: bool, month: bool) -> date:
    """Return the day after the day, month or year that begins at ``first``."""
    try:
        if day:
            return first + timedelta(days=1)
        if month:
            return (first + timedelta(days=31)).replace(day=1)
        return first.replace(year=first.year + 1)
    except (ValueError, OverflowError):  # the calendar ends with 9999, as "no end" is often written
        return date.max


def _midnight(day: date) -> int:
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _term(text: str, open_end: bool) -> Term | None:
    found = tuple(word.text for word in words(text))
    if not found:
        return None  # punctuation alone
    if open_end and len(found[-1]) < BEGINNING_MIN:
        raise BadFilter(f"the beginning of a word has at least {BEGINNING_MIN} letters")
    return Term(found, open_end)


def facet_values(filter: Filter) -> Iterable[tuple[str, frozenset[str]]]:
    """Yield the facets that ``filter`` restricts, with their values; not the level."""
    for name, values in (
        ("edition", filter.editions),
        ("section", filter.sections),
        ("region", filter.regions),
        ("tag", filter.tags),
        ("story", filter.stories),
    ):
        if values:
            yield name, values
