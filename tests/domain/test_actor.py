"""The actor of a task, which other tasks do not see."""

from __future__ import annotations

import asyncio

from ticker.api.request_scope import RequestScope
from ticker.domain.actor import Actor, act_as, current_actor
from ticker.domain.request_context import RequestContext


async def test_tasks_do_not_act_for_each_other() -> None:
    async def request(name: str) -> Actor | None:
        with RequestScope(RequestContext(1, name), None, "192.0.2.1"):
            act_as(Actor(name))
            await asyncio.sleep(0)
            return current_actor()

    names = [f"editor {number}" for number in range(5)]
    found = await asyncio.gather(*(request(name) for name in names))
    assert found == [Actor(name) for name in names]
    assert current_actor() is None
