"""Ticker's Python client: ticker_one.py URL."""

import asyncio
import sys

from ticker.client import ItemEvent, Ticker


async def follow(url: str) -> None:
    """Print the id of each item."""
    async with Ticker(url, backlog=0) as feed:
        async for event in feed:
            if isinstance(event, ItemEvent):
                print(event.item.id, flush=True)


asyncio.run(follow(sys.argv[1]))
