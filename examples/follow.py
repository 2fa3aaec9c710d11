"""Follow one edition and print its items in the terminal.

pip install PATH/TO/CLONE
python follow.py https://news.example en
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from ticker.client import Item, Retry, Snapshot, Ticker


async def follow(url: str, edition: str) -> None:
    """Print every event of ``edition`` until the server refuses the feed or the program stops."""
    async with Ticker(url, edition=edition, on_retry=_print_retry) as feed:
        async for event in feed:
            if isinstance(event, Snapshot):
                for item in reversed(event.items):
                    print(_text("now", item))
            else:
                print(_text(event.action, event.item))


def _text(action: str, item: Item) -> str:
    pictures = " ".join(media.href for media in item.media)
    notice = f"({item.correction['text']})" if item.correction else ""
    return " ".join(
        filter(None, (f"{action:<8}", item.updated_at, item.headline, notice, pictures))
    )


def _print_retry(retry: Retry) -> None:
    print(f"connection lost ({retry.reason}), reconnecting in {retry.delay:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(follow(sys.argv[1], sys.argv[2]))
