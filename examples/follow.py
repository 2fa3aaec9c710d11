"""Follow one edition and print what a reader's screen shows, in the terminal.

pip install ticker
python follow.py https://news.example en
"""

from __future__ import annotations

import asyncio
import sys

from ticker.client import CurrentItems, Item, Retry, Snapshot, Ticker


async def follow(url: str, edition: str) -> None:
    """Print every event of ``edition`` until the newsroom refuses or the program is stopped."""
    screen = CurrentItems()
    async with Ticker(url, edition=edition, on_retry=_say_retry) as feed:
        async for event in feed:
            screen.apply(event)
            if isinstance(event, Snapshot):
                for item in reversed(event.items):
                    print(_line("now", item))
            else:
                print(_line(event.action, event.item))


def _line(action: str, item: Item) -> str:
    pictures = " ".join(media.href for media in item.media)
    return f"{action:<8} {item.updated_at} {item.headline} {pictures}".rstrip()


def _say_retry(retry: Retry) -> None:
    print(f"connection lost; the next attempt is in {retry.delay:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], sys.argv[2]))
