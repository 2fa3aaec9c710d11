"""Draw cards in a thread, each once, and keep the newest in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ticker.api.miss_budget import charge_miss
from ticker.domain.errors import Unavailable
from ticker.site.cards.drawing import Card, draw
from ticker.stream.replay import Lane

CARDS_MAX = 512
BYTES_MAX = 16 * 1_048_576
WAITING_MAX = 32
"""Cards that wait to be drawn, of about 15 ms each. A request for one more gets 503."""

Key = tuple[str, int, bool]
"""Id and version of an item, and whether its card has the label of its level."""


class CardRenderer:
    """Cards by item and version. A newer version or a retraction removes them from memory."""

    def __init__(self, draw: Callable[[Card], bytes] = draw) -> None:
        self._draw = draw
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cards")
        self._cards: OrderedDict[Key, bytes] = OrderedDict()
        self._size = 0
        self._drawing: dict[Key, asyncio.Task[bytes]] = {}
        self._generation: object = None

    def __len__(self) -> int:
        return len(self._cards)

    @property
    def size(self) -> int:
        """Return the total size of the kept cards in bytes."""
        return self._size

    async def png(self, lane: Lane, key: Key, card: Card) -> bytes:
        """Return the card of a live item.

        Drawing it is charged to the client of the request: raises TooMany, or Unavailable if too
        many cards wait.
        """
        self._follow(lane)
        found = self._cards.get(key)
        if found is not None:
            self._cards.move_to_end(key)
            return found
        task = self._drawing.get(key)
        if task is None:
            charge_miss("cards")
            if len(self._drawing) >= WAITING_MAX:
                raise Unavailable("too many pictures are being drawn; try again")
            task = asyncio.create_task(self._make(key, card))
            self._drawing[key] = task
            task.add_done_callback(lambda _: self._drawing.pop(key, None))
        # Others may wait for it: a client that leaves does not cancel it.
        png = await asyncio.shield(task)
        if _current(lane, key):
            self._keep(key, png)
        return png

    async def _make(self, key: Key, card: Card) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._draw, card)

    def _follow(self, lane: Lane) -> None:
        """Forget the cards of items that changed or left, once after each event."""
        if lane.generation is self._generation:
            return
        self._generation = lane.generation
        for key in [key for key in self._cards if not _current(lane, key)]:
            self._size -= len(self._cards.pop(key))

    def _keep(self, key: Key, png: bytes) -> None:
        self._size += len(png) - len(self._cards.pop(key, b""))
        self._cards[key] = png
        while self._size > BYTES_MAX or len(self._cards) > CARDS_MAX:
            _, oldest = self._cards.popitem(last=False)
            self._size -= len(oldest)


def _current(lane: Lane, key: Key) -> bool:
    event = lane.current_items.get(key[0])
    return event is not None and event.version == key[1]
