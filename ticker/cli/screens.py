"""Screens that an event has reached, as the gateways report it a moment after its fan-out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ticker.cli.durations import soon

if TYPE_CHECKING:
    from ticker.client import Editor
    from ticker.client.results import Published

LOOKS = 10
"""Requests after a change until all gateways have reported it; then those that have count."""
REMOVED = ("expired", "retracted")
"""States of an item that screens no longer show."""
LOOK_EVERY = 0.1
"""Seconds between two of them. Gateways report some 50 ms after a fan-out."""


async def reached(client: Editor, result: Published) -> str | None:
    """Return how many screens the event of ``result`` has reached, as text.

    None if it is not in the lane, or if no gateway has reported it within a second.
    """
    from ticker.cli.runner import reading_response
    from ticker.client.errors import ClientError

    if not result.delivered or not result.changed or result.repeated or result.wire_id is None:
        return None
    found: Mapping[str, Any] | None = None
    gateways = 0
    try:
        for _ in range(LOOKS):
            await asyncio.sleep(LOOK_EVERY)
            receipts = await client.receipts(result.item.id)
            with reading_response():
                live = receipts.json["live"]
                gateways = int(live["gateways"])
                events = live["events"].values()
                found = next((one for one in events if one["event"] == result.wire_id), None)
                if found is not None and found["gateways"] >= gateways:
                    break
    except ClientError:  # the change is done, whatever becomes of the look at it
        return None
    if found is None:
        return None
    with reading_response():
        return line(found, gateways, gone=result.state in REMOVED)


def line(receipt: Mapping[str, Any], gateways: int, *, gone: bool = False) -> str:
    """Return a receipt as text, such as "on 4,120 screens, last after 38 ms".

    ``gateways`` is how many run, ``gone`` whether the event has removed the item.
    """
    count = int(receipt["screens"])
    text = f"{'gone from' if gone else 'on'} {count:,} screen{'' if count == 1 else 's'}"
    if receipt["last_after"] is not None:
        text += f", last after {soon(receipt['last_after'])}"
    if receipt["delayed"]:
        text += f"; {receipt['delayed']:,} more are slow"
    if (missing := gateways - int(receipt["gateways"])) > 0:
        has = "has" if missing == 1 else "have"
        text += f"; {missing} of {gateways} gateways {has} not reported"
    return text
