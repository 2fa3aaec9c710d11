"""A step: one committed change of an item, and what every kind of step is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ticker.domain.clock import rfc3339
from ticker.domain.errors import Conflict
from ticker.domain.event import Action, WireEvent
from ticker.domain.filter import Facets
from ticker.domain.item import Item
from ticker.domain.messages import Message, said
from ticker.publishing.private_version import PrivateVersion

VERSIONS_MAX = 10_000
"""Versions of one item. A retraction must find and delete all of them in the lane."""
TAKEN_DOWN = "a picture was taken down"
"""The note of the version without it."""

Permit: TypeAlias = Callable[[Item | None, Item], None]
"""Raises Forbidden unless an editor may turn the first item (None: a new one) into the second."""


@dataclass(frozen=True, slots=True)
class Step:
    """One committed change: the item's next version, and its event if it is public.

    ``private`` is the version for the history of an item that readers must not know: each step has
    one of the two, so that no version is without its place in the history.
    """

    item: Item
    event: WireEvent | None
    private: PrivateVersion | None = None


def anything(before: Item | None, after: Item) -> None:
    """Permit every change: of workers, and of whoever was checked before."""


def check_versions(item: Item) -> None:
    """Raise Conflict if the item has all the versions that it may have."""
    if item.version >= VERSIONS_MAX:
        raise Conflict(said("too-many-versions", most=VERSIONS_MAX))


def refused(code: str, item: Item, **more: str) -> Message:
    """Return the message of a Conflict that names the item's state."""
    named = {"draft": "a draft", "test": "a test item"}.get(item.state, item.state)
    return said(code, named=named, state=item.state, **more)


def next_version(item: Item, now_ms: int, **changes: Any) -> Item:
    """Return the item's next version, with ``changes``."""
    version = {"version": item.version + 1, "updated_at": rfc3339(now_ms)}
    return item.model_copy(update=version | changes)


def reach(item: Item) -> Facets:
    """Return where the item is, and where its earlier versions were."""
    facets = Facets.of(item)
    return facets if item.reach is None else facets.union(Facets.from_json(item.reach))


def event(
    action: Action,
    item: Item,
    at: str,
    by: str,
    note: str | None = None,
    was: Facets | None = None,
    *,
    may_alert: bool = True,
) -> WireEvent:
    """Return the event that announces ``item``; ``was``: where it was, if it is elsewhere now."""
    return WireEvent(action, item, at, by, note, was, may_alert)
