"""A failure that nobody awaits is not logged as never retrieved."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from ticker.telemetry.retrieved import retrieve


async def failed(*, retrieved: bool) -> list[str]:
    """Return what asyncio logs of a future that failed, and of one that was cancelled."""
    loop = asyncio.get_running_loop()
    logged: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: logged.append(context))
    one, other = loop.create_future(), loop.create_future()
    if retrieved:
        one.add_done_callback(retrieve)
        other.add_done_callback(retrieve)
    one.set_exception(OSError("connection lost"))
    other.cancel()
    await asyncio.sleep(0)
    del one, other
    gc.collect()
    return [str(context["message"]) for context in logged]


async def test_a_retrieved_failure_is_not_logged() -> None:
    assert await failed(retrieved=True) == []
    [said] = await failed(retrieved=False)
    assert "never retrieved" in said
