"""Index of subscription groups by their filters, to find those that an event may concern.

Each group is indexed under the most selective facet of its filter: its stories, else its tags, else
its regions, else its sections, else its editions. A group without any of them gets every event. An
event is looked up under its own values of each facet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from ticker.domain.filter import Facets, Filter
from ticker.gateway.framing import Framing
from ticker.gateway.response_cache import ResponseCache
from ticker.gateway.subscription_group import SubscriptionGroup
from ticker.stream.sight import FilterSet, parts_of

_Values: TypeAlias = frozenset[str]
_Groups: TypeAlias = dict[str, dict[SubscriptionGroup, None]]
_NO_VALUES: _Values = frozenset()

FacetKey: TypeAlias = tuple[str, int, _Values, _Values, _Values, _Values] | None
"""An event's facets, reduced to those that some group filters by."""


class FilterIndex:
    """The subscription groups of a hub, by filter and framing, and by facet value."""

    def __init__(self, responses: ResponseCache) -> None:
        """``responses`` is shared by all groups."""
        self._responses = responses
        self._all: dict[tuple[Filter | FilterSet, Framing], SubscriptionGroup] = {}
        self._stories: Counter[str] = Counter()
        """Stories by the number of groups whose answers depend on them."""
        self._unfiltered: dict[SubscriptionGroup, None] = {}
        self._by_story: _Groups = {}
        self._by_tag: _Groups = {}
        self._by_region: _Groups = {}
        self._by_section: _Groups = {}
        self._by_edition: _Groups = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[SubscriptionGroup]:
        return iter(tuple(self._all.values()))

    def join(self, wanted: Filter | FilterSet, framing: Framing) -> SubscriptionGroup:
        """Return the group of ``wanted`` and ``framing`` with one more member."""
        group = self._all.get((wanted, framing))
        if group is None:
            group = SubscriptionGroup(wanted, framing, self._responses)
            self._all[wanted, framing] = group
            for groups, values in self._places(wanted):
                if groups is None:
                    self._unfiltered[group] = None
                else:
                    for value in values:
                        groups.setdefault(value, {})[group] = None
            self._stories.update(_stories(wanted))
        group.members += 1
        return group

    def leave(self, group: SubscriptionGroup) -> None:
        """Remove one member of ``group``; the last one removes the group."""
        group.members -= 1
        if group.members:
            return
        del self._all[group.wanted, group.framing]
        for groups, values in self._places(group.wanted):
            if groups is None:
                self._unfiltered.pop(group, None)
                continue
            for value in values:
                groups.get(value, {}).pop(group, None)
                if not groups.get(value, True):
                    del groups[value]
        for story in _stories(group.wanted):
            if self._stories[story] > 1:
                self._stories[story] -= 1
            else:
                del self._stories[story]

    def candidates(self, *facets: Facets | None) -> list[SubscriptionGroup]:
        """Return every group whose filter matches one of ``facets``, and a few that do not."""
        found: dict[SubscriptionGroup, None] = dict(self._unfiltered)
        for one in facets:
            if one is not None:
                found.update(self._by_edition.get(one.edition, ()))
                for groups, values in (
                    (self._by_section, one.sections),
                    (self._by_region, one.regions),
                    (self._by_tag, one.tags),
                    (self._by_story, one.stories),
                ):
                    if groups:
                        for value in values:
                            found.update(groups.get(value, ()))
        return list(found)

    def key(self, facets: Facets | None) -> FacetKey:
        """Return a key that is equal for facets that concern the same groups.

        A story that no group filters by is left out: stories are new all day, and a fan-out plan
        made for one event serves the next one with the same key.
        """
        if facets is None:
            return None
        stories = facets.stories
        if stories and self._stories.keys().isdisjoint(stories):
            stories = _NO_VALUES
        return facets.edition, facets.level, facets.sections, facets.regions, facets.tags, stories

    def _places(self, wanted: Filter | FilterSet) -> Iterator[tuple[_Groups | None, _Values]]:
        """Yield where a group is to be found: the groups of a facet, and the values there.

        None stands for the groups that get every event. A place may come twice.
        """
        for _, filter in parts_of(wanted):
            place = self._place(filter)
            if place[0] is not None or not filter.alternatives:
                yield place
            else:
                yield from map(self._place, filter.alternatives)

    def _place(self, filter: Filter) -> tuple[_Groups | None, _Values]:
        if filter.stories:
            return self._by_story, filter.stories
        if filter.tags:
            return self._by_tag, filter.tags
        if filter.regions:
            return self._by_region, filter.regions
        if filter.sections:
            return self._by_section, filter.sections
        if filter.editions:
            return self._by_edition, filter.editions
        return None, _NO_VALUES


def _stories(wanted: Filter | FilterSet) -> _Values:
    return _NO_VALUES.union(*(filter.all_stories() for _, filter in parts_of(wanted)))
