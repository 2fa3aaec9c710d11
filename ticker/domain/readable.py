"""Readable editions: what of a newsroom a reader may read. Pure.

``None`` stands for all editions, also those that the taxonomy does not have any more. A newsroom
without protected editions uses nothing else. Otherwise only the editions of a set may be read, so
that an item of an edition that nobody has thought of is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from ticker.domain.errors import EditionNotInToken, TokenRequired
from ticker.domain.filter import Filter

Readable: TypeAlias = frozenset[str] | None

_NO_EDITION = frozenset({"(none)"})
"""Matches nothing, because no edition has such a name; a filter without editions matches all."""


def may_read(edition: str, readable: Readable) -> bool:
    """Return whether ``edition`` is readable."""
    return readable is None or edition in readable


def require(editions: Iterable[str], readable: Readable, *, with_token: bool) -> None:
    """Raise unless all ``editions`` are readable.

    Without a token the error is TokenRequired, with one that does not have them EditionNotInToken.
    """
    if readable is None:
        return
    missing = sorted(edition for edition in editions if edition not in readable)
    if missing:
        names = ", ".join(missing)
        if with_token:
            raise EditionNotInToken(f"the token does not permit this edition: {names}")
        raise TokenRequired(f"a reader token is required for this edition: {names}")


def named(filter: Filter) -> frozenset[str]:
    """Return the editions that ``filter`` asks for by name."""
    return filter.editions.union(*(one.editions for one in filter.alternatives))


def restricted(filter: Filter, readable: Readable) -> Filter:
    """Return ``filter`` without the editions that may not be read.

    A filter that names editions is returned as it is: check it with ``require`` before.
    """
    if readable is None or (filter.editions and filter.editions <= readable):
        return filter
    left = filter.editions & readable if filter.editions else readable
    no_name = filter.names_no_edition or not filter.editions
    return replace(filter, editions=left or _NO_EDITION, names_no_edition=no_name)
