"""Searches in turns: what one turn does, and what happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from ticker.api.search_turns import TURNS_BETWEEN, Search, SearchTurns
from ticker.domain.errors import Unavailable


class Turns:
    """Counts turns of the event loop."""

    def __init__(self) -> None:
        self.number = 0
        self._task = asyncio.create_task(self._count())

    async def _count(self) -> None:
        while True:
            self.number += 1
            await asyncio.sleep(0)

    def stop(self) -> None:
        self._task.cancel()


@pytest.fixture
async def turns() -> AsyncIterator[Turns]:
    counted = Turns()
    yield counted
    counted.stop()


def steps(number: int, at: list[int], turns: Turns) -> Search[int]:
    """A search that notes the turn of each of its steps."""
    for _ in range(number - 1):
        at.append(turns.number)
        yield
    at.append(turns.number)
    return number


async def test_a_search_of_one_step_takes_no_turn(turns: Turns) -> None:
    at: list[int] = []
    searches = SearchTurns[int]()
    assert await searches.run("a", steps(1, at, turns)) == 1
    assert (at, len(searches)) == ([turns.number], 0)


async def test_searches_take_their_steps_one_after_the_other(turns: Turns) -> None:
    searches = SearchTurns[int]()
    first: list[int] = []
    second: list[int] = []
    await asyncio.sleep(0)
    found = await asyncio.gather(
        searches.run("a", steps(5, first, turns)), searches.run("b", steps(4, second, turns))
    )
    assert list(found) == [5, 4]
    assert second[1] > first[-1]
    later = first[1:] + second[1:]
    gaps = [after - before for before, after in pairwise(later)]
    assert min(gaps) >= TURNS_BETWEEN - 1
    assert len(searches) == 0


async def test_equal_searches_are_one_and_a_cancelled_caller_does_not_end_it(turns: Turns) -> None:
    searches = SearchTurns[int]()
    at: list[int] = []
    gone = asyncio.create_task(searches.run("a", steps(3, at, turns)))
    stays = asyncio.create_task(searches.run("a", steps(3, at, turns)))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 3
    assert len(at) == 3


async def test_too_many_searches_are_refused(turns: Turns) -> None:
    searches = SearchTurns[int](waiting_max=2)
    at: list[int] = []
    running = [asyncio.create_task(searches.run(key, steps(3, at, turns))) for key in "ab"]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await searches.run("c", steps(3, at, turns))
    assert await searches.run("d", steps(1, at, turns)) == 1, "no turn is needed"
    assert list(await asyncio.gather(*running)) == [3, 3]
    assert await searches.run("c", steps(3, at, turns)) == 3


async def test_an_exception_of_the_search_reaches_every_caller() -> None:
    def failing() -> Search[int]:
        yield
        raise Unavailable("too late", 1)

    searches = SearchTurns[int]()
    results = await asyncio.gather(
        searches.run("a", failing()), searches.run("a", failing()), return_exceptions=True
    )
    assert [type(one) for one in results] == [Unavailable, Unavailable]
    assert len(searches) == 0
