"""The three ways to read, as streams of frames: each frame is one message of the protocol.

``TRANSPORTS[name](url, query)`` reads from the newsroom at ``url`` for ever; ``query`` is a filter
of one parameter, with ``after=CURSOR`` behind it or without. None of them looks for a proxy in the
environment, which commands of the same test change in another thread.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable

import httpx
from websockets.asyncio.client import connect

from tests.support.waiting import simulated_delay

SECONDS = 30.0
"""Bound of a request, and of the silence between two events."""
POLL_EVERY = 0.05


async def over_websocket(url: str, query: str) -> AsyncGenerator[str, None]:
    async with connect(f"{url.replace('http', 'ws', 1)}/v1/ws?{query}", proxy=None) as link:
        async for frame in link:
            assert isinstance(frame, str)
            yield frame


async def over_events(url: str, query: str) -> AsyncGenerator[str, None]:
    async with (
        httpx.AsyncClient(timeout=SECONDS, trust_env=False) as http,
        http.stream("GET", f"{url}/v1/events?{query}") as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                yield line.removeprefix("data:").strip()


async def over_poll(url: str, query: str) -> AsyncGenerator[str, None]:
    """Yield each answer's events, or its snapshot, as the other transports do."""
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as http:
        while True:
            answer = (await http.get(f"{url}/v1/items?{query}")).json()
            if answer["mode"] == "snapshot":
                assert not answer["reset"]
                yield json.dumps({"type": "snapshot", **answer}, ensure_ascii=False)
            for event in answer.get("events", []):
                yield json.dumps(event, ensure_ascii=False)
            query = f"{query.partition('&')[0]}&after={answer['cursor']}"
            await simulated_delay(POLL_EVERY)


TRANSPORTS: dict[str, Callable[[str, str], AsyncGenerator[str, None]]] = {
    "websocket": over_websocket,
    "events": over_events,
    "poll": over_poll,
}
