"""Sights: the parts of an event that a subscriber sees, with one filter or several.


A connection with several subscriptions gets an event once, with the ids of the subscriptions that
see it. Ids are small numbers that clients choose, so the connections of a site's pages have the
same ids, and share the bytes of a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.stream.window import visible

SUBSCRIPTIONS_MAX = 16
"""Subscriptions of one connection; their ids are 1 to this number."""
PARTS_MAX = 32
"""Filters and their alternatives of one connection: each is compared with every event that may
concern it, so an untrusted connection costs as much as so many with one filter at most."""
_HEAD = b'{"type":"item",'


class Sight(NamedTuple):
    """The subscriptions that show an event's item, and those that it leaves.

    A connection with one subscription without an id has the id 0 here.
    """

    shown: tuple[int, ...]
    left: tuple[int, ...]


SHOWN, LEFT = Sight((0,), ()), Sight((), (0,))


@dataclass(frozen=True, slots=True)
class FilterSet:
    """The filters of a connection with several subscriptions, by their ids in order."""

    filters: tuple[tuple[int, Filter], ...]

    @property
    def parts(self) -> int:
        """The number of filters and alternatives; ``PARTS_MAX`` bounds it."""
        return sum(1 + len(filter.alternatives) for _, filter in self.filters)

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the subscriptions."""
        return tuple(id for id, _ in self.filters)


def parts_of(wanted: Filter | FilterSet) -> tuple[tuple[int, Filter], ...]:
    """Return the filters by id; a single one has the id 0."""
    return wanted.filters if isinstance(wanted, FilterSet) else ((0, wanted),)


def sight_of(event: LaneEvent, wanted: Filter | FilterSet) -> Sight | None:
    """Return what a subscriber with ``wanted`` sees of ``event``, None for nothing."""
    if isinstance(wanted, Filter):
        message = visible(event, wanted)
        return None if message is None else SHOWN if message is event.message else LEFT
    shown: list[int] = []
    left: list[int] = []
    for id, filter in wanted.filters:
        message = visible(event, filter)
        if message is not None:
            (shown if message is event.message else left).append(id)
    return Sight(tuple(shown), tuple(left)) if shown or left else None


def message_of(event: LaneEvent, sight: Sight) -> bytes:
    """Return the message for everybody with the same ``sight`` of ``event``."""
    message = event.message if sight.shown else event.leave
    if 0 in sight.shown or 0 in sight.left:
        return message
    subs = sight.shown or sight.left
    left = sight.left if sight.shown else ()
    head = b'{"type":"item","subs":[%s],' % _list(subs)
    if left:
        head += b'"left":[%s],' % _list(left)
    return head + message[len(_HEAD) :]


def compact(events: Iterable[LaneEvent], wanted: Filter | FilterSet) -> list[tuple[Cursor, bytes]]:
    """Return the last message of each item for each subscription that sees it, in lane order.

    A subscriber that fell behind needs the items as they are now, not every step in between. Each
    message has what its own event says, and no more: the result may be sent in parts, and what
    follows the first part is compacted again without the events before it. So the removal of an
    item from a subscription that no later event of the item concerns stays where it is.
    """
    found: dict[StreamId, tuple[LaneEvent, Sight]] = {}
    last: dict[str, StreamId] = {}
    for event in events:
        sight = sight_of(event, wanted)
        if sight is None:
            continue
        before = last.get(event.item_id)
        if before is not None:
            earlier, seen = found[before]
            left = tuple(id for id in seen.left if id not in sight.shown and id not in sight.left)
            if left:
                found[before] = earlier, Sight((), left)
            else:
                del found[before]
        found[event.id] = event, sight
        last[event.item_id] = event.id
    return [(event.cursor, message_of(event, sight)) for event, sight in found.values()]


def _list(ids: Iterable[int]) -> bytes:
    return b",".join(b"%d" % id for id in ids)
