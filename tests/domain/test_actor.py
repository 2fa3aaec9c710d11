"""The actor of a task, which other tasks do not see."""

from __future__ import annotations

import asyncio

from ticker.domain.actor import Actor, act_as, acting, current_actor

EVA = Actor("Eva", "chief", "k1", "192.0.2.7")


def test_an_actor_acts_until_the_block_ends() -> None:
    with acting():
        assert current_actor() is None
        act_as(EVA)
        assert current_actor() == EVA
        with acting(Actor("Ben")):
            assert current_actor() == Actor("Ben")
        assert current_actor() == EVA
    assert current_actor() is None


async def test_tasks_do_not_act_for_each_other() -> None:
    async def request(name: str) -> Actor | None:
        with acting():
            act_as(Actor(name))
            await asyncio.sleep(0)
            return current_actor()

    names = [f"editor {number}" for number in range(5)]
    found = await asyncio.gather(*(request(name) for name in names))
    assert found == [Actor(name) for name in names]
    assert current_actor() is None
