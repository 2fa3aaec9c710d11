"""Finds the audiences that an event may concern without asking every one of them.

Each audience is filed under the most telling facet of its filter: its stories, else its tags, else
its regions, else its sections, else its editions, else under nothing. An event looks under its own
values of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ticker.domain.filter import Facets, Filter
from ticker.gateway.response_cache import ResponseCache
from ticker.gateway.subscription_group import Framing, SubscriptionGroup

_Drawer = dict[str, dict[SubscriptionGroup, None]]
_Values: TypeAlias = frozenset[str]
_NONE: _Values = frozenset()

Kind: TypeAlias = tuple[str, int, _Values, _Values, _Values, _Values] | None
"""Facets as far as any audience asks for them."""


class FilterIndex:
    """The audiences of a hub, by filter and framing, and by where an event finds them."""

    def __init__(self) -> None:
        self.shelf = ResponseCache()
        self._all: dict[tuple[Filter, Framing], SubscriptionGroup] = {}
        self._rest: dict[SubscriptionGroup, None] = {}
        self._stories: _Drawer = {}
        self._tags: _Drawer = {}
        self._regions: _Drawer = {}
        self._sections: _Drawer = {}
        self._editions: _Drawer = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[SubscriptionGroup]:
        return iter(tuple(self._all.values()))

    def enter(self, filter: Filter, framing: Framing) -> SubscriptionGroup:
        """Return the audience of ``filter`` and ``framing`` with one member more."""
        audience = self._all.get((filter, framing))
        if audience is None:
            audience = self._all[filter, framing] = SubscriptionGroup(filter, framing, self.shelf)
            drawer, values = self._place(filter)
            if drawer is None:
                self._rest[audience] = None
            else:
                for value in values:
                    drawer.setdefault(value, {})[audience] = None
        audience.members += 1
        return audience

    def leave(self, audience: SubscriptionGroup) -> None:
        """Take a member off ``audience``; the last one takes it out of the index."""
        audience.members -= 1
        if audience.members:
            return
        del self._all[audience.filter, audience.framing]
        drawer, values = self._place(audience.filter)
        if drawer is None:
            del self._rest[audience]
            return
        for value in values:
            del drawer[value][audience]
            if not drawer[value]:
                del drawer[value]

    def candidates(self, *facets: Facets | None) -> list[SubscriptionGroup]:
        """Return every audience whose filter matches one of ``facets``, and a few that do not."""
        found: dict[SubscriptionGroup, None] = dict(self._rest)
        for one in facets:
            if one is not None:
                found.update(self._editions.get(one.edition, ()))
                for drawer, values in (
                    (self._sections, one.sections),
                    (self._regions, one.regions),
                    (self._tags, one.tags),
                    (self._stories, one.stories),
                ):
                    if drawer:
                        for value in values:
                            found.update(drawer.get(value, ()))
        return list(found)

    def kind(self, facets: Facets | None) -> Kind:
        """Return what is the same for events that concern the same audiences.

        A story that no audience asks for is left out: a newsroom has new ones all day, and what was
        found for one event shall serve the next of its kind.
        """
        if facets is None:
            return None
        stories = facets.stories
        if stories and self._stories.keys().isdisjoint(stories):
            stories = _NONE
        return facets.edition, facets.level, facets.sections, facets.regions, facets.tags, stories

    def _place(self, filter: Filter) -> tuple[_Drawer | None, frozenset[str]]:
        if filter.stories:
            return self._stories, filter.stories
        if filter.tags:
            return self._tags, filter.tags
        if filter.regions:
            return self._regions, filter.regions
        if filter.sections:
            return self._sections, filter.sections
        if filter.editions:
            return self._editions, filter.editions
        return None, frozenset()
