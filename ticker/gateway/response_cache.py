"""Cache of framed snapshots and replays, shared by equal requests until the next event.

One bound serves the whole process. With a bound for each subscription group, clients that invent
filters in pairs and ask for snapshots of many lengths could fill the memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from ticker.domain.cursor import StreamId
from ticker.stream.current_items import Place

CAPACITY = 32 * 1_048_576
"""Bytes: enough for the snapshots of a hundred groups; a storm asks for far fewer."""
OVERHEAD = 512
"""Approximate bytes that an entry costs besides its data."""
_FOUND = 16
"""Bytes for each id in ``Rest.found``, in the entry's key and in its value."""
_EVENT = 8
"""Bytes for each of ``Response.events``: a reference to the id in the window."""


class Rest(NamedTuple):
    """Items that are still to be sent: of which filters, each with its backlog, and from where.

    ``below`` is the place in the display order below which the first filter's items follow.
    ``begun`` says that its snapshot was sent and pages follow. ``found`` are the ids of items for
    its next message, of which the rest is still to be looked for.
    """

    waiting: tuple[tuple[int, int], ...]
    below: Place | None = None
    begun: bool = False
    found: tuple[str, ...] = ()


class Response(NamedTuple):
    """Bytes for a subscriber that is not live, and how far they bring it."""

    data: bytes
    """Framed messages."""
    position: StreamId
    """The position in the lane that the subscriber has reached with them."""
    rest: Rest | None = None
    """What is still to be sent of a snapshot."""
    events: tuple[StreamId, ...] = ()
    """The events of a replay that are in ``data``."""


class ResponseCache:
    """Least-recently-used cache. It is emptied when the lane's generation changes.

    Emptying it keeps retracted text from being served again.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.size = 0
        self._capacity = capacity
        self._generation: object = None
        self._responses: OrderedDict[Hashable, Response] = OrderedDict()

    def __len__(self) -> int:
        return len(self._responses)

    def get(self, generation: object, key: Hashable) -> Response | None:
        """Return the response kept under ``key`` in the same ``generation``, or None."""
        if generation is not self._generation:
            self._generation = generation
            self._responses.clear()
            self.size = 0
        response = self._responses.get(key)
        if response is not None:
            self._responses.move_to_end(key)
        return response

    def put(self, key: Hashable, response: Response) -> None:
        """Keep ``response`` under ``key``, for which ``get`` has just returned None."""
        self._responses[key] = response
        self.size += _size(response)
        while self.size > self._capacity:
            _, oldest = self._responses.popitem(last=False)
            self.size -= _size(oldest)


def _size(response: Response) -> int:
    found = 0 if response.rest is None else _FOUND * len(response.rest.found)
    return len(response.data) + OVERHEAD + found + _EVENT * len(response.events)
