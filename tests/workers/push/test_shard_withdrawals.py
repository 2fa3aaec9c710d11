"""Corrections and withdrawals reach all devices that an older version reached, and no others.

After a withdrawal nothing of the retracted text is sent. Regression tests: each docstring says what
went wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from tests.support.drafts import change, draft
from tests.support.push_newsroom import PAGE, Provider, PushNewsroom
from tests.support.waiting import wait_until
from ticker.domain.item import Item, Level
from ticker.push.model.alert_decision import Order
from ticker.push.model.note import Note
from ticker.push.model.subscription import Subscription, subscription_id
from ticker.push.model.topics import Topic
from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict
from ticker.push.store.subscriptions import Shard
from workers.push.fanout import CONDITIONS
from workers.push.shard import ShardRun


async def alert(newsroom: PushNewsroom, **fields: Any) -> Item:
    wanted: dict[str, Any] = {"push": True, "level": "urgent"} | fields
    done = await newsroom.items.publish(draft(**wanted), by="ana")
    return done.item


def withdrawn(newsroom: PushNewsroom) -> set[str]:
    return {id for id, note in newsroom.provider.delivered if note.kind == "withdraw"}


async def both(newsroom: PushNewsroom, alert: Order, later: Order) -> None:
    """Let two workers work on the alert and on its successor until both are done."""
    await asyncio.gather(newsroom.finish(alert), newsroom.finish(later))


async def test_a_retraction_during_the_first_page_reaches_that_page(newsroom: PushNewsroom) -> None:
    """Marks were stored only with the first page's end: until then a withdrawal by another worker
    saw an alert that had not begun, reached no device and was done for good.
    """
    ids = await newsroom.register(60)
    item = await alert(newsroom)
    order = await newsroom.order()
    newsroom.provider.pause = 0.02
    running = asyncio.create_task(newsroom.run(order, newsroom.fresh(concurrency=5)))
    await wait_until(lambda: len(newsroom.provider.asked) >= 20)
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    first = await newsroom.run(withdrawal, newsroom.fresh())
    await running
    if first != [None]:
        await newsroom.finish(withdrawal)
    got = {id for id, note in newsroom.provider.delivered if note.kind == "alert"}
    assert got <= set(ids)
    assert withdrawn(newsroom) == got


async def test_a_retraction_reaches_the_page_in_flight_at_a_kill(newsroom: PushNewsroom) -> None:
    """After a crash the alert's next run found the item retracted and ended where its last complete
    page did: the page in flight, which devices show, was never withdrawn.
    """
    await newsroom.register(PAGE + 80)
    item = await alert(newsroom)
    order = await newsroom.order()
    [shard] = await newsroom.shards(order)
    newsroom.provider.answers_until = PAGE + 60
    running = asyncio.create_task(newsroom.run(order, newsroom.fresh()))
    await wait_until(lambda: len(newsroom.provider.asked) >= PAGE + 60)
    # As after a kill -9: another run begins, and nothing that this one does is stored.
    await newsroom.progress.begin(order.event, str(shard))
    newsroom.provider.answers.set()
    await running
    got = {id for id, note in newsroom.provider.delivered if note.kind == "alert"}
    assert len(got) > PAGE
    await newsroom.items.retract(item.id, "wrong", by="ana")
    await both(newsroom, order, await newsroom.order())
    assert withdrawn(newsroom) == got


async def test_a_retraction_reaches_devices_whose_answer_never_came(
    newsroom: PushNewsroom,
) -> None:
    """A request without an answer is RETRY, and the device may show the alert; the withdrawal left
    out all pending devices, asked or not. The same holds for answers that were missing at SIGTERM.
    """
    ids = await newsroom.register(5)
    silent = ids[0]

    class Silent(Provider):
        async def send(self, message: Note, subscription: Subscription) -> Verdict:
            verdict = await super().send(message, subscription)  # the phone has it
            if subscription.id == silent and message.kind == "alert":
                return Verdict(Outcome.RETRY, "no answer: timed out")
            return verdict

    newsroom.provider = Silent()
    context = newsroom.fresh()
    item = await alert(newsroom)
    order = await newsroom.order()
    await newsroom.run(order, context)
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    await newsroom.run(order, context)
    assert await newsroom.run(withdrawal, context) == [None]
    assert withdrawn(newsroom) == set(ids)


async def test_no_replacement_comes_after_the_withdrawal(newsroom: PushNewsroom) -> None:
    """A withdrawal waited for alerts but not for replacements in flight, which overwrote it on the
    device for good.
    """
    await newsroom.register(40)
    item = await alert(newsroom, headline="Mayor of Quill Bay arrested")
    await newsroom.run(await newsroom.order())
    await newsroom.items.change(item.id, change(headline="Mayor of Quill Bay detained"), by="ana")
    replacement = await newsroom.order()
    newsroom.provider.pause = 0.2
    running = asyncio.create_task(newsroom.run(replacement, newsroom.fresh()))
    await wait_until(lambda: len(newsroom.provider.asked) >= 80)
    newsroom.provider.pause = 0.0
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    await newsroom.run(withdrawal, newsroom.fresh())
    await running
    await newsroom.finish(withdrawal)
    assert not [text for text in newsroom.provider.shown().values() if "Quill Bay" in text]


async def test_one_waiting_device_does_not_delay_the_withdrawal(
    newsroom: PushNewsroom,
) -> None:
    """An alert sleeps until its first pending device is due, and the withdrawal waited for it. One
    address that answers 503 with Retry-After: 3600 kept a whole shard's false alert on devices for
    an hour, or until its deadline.
    """
    ids = await newsroom.register(20)
    newsroom.provider.origins[ids[0]] = "https://untrusted.example"
    newsroom.provider.answer = lambda one: (
        Verdict(Outcome.RETRY, "503", wait=3_600.0) if one.id == ids[0] else ACCEPTED
    )
    item = await alert(newsroom)
    order = await newsroom.order()
    [wait] = await newsroom.run(order)
    assert wait is not None
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    began = newsroom.now()
    passed = 0.0
    newsroom.now = lambda: began + int(passed * 1000)
    while passed < 60.0:
        if passed >= wait:
            await newsroom.run(order)  # when its job is due
        await newsroom.run(withdrawal)
        passed += 5.0
    assert withdrawn(newsroom) == set(ids[1:])


async def test_a_withdrawal_goes_out_though_a_newer_alert_of_the_story_was_never_sent(
    newsroom: PushNewsroom,
) -> None:
    """A newer alert counted as shown on all devices once the fan-out had seen it. Retracted, late
    or stopped before it was sent, it is on none, and the older one's withdrawal was dropped.
    """
    ids = await newsroom.register(4)
    one = await alert(newsroom, headline="Dam at Corvel breaks", story="corvel-dam")
    await newsroom.run(await newsroom.order())
    two = await alert(newsroom, headline="Corvel evacuated", story="corvel-dam")
    second = await newsroom.order()
    await newsroom.items.retract(two.id, "wrong", by="ana")
    await newsroom.run(second)
    withdrawal_of_two = await newsroom.order()
    await newsroom.run(withdrawal_of_two)
    newsroom.provider.delivered = [
        pair for pair in newsroom.provider.delivered if pair[1].item == one.id
    ]
    await newsroom.items.retract(one.id, "wrong", by="ana")
    await newsroom.run(await newsroom.order())
    assert withdrawn(newsroom) == set(ids)


async def test_the_newest_alert_holds_the_collapse_key_whoever_was_handled_last(
    newsroom: PushNewsroom,
) -> None:
    """The worker that wrote last owned the collapse key, though the newest alert should: the newer
    alert's correction was dropped.
    """
    await alert(newsroom, headline="Dam at Corvel cracks", story="corvel-dam")
    older = await newsroom.order()
    await alert(newsroom, headline="Dam at Corvel breaks", story="corvel-dam")
    newer = await newsroom.order()
    await newsroom.redis.flushall()
    assert await newsroom.alerts.save(newer.alert, b"", is_alert=True)
    assert await newsroom.alerts.save(older.alert, b"", is_alert=True)
    holder = await newsroom.alerts.newest(newer.alert.collapse)
    assert holder is not None
    assert holder.item == newer.alert.item


async def test_topics_get_no_withdrawal_of_an_alert_that_was_never_sent(
    newsroom: PushNewsroom,
) -> None:
    """In FCM's topics mode all subscribers got the withdrawal of an alert that was never sent, and
    it did not wait for an alert in flight.
    """
    item = await alert(newsroom)
    order = await newsroom.order()
    shard = Shard("fcm", Topic("en", CONDITIONS, Level.urgent), 0)
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    assert await ShardRun(newsroom.context, order, shard).run() is None
    await ShardRun(newsroom.context, withdrawal, shard).run()
    assert newsroom.provider.delivered == []


async def test_a_device_that_registered_after_the_alert_gets_no_withdrawal(
    newsroom: PushNewsroom,
) -> None:
    """It reaches no other device."""
    ids = await newsroom.register(5)
    item = await alert(newsroom)
    await newsroom.run(await newsroom.order())
    await newsroom.register(5, name="later")
    await newsroom.items.retract(item.id, "wrong", by="ana")
    await newsroom.run(await newsroom.order())
    assert withdrawn(newsroom) == set(ids)


async def test_a_device_that_changed_its_interests_gets_the_withdrawal(
    newsroom: PushNewsroom,
) -> None:
    """A reader who asked for flashes only after the alert kept the false alert on the phone."""
    [id] = await newsroom.register(1)
    item = await alert(newsroom)
    await newsroom.run(await newsroom.order())
    token = "device-00000"
    assert subscription_id("fcm", token) == id
    await newsroom.subscriptions.register(Subscription(id, "fcm", token, "en", (), Level.flash, 2))
    await newsroom.items.retract(item.id, "wrong", by="ana")
    await newsroom.run(await newsroom.order())
    assert withdrawn(newsroom) == {id}


async def test_a_correction_of_an_item_that_expired_meanwhile_is_still_sent(
    newsroom: PushNewsroom,
) -> None:
    """The correction waits (a provider is away, a flash goes first), the item expires, and the
    wrong alert stayed on the devices.
    """
    ids = await newsroom.register(3)
    item = await alert(newsroom, expires_in=3_600)
    await newsroom.run(await newsroom.order())
    await newsroom.items.change(
        item.id, change(headline="Two hurt at Senna bridge", correction="Not ten."), by="ana"
    )
    replacement = await newsroom.order()
    await newsroom.items.expire(item.id, by="clock")
    await newsroom.run(replacement)
    assert {id for id, note in newsroom.provider.delivered if note.kind == "replace"} == set(ids)


async def test_a_corrected_alert_does_not_go_on_with_the_words_that_were_wrong(
    newsroom: PushNewsroom,
) -> None:
    """An alert in progress took up the new version, but with ``push.body`` as it was written for
    the old one: later devices got the wrong text, with a sound, and counted as corrected.
    """
    await newsroom.register(3)
    item = await alert(newsroom, push={"body": "Ten dead at Senna bridge"})
    order = await newsroom.order()
    await newsroom.items.change(
        item.id, change(headline="Two hurt at Senna bridge", correction="Nobody died."), by="ana"
    )
    replacement = await newsroom.order()
    await both(newsroom, order, replacement)
    assert not [text for text in newsroom.provider.shown().values() if "dead" in text]


async def test_a_withdrawal_does_not_wait_for_a_job_that_is_no_more(newsroom: PushNewsroom) -> None:
    """A failed alert job (an exception, arq's timeout) left its progress unfinished for good, and
    the withdrawal waited for it until it was too late itself.
    """
    await newsroom.register(PAGE + 10)
    item = await alert(newsroom)
    order = await newsroom.order()
    answered = 0

    def answer(one: Subscription) -> Verdict:
        nonlocal answered
        answered += 1
        if answered == PAGE + 5:
            raise ValueError("what no sender should raise")
        return ACCEPTED

    newsroom.provider.answer = answer
    with contextlib.suppress(Exception):  # what arq does with it: it logs, and removes the job
        await newsroom.run(order)
    newsroom.provider.answer = lambda one: ACCEPTED
    got = {id for id, _ in newsroom.provider.delivered}
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    began, passed = newsroom.now(), 0
    newsroom.now = lambda: began + passed
    for _ in range(20):
        await newsroom.run(withdrawal)
        passed += 10_000
    assert withdrawn(newsroom) >= got
