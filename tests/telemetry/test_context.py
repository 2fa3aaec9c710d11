"""The request context of a task."""

from __future__ import annotations

import asyncio

from ticker.domain.request_context import ID, RequestContext
from ticker.telemetry.context import current, new_id, request_context


async def test_each_task_has_its_own() -> None:
    async def read() -> RequestContext | None:
        await asyncio.sleep(0)
        return current()

    one, two = RequestContext(1, "one"), RequestContext(2, "two")
    with request_context(one):
        first = asyncio.create_task(read())
        with request_context(two):
            second = asyncio.create_task(read())
        assert current() == one
    assert current() is None
    assert (await first, await second) == (one, two)


def test_ids_are_plain_and_new() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(ID.fullmatch(id) for id in ids)
