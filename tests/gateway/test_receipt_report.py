"""Reports of live receipts: batched, and repeated after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.errors import Unavailable
from ticker.gateway.fanout_receipts import FanoutReceipts, Reach
from ticker.gateway.receipt_report import AT_ONCE, ReceiptReport, Taken


async def test_a_report_has_all_that_has_changed_and_waits_for_the_store() -> None:
    news, receipts = InMemoryNewsroom(), FanoutReceipts(lambda: 0.0)
    stored: list[list[str]] = []
    down = [True]

    async def store(taken: Sequence[Taken]) -> None:
        if down[0]:
            raise Unavailable("no store")
        stored.append([item for item, _, _ in taken])

    report = ReceiptReport(receipts, store)
    assert await report.step(later=True), "nothing to say is no failure"
    events = [news.publish() for _ in range(AT_ONCE + 1)]
    for event in events:
        receipts.add(event, [Reach({("sse", "en"): 1})], 0, 0)
    assert not await report.step(later=False)
    down[0] = False
    assert [await report.step(later=False) for _ in range(3)] == [True] * 3
    assert sorted(map(len, stored)) == [1, AT_ONCE]
    assert {item for items in stored for item in items} == {event.item_id for event in events}


async def test_a_retraction_is_reported_with_a_look_into_the_memory() -> None:
    news, receipts = InMemoryNewsroom(), FanoutReceipts(lambda: 0.0)
    stored: dict[str, bool] = {}

    async def store(taken: Sequence[Taken]) -> None:
        stored.update({action: receipt.clean for _, action, receipt in taken})

    item = news.publish()
    for event in (item, news.retract(item.item_id)):
        receipts.add(event, [], 0, 0)
    await ReceiptReport(receipts, store, lambda id: id != item.item_id).step(later=False)
    assert stored == {"publish": True, "retract": False}


async def test_what_is_not_reported_when_the_process_stops_is_reported_last() -> None:
    news, receipts = InMemoryNewsroom(), FanoutReceipts(lambda: 0.0)
    stored: dict[str, int] = {}
    storing, free = asyncio.Event(), asyncio.Event()

    async def store(taken: Sequence[Taken]) -> None:
        storing.set()
        await free.wait()
        stored.update({item: receipt.later for item, _, receipt in taken})

    report = ReceiptReport(receipts, store)
    events = [news.publish() for _ in range(AT_ONCE + 1)]
    for event in events:
        receipts.add(event, [], 0, 0)
    cut = asyncio.create_task(report.step(later=False))
    await storing.wait()
    cut.cancel()
    await asyncio.wait([cut])
    free.set()
    receipts.replayed(tuple(event.id for event in events))
    await report.last()
    assert stored == {event.item_id: 1 for event in events}
