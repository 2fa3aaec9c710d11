"""Why items are not out: asked once a moment, bounded, and never kept from who comes later."""

from __future__ import annotations

import asyncio

import pytest

from ticker.api.negative_cache import KEEP, KEPT_MAX, NegativeCache
from ticker.domain.errors import Gone, NotFound, Unavailable


class Store:
    """Counts the questions; ``go`` lets it answer."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.go = asyncio.Event()
        self.go.set()

    async def ask(self, id: str) -> Gone | NotFound:
        self.asked += 1
        await self.go.wait()
        if self.away:
            raise Unavailable("away")
        return Gone(f"{id} is gone")


async def test_one_question_for_all_who_ask_meanwhile_even_if_the_first_leaves() -> None:
    now, store = [0.0], Store()
    absent = NegativeCache(lambda: now[0])
    store.go.clear()
    first, *others = [asyncio.create_task(absent.why("a", store.ask)) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    store.go.set()
    found = await asyncio.gather(*others)
    assert [type(one) for one in found] == [Gone] * 4
    assert len(set(map(id, found))) == 4, "an exception that is raised twice grows"
    assert store.asked == 1
    now[0] += KEEP - 0.01
    await absent.why("a", store.ask)
    assert store.asked == 1
    now[0] += 0.01
    await absent.why("a", store.ask)
    assert store.asked == 2


async def test_a_failure_is_not_kept() -> None:
    store = Store()
    absent = NegativeCache(lambda: 0.0)
    store.away = True
    with pytest.raises(Unavailable):
        await absent.why("a", store.ask)
    store.away = False
    assert (await absent.why("a", store.ask)).detail == "a is gone"


async def test_as_many_are_kept_as_there_is_room_for() -> None:
    store = Store()
    absent = NegativeCache(lambda: 0.0)
    for number in range(KEPT_MAX + 10):
        await absent.why(str(number), store.ask)
    assert len(absent) == KEPT_MAX
    asked = store.asked
    await absent.why("0", store.ask)
    assert store.asked == asked + 1, "the oldest went"
