"""A device gets one alert per item.

Regression tests: each docstring says what went wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from tests.support.drafts import change, draft
from tests.support.push_newsroom import PushNewsroom
from tests.support.waiting import simulated_delay, wait_until
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import WireEvent
from ticker.domain.item import Item, Level
from ticker.push.model.alert_decision import Order, decide
from ticker.push.model.subscription import Subscription
from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict
from ticker.storage.scripts import command
from ticker.stream.consumer_group import ConsumerGroup
from workers.push.fanout import Fanout
from workers.push.shard import ShardRun


async def alert(newsroom: PushNewsroom, **fields: Any) -> Item:
    wanted: dict[str, Any] = {"push": True, "level": "urgent"} | fields
    done = await newsroom.items.publish(draft(**wanted), by="ana")
    return done.item


def alerted(newsroom: PushNewsroom) -> Counter[str]:
    return Counter(id for id, note in newsroom.provider.delivered if note.kind == "alert")


async def test_an_alert_raised_before_it_was_sent_is_sent_once(newsroom: PushNewsroom) -> None:
    """The first alert's job sent the raised version, and so did the second alert's: the same alert
    twice, both with a sound.
    """
    await newsroom.register(5)
    item = await alert(newsroom)
    first = await newsroom.order()
    await newsroom.items.change(item.id, change(level="flash"), by="ana")
    second = await newsroom.order()
    assert second.kind == "alert"
    await newsroom.run(second)
    await newsroom.run(first)
    assert set(alerted(newsroom).values()) == {1}


async def test_an_event_that_comes_again_is_for_those_it_was_for(newsroom: PushNewsroom) -> None:
    """``decide`` repeats an old alert with the *current* alert record. Raised since then, the
    repeated event (XAUTOCLAIM) also went to shards of the higher level, which the second alert had
    reached.
    """
    ids = await newsroom.register(3, level=Level.flash)
    item = await alert(newsroom)
    first = await newsroom.order()
    await newsroom.run(first)
    await newsroom.items.change(item.id, change(level="flash"), by="ana")
    await newsroom.run(await newsroom.order())
    assert alerted(newsroom) == Counter(ids)
    [(_, record)] = await command(
        newsroom.redis, "XRANGE", newsroom.keys.wire, str(first.event), str(first.event)
    )
    origin, _ = await newsroom.alerts.get(item.id)
    again = decide(WireEvent.read(record), first.event, origin)
    assert again is not None
    await newsroom.run(again)
    assert alerted(newsroom) == Counter(ids)


async def test_a_device_that_changes_interests_in_mid_send_gets_it_once(
    newsroom: PushNewsroom,
) -> None:
    """A device that got the alert in its old shard was met again in its new one."""
    [id] = await newsroom.register(1)
    await newsroom.register(1, sections=("sports",), name="other")
    await alert(newsroom, sections=["sports"])
    order = await newsroom.order()
    everything, sports = await newsroom.shards(order)
    assert (everything.topic.section, sports.topic.section) == ("*", "sports")
    await ShardRun(newsroom.context, order, everything).run()
    await newsroom.subscriptions.register(
        Subscription(id, "fcm", "device-00000", "en", ("sports",), Level.urgent, 2)
    )
    await ShardRun(newsroom.context, order, sports).run()
    assert alerted(newsroom)[id] == 1


async def test_a_device_that_changes_interests_in_mid_send_is_not_missed(
    newsroom: PushNewsroom,
) -> None:
    """The other way round: its new shard was finished, and it was no longer in the old one."""
    [id] = await newsroom.register(1, sections=("sports",))
    await newsroom.register(1, name="other")
    await alert(newsroom, sections=["sports"])
    order = await newsroom.order()
    everything, sports = await newsroom.shards(order)
    await ShardRun(newsroom.context, order, everything).run()
    await newsroom.subscriptions.register(
        Subscription(id, "fcm", "device-00000", "en", (), Level.urgent, 2)
    )
    await ShardRun(newsroom.context, order, sports).run()
    assert alerted(newsroom)[id] == 1


async def test_a_stop_while_outcomes_are_stored_sends_nothing_twice(newsroom: PushNewsroom) -> None:
    """A cancellation that came in ``_settle`` (pruning, quarantine, saving) lost the outcomes of
    the whole page.
    """
    ids = await newsroom.register(50)
    item = await alert(newsroom)
    order = await newsroom.order()
    prune, reached = newsroom.subscriptions.prune, asyncio.Event()

    async def slow(*args: Any) -> int:
        reached.set()
        await simulated_delay(0.2)  # a Redis that takes its time
        return await prune(*args)

    newsroom.subscriptions.prune = slow  # type: ignore[assignment, method-assign]
    newsroom.provider.answer = lambda one: (
        Verdict(Outcome.PRUNE, "gone") if one.id == ids[0] else ACCEPTED
    )
    running = asyncio.create_task(newsroom.run(order, newsroom.fresh()))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await newsroom.finish(order)
    assert set(alerted(newsroom).values()) == {1}
    assert (await newsroom.receipts(item))["fcm:alert:accepted"] == 49


async def test_a_stop_waits_a_moment_for_the_answers_that_are_due(newsroom: PushNewsroom) -> None:
    """Requests in flight were cancelled at once, although the provider had them: the next worker
    sent up to ``push_concurrency`` of them again. There are five seconds to stop in.
    """
    await newsroom.register(60)
    await alert(newsroom)
    order = await newsroom.order()
    newsroom.provider.pause = 0.05
    running = asyncio.create_task(newsroom.run(order, newsroom.fresh(concurrency=10)))
    await wait_until(lambda: len(newsroom.provider.asked) >= 25)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    newsroom.provider.pause = 0.0
    await newsroom.finish(order)
    assert max(Counter(newsroom.provider.asked).values()) == 1


async def test_a_short_absence_of_redis_after_a_page_sends_nothing_twice(
    newsroom: PushNewsroom,
) -> None:
    """With Redis away while a page's outcomes were stored (a failover), Unavailable ended the run,
    and a thousand devices got the alert again.
    """
    ids = await newsroom.register(30)
    await alert(newsroom)
    order = await newsroom.order()
    advance, failures = newsroom.progress.advance, 1

    async def away(*args: Any, **fields: Any) -> None:
        nonlocal failures
        if failures and newsroom.provider.delivered:
            failures -= 1
            raise Unavailable("the store does not answer")
        await advance(*args, **fields)

    newsroom.progress.advance = away  # type: ignore[method-assign]
    for _ in range(5):
        try:
            if await newsroom.run(order) == [None]:
                break
        except Unavailable:
            continue
    assert alerted(newsroom) == Counter(ids)


class NoQueue:
    async def push(self, order: Order, shard: object) -> bool:
        return True


async def test_an_entry_that_cannot_be_decided_stops_nothing(
    newsroom: PushNewsroom, carry: Callable[[], Awaitable[object]]
) -> None:
    """Only reading an event was guarded. An event whose push options do not validate raised out of
    ``decide`` and was claimed again and again, and no alert behind it was ever enqueued.
    """
    group = ConsumerGroup(newsroom.redis, newsroom.keys, "push", "one")
    await alert(newsroom)
    [(id, record)] = await command(newsroom.redis, "XREVRANGE", newsroom.keys.wire, "+", "-")
    event = WireEvent.read(record)
    await carry()
    await group.open()
    bad = replace(event, item=event.item.model_copy(update={"push": {"ttl": "soon"}}))
    new = f"{StreamId.parse(id).ms}-7"
    await command(newsroom.redis, "XADD", newsroom.keys.wire, new, *chain(*bad.record().items()))
    await command(
        newsroom.redis, "XADD", newsroom.keys.live, new, *chain(*bad.lane_record().items())
    )
    await alert(newsroom)
    fanout = Fanout(
        group,
        newsroom.live,
        newsroom.alerts,
        newsroom.providers,
        newsroom.subscriptions,
        NoQueue(),
        ["fcm"],
        time.monotonic,
    )
    try:
        await fanout.step()
    except ValueError as error:
        pytest.fail(f"one entry stopped the fan-out: {error!r}")
    assert fanout.counts.orders == 1
