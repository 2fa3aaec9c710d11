"""Several subscriptions with Ticker's Python client: ticker_several.py URL."""

import asyncio
import itertools
import sys

from ticker.client import ItemEvent, Subscriptions


async def follow(url: str) -> None:
    """Print the id of each item, while another subscription begins and ends."""
    numbers = itertools.count(1)
    async with Subscriptions(url) as feed:
        feed.subscribe("all", backlog=0)
        feed.subscribe("sports", section="sports", backlog=0)
        async for events in feed:
            event = events.get("all")
            if isinstance(event, ItemEvent):
                print(event.item.id, flush=True)
                if next(numbers) % 20 == 0:
                    feed.unsubscribe("urgent")
                    feed.subscribe("urgent", level="urgent", any=[{"edition": "en"}])


asyncio.run(follow(sys.argv[1]))
