"""Changes as statements for PostgreSQL: a few for each batch, whatever its size. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from ticker.archive.changes import Change, Ended, Retracted, Shown
from ticker.archive.postgres_schema import END, RETRACT, SHOW
from ticker.archive.postgres_text import tsvector

Statement: TypeAlias = tuple[str, Sequence[list[Any]]]
"""SQL, and an array for each of its parameters."""


def statements(changes: Iterable[Change]) -> Iterator[Statement]:
    """Yield the statements that make ``changes``.

    A statement makes any number of changes of one kind, of different items. So there are at most
    three for each time that the most changed item was changed.
    """
    for several in _rounds(changes):
        if shown := [one for one in several if isinstance(one, Shown)]:
            yield SHOW, _columns(map(_row, shown))
        if ended := [one for one in several if isinstance(one, Ended)]:
            yield END, _columns((one.id, *one.at) for one in ended)
        if retracted := [one for one in several if isinstance(one, Retracted)]:
            yield RETRACT, _columns((one.id, *one.at) for one in retracted)


def _rounds(changes: Iterable[Change]) -> list[list[Change]]:
    """Return ``changes`` in lists of different items; those of one item keep their order."""
    seen: Counter[str] = Counter()
    rounds: list[list[Change]] = []
    for change in changes:
        number = seen[change.id]
        seen[change.id] += 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(change)
    return rounds


def _row(shown: Shown) -> tuple[Any, ...]:
    return (
        *(shown.id, *shown.at, shown.published_ms, shown.pinned),
        *(shown.item, tsvector(shown)),
    )


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
