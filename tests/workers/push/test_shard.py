"""One event in its shards: the devices it reaches, what stops it, where it goes on."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from typing import Any

import pytest

from tests.support.drafts import change, counted, draft
from tests.support.push_newsroom import PAGE, PushNewsroom
from tests.support.spans import kept_spans
from tests.support.waiting import wait_until
from ticker.domain.item import Item, Level
from ticker.domain.request_context import RequestContext
from ticker.push.model.alert_decision import Order
from ticker.push.model.note import Note
from ticker.push.model.subscription import Subscription
from ticker.push.model.verdicts import ACCEPTED, TRIES_MAX, Outcome, Verdict
from ticker.push.store.provider_state import ProviderStop
from ticker.storage.scripts import command
from ticker.telemetry.context import request_context
from workers.push import shard as module
from workers.push.breaker import TRIP
from workers.push.recipients import FENCE_WAIT


async def alert(newsroom: PushNewsroom, **fields: Any) -> Item:
    done = await newsroom.items.publish(draft(push=True, level="urgent", **fields), by="ana")
    return done.item


async def test_each_device_it_concerns_gets_it_once(newsroom: PushNewsroom) -> None:
    wanted = await newsroom.register(30)
    wanted += await newsroom.register(20, sections=("politics", "sports"), name="both")
    wanted += await newsroom.register(5, sections=("sports", "health"), name="sports")
    await newsroom.register(7, sections=("health",), name="health")
    await newsroom.register(7, edition="es", name="es")
    await newsroom.register(7, level=Level.flash, name="flash")
    item = await alert(newsroom, sections=["politics", "sports"])
    assert set(await newsroom.run(await newsroom.order())) == {None}
    assert Counter(id for id, _ in newsroom.provider.delivered) == Counter(wanted)
    receipts = await newsroom.receipts(item)
    assert receipts.pop("fcm:alert:skipped") == 20  # read in a second shard, sent in the first
    assert receipts == {"fcm:alert:accepted": 55}


async def test_a_second_run_of_a_finished_job_sends_nothing(newsroom: PushNewsroom) -> None:
    await newsroom.register(10)
    item = await alert(newsroom)
    order = await newsroom.order()
    await newsroom.run(order)
    await newsroom.run(order)
    assert len(newsroom.provider.asked) == 10
    assert await newsroom.receipts(item) == {"fcm:alert:accepted": 10}


async def test_a_cancelled_run_goes_on_where_it_was(newsroom: PushNewsroom) -> None:
    ids = sorted(await newsroom.register(PAGE * 2 + 10))
    item = await alert(newsroom)
    order = await newsroom.order()
    newsroom.provider.answers_until = PAGE + 60
    task = asyncio.create_task(newsroom.run(order))
    await wait_until(lambda: len(newsroom.provider.asked) >= PAGE + 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    newsroom.provider.answers.set()
    [shard] = await newsroom.shards(order)
    progress = await newsroom.progress.look(order.event, str(shard))
    assert progress is not None
    assert progress.position == ids[PAGE * 2 - 1]
    assert 0 < len(progress.pending) < PAGE
    await newsroom.finish(order)
    after = Counter(id for id, _ in newsroom.provider.delivered)
    assert set(after) == set(ids)
    assert max(after.values()) == 1
    # Devices whose answer was missing when it was cancelled are asked again.
    assert len(newsroom.provider.asked) - len(ids) <= 50
    assert (await newsroom.receipts(item))["fcm:alert:accepted"] == len(ids)


async def test_a_page_takes_five_redis_commands(newsroom: PushNewsroom) -> None:
    """One begins a page, one settles it, and three (two round trips) count its answers; the rest
    belongs to the run and does not grow.
    """
    await newsroom.register(10)
    await alert(newsroom)
    await newsroom.run(await newsroom.order())  # loads the scripts

    async def commands(pages: int) -> Counter[str]:
        await newsroom.register(PAGE * pages, edition="es", name=f"pages-{pages}")
        await alert(newsroom, edition="es")
        order = await newsroom.order()
        async with counted(newsroom.redis) as calls:
            assert await newsroom.run(order) == [None]
        return Counter(calls)

    one_page = await commands(1)
    four_pages = await commands(3)  # the devices of before included
    assert four_pages - one_page == {"EVALSHA": 3 * 3, "HLEN": 3, "HMGET": 3}


async def test_an_item_that_seems_to_change_all_the_time_does_not_hold_the_run(
    newsroom: PushNewsroom,
) -> None:
    """As after a restore that left the item's fields and its document apart."""
    await newsroom.register(3)
    item = await alert(newsroom)
    order = await newsroom.order()
    await command(newsroom.redis, "HSET", newsroom.keys.item(item.id), "version", 99)
    assert await newsroom.run(order) == [module.RETRY_GAP]
    assert newsroom.provider.asked == []
    await command(newsroom.redis, "HSET", newsroom.keys.item(item.id), "version", item.version)
    assert await newsroom.run(order) == [None]
    assert len(newsroom.provider.delivered) == 3


async def test_a_token_that_is_gone_is_deleted(newsroom: PushNewsroom) -> None:
    ids = await newsroom.register(4)

    def answer(one: Subscription) -> Verdict:
        return Verdict(Outcome.PRUNE, "gone") if one.id in ids[:2] else ACCEPTED

    newsroom.provider.answer = answer
    item = await alert(newsroom)
    await newsroom.run(await newsroom.order())
    assert await newsroom.receipts(item) == {"fcm:alert:accepted": 2, "fcm:alert:pruned": 2}
    assert await newsroom.subscriptions.count("fcm") == 2
    assert await newsroom.subscriptions.get("fcm", ids[0]) is None


async def pass_time(newsroom: PushNewsroom, order: Order, limit: float = math.inf) -> float:
    """Run ``order`` until it is done or ``limit`` seconds have passed by the newsroom's clocks.

    Return the seconds.
    """
    start, began, seconds = newsroom.now(), newsroom.seconds(), 0.0
    newsroom.now = lambda: start + int(seconds * 1000)
    newsroom.seconds = lambda: began + seconds
    while seconds < limit:
        [wait] = await newsroom.run(order)
        if wait is None:
            break
        seconds += wait + 0.001
    return seconds


async def test_a_device_that_fails_is_given_up_after_a_minute(newsroom: PushNewsroom) -> None:
    ids = await newsroom.register(40)
    bad = ids[0]

    def answer(one: Subscription) -> Verdict:
        return Verdict(Outcome.RETRY, "503") if one.id == bad else ACCEPTED

    newsroom.provider.answer = answer
    item = await alert(newsroom)
    assert 30 < await pass_time(newsroom, await newsroom.order()) < 90
    assert Counter(newsroom.provider.asked)[bad] == TRIES_MAX
    assert await newsroom.receipts(item) == {
        "fcm:alert:accepted": 39,
        "fcm:alert:retried": TRIES_MAX,
        "fcm:alert:dropped": 1,
    }


async def test_one_device_whose_server_does_not_answer_waits_for_it(newsroom: PushNewsroom) -> None:
    """Three tries in some seconds used it up, and twenty failures in a row were never reached: the
    only device of a small newsroom lost its alert to any outage of its push service.
    """
    [id] = await newsroom.register(1)
    newsroom.provider.answer = lambda one: Verdict(Outcome.RETRY, "no answer", unanswered=True)
    item = await alert(newsroom)
    order = await newsroom.order()
    assert await pass_time(newsroom, order, 600) >= 600
    assert len(newsroom.provider.asked) < 3 + 10 + 600 / 7  # the pauses grow to 7.5 to 15 s
    newsroom.provider.answer = lambda one: ACCEPTED
    await pass_time(newsroom, order)
    assert [one for one, _ in newsroom.provider.delivered] == [id]
    receipts = await newsroom.receipts(item)
    assert receipts["fcm:alert:accepted"] == 1
    assert "fcm:alert:dropped" not in receipts


async def test_an_unknown_server_that_does_not_answer_is_given_up(newsroom: PushNewsroom) -> None:
    newsroom.provider.untrusted_origins = frozenset({"https://provider.example"})
    newsroom.provider.answer = lambda one: Verdict(Outcome.RETRY, "no answer", unanswered=True)
    ids = await newsroom.register(2)
    item = await alert(newsroom)
    await pass_time(newsroom, await newsroom.order())
    assert Counter(newsroom.provider.asked) == Counter(dict.fromkeys(ids, TRIES_MAX))
    assert (await newsroom.receipts(item))["fcm:alert:dropped"] == 2


async def test_while_a_provider_is_away_no_device_is_given_up_and_few_requests_are_made(
    newsroom: PushNewsroom,
) -> None:
    ids = await newsroom.register(200)
    away = True
    newsroom.provider.answer = lambda one: (
        Verdict(Outcome.RETRY, "connection refused") if away else ACCEPTED
    )
    item = await alert(newsroom)
    order = await newsroom.order()
    assert await pass_time(newsroom, order, 600) >= 600
    asked = len(newsroom.provider.asked)
    assert asked < 50 + 50 * 600 / 5
    away = False
    await pass_time(newsroom, order)
    assert sorted(id for id, _ in newsroom.provider.delivered) == sorted(ids)
    receipts = await newsroom.receipts(item)
    assert receipts["fcm:alert:accepted"] == 200
    assert "fcm:alert:dropped" not in receipts
    assert TRIP < 50


async def test_late_alerts_are_not_sent_and_are_counted(newsroom: PushNewsroom) -> None:
    await newsroom.register(12)
    item = await alert(newsroom, expires_in=86_400)
    order = await newsroom.order()
    newsroom.now = lambda: order.deadline_ms
    assert await newsroom.run(order) == [None]
    assert newsroom.provider.asked == []
    assert await newsroom.receipts(item) == {"fcm:alert:too_late": 12}


async def test_wrong_credentials_stop_the_provider_and_the_rest_is_sent_after_a_resume(
    newsroom: PushNewsroom, caplog: pytest.LogCaptureFixture
) -> None:
    ids = await newsroom.register(300)
    newsroom.provider.answer = lambda one: Verdict(Outcome.STOP, "403 SenderKeyMismatch")
    item = await alert(newsroom)
    order = await newsroom.order()
    context = newsroom.fresh(concurrency=5)
    assert await newsroom.run(order, context) == [module.STOPPED_WAIT]
    assert len(newsroom.provider.asked) <= 5
    stop = await newsroom.providers.stopped("fcm")
    assert stop is not None
    assert stop.reason == "403 SenderKeyMismatch"
    assert "fcm is stopped" in caplog.text
    assert await newsroom.run(order, context) == [module.STOPPED_WAIT]
    assert len(newsroom.provider.asked) <= 5
    newsroom.provider.answer = lambda one: ACCEPTED
    await newsroom.providers.resume("fcm")
    assert await newsroom.run(order, context) == [None]
    assert sorted(id for id, _ in newsroom.provider.delivered) == sorted(ids)
    assert await newsroom.receipts(item) == {"fcm:alert:accepted": 300}


async def test_a_few_mismatched_tokens_are_quarantined(newsroom: PushNewsroom) -> None:
    ids = await newsroom.register(300)
    newsroom.provider.answer = lambda one: (
        Verdict(Outcome.QUARANTINE, "BadDeviceToken") if one.id in ids[:2] else ACCEPTED
    )
    item = await alert(newsroom)
    assert await newsroom.run(await newsroom.order()) == [None]
    assert await newsroom.receipts(item) == {"fcm:alert:accepted": 298, "fcm:alert:quarantined": 2}
    assert await newsroom.quarantined() == 2
    assert await newsroom.subscriptions.count("fcm") == 298


async def test_when_nearly_all_mismatch_none_is_quarantined_and_the_provider_stops(
    newsroom: PushNewsroom,
) -> None:
    await newsroom.register(1_200)
    newsroom.provider.answer = lambda one: Verdict(Outcome.QUARANTINE, "BadDeviceToken")
    item = await alert(newsroom)
    assert await newsroom.run(await newsroom.order()) == [module.STOPPED_WAIT]
    assert await newsroom.subscriptions.count("fcm") == 1_200
    assert await newsroom.quarantined() == 0
    stop = await newsroom.providers.stopped("fcm")
    assert stop is not None
    assert "environment" in stop.reason
    assert await newsroom.receipts(item) == {}


async def test_invented_tokens_among_good_ones_do_not_silence_the_newsroom(
    newsroom: PushNewsroom, caplog: pytest.LogCaptureFixture
) -> None:
    ids = await newsroom.register(400)
    newsroom.provider.answer = lambda one: (
        Verdict(Outcome.QUARANTINE, "BadDeviceToken") if one.id in ids[:100] else ACCEPTED
    )
    item = await alert(newsroom)
    assert await newsroom.run(await newsroom.order()) == [None]
    assert await newsroom.providers.stopped("fcm") is None
    assert await newsroom.receipts(item) == {"fcm:alert:accepted": 300, "fcm:alert:dropped": 100}
    assert await newsroom.subscriptions.count("fcm") == 400
    assert "100 of 400 tokens do not fit" in caplog.text


async def test_everything_gives_way_to_a_flash(newsroom: PushNewsroom) -> None:
    await newsroom.register(3)
    await alert(newsroom)
    plain = await newsroom.order()
    await newsroom.items.publish(draft(push=True, level="flash"), by="ana")
    flash = await newsroom.order()
    from workers.push.fanout import job_name

    shards = await newsroom.shards(flash)
    jobs = [job_name(flash, shard) for shard in shards]
    await newsroom.providers.flash_begins(jobs, flash.deadline_ms)
    assert await newsroom.run(plain) == [module.FLASH_WAIT]
    assert newsroom.provider.asked == []
    assert set(await newsroom.run(flash)) == {None}
    assert await newsroom.run(plain) == [None]
    kinds = [note.level for _, note in newsroom.provider.delivered]
    assert kinds == [Level.flash] * 3 + [Level.urgent] * 3


async def test_a_flash_that_waits_for_a_server_holds_nothing_up(newsroom: PushNewsroom) -> None:
    await newsroom.register(30)
    await newsroom.items.publish(draft(push=True, level="flash"), by="ana")
    flash = await newsroom.order()
    from workers.push.fanout import job_name

    shards = await newsroom.shards(flash)
    await newsroom.providers.flash_begins([job_name(flash, s) for s in shards], flash.deadline_ms)
    newsroom.provider.answer = lambda one: Verdict(Outcome.RETRY, "away", wait=60.0)
    waits = await newsroom.run(flash)
    assert all(wait is not None and wait > 1 for wait in waits)
    assert await newsroom.providers.flash_pending(newsroom.now()) == 0


async def test_a_correction_replaces_the_alert_on_the_devices_it_reached(
    newsroom: PushNewsroom,
) -> None:
    await newsroom.register(20)
    item = await alert(newsroom, headline="Ferry sinks off Port Almar")
    await newsroom.run(await newsroom.order())
    await newsroom.register(5, name="later")
    await newsroom.items.change(
        item.id,
        change(headline="Ferry runs aground off Port Almar", correction="It did not sink."),
        by="ana",
    )
    order = await newsroom.order()
    assert order.kind == "replace"
    await newsroom.run(order)
    assert len(newsroom.provider.delivered) == 40
    assert set(newsroom.provider.shown().values()) == {"Ferry runs aground off Port Almar"}
    notes = [note for _, note in newsroom.provider.delivered]
    assert {note.collapse for note in notes} == {notes[0].collapse}
    assert [note.loud for note in notes].count(True) == 20
    assert {note.title for note in notes[20:]} == {"Correction"}


async def test_a_retraction_goes_to_the_devices_that_got_it_without_its_text(
    newsroom: PushNewsroom,
) -> None:
    await newsroom.register(PAGE + 50)
    item = await alert(newsroom, headline="Governor of Teral resigns")
    order = await newsroom.order()
    [shard] = await newsroom.shards(order)
    retracted = False
    begin_page = newsroom.progress.begin_page

    async def interrupted(*args: Any, **fields: Any) -> object:
        nonlocal retracted
        found = await begin_page(*args, **fields)
        if not retracted and newsroom.provider.delivered:
            retracted = True
            await newsroom.items.retract(item.id, "wrong", by="ana")
        return found

    newsroom.progress.begin_page = interrupted  # type: ignore[assignment, method-assign]
    await newsroom.run(order)
    newsroom.progress.begin_page = begin_page  # type: ignore[method-assign]
    got = {id for id, _ in newsroom.provider.delivered}
    withdrawal = await newsroom.order()
    assert withdrawal.kind == "withdraw"
    newsroom.provider.delivered.clear()
    assert await newsroom.run(withdrawal) == [None]
    assert {id for id, _ in newsroom.provider.delivered} == got
    for _, note in newsroom.provider.delivered:
        assert "Governor" not in note.title + note.body
        assert not note.loud
    assert (await newsroom.progress.look(order.event, str(shard))) is not None


async def test_a_retraction_before_the_alert_was_sent_sends_nothing(newsroom: PushNewsroom) -> None:
    await newsroom.register(5)
    item = await alert(newsroom)
    order = await newsroom.order()
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    assert await newsroom.run(order) == [None]
    assert await newsroom.run(withdrawal) == [None]
    assert newsroom.provider.asked == []


async def test_a_withdrawal_waits_for_requests_under_way_and_not_for_the_alert(
    newsroom: PushNewsroom,
) -> None:
    await newsroom.register(5)
    item = await alert(newsroom)
    order = await newsroom.order()
    newsroom.provider.answers.clear()
    running = asyncio.create_task(newsroom.run(order, newsroom.fresh()))
    await wait_until(lambda: len(newsroom.provider.asked) >= 5)
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    assert await newsroom.run(withdrawal, newsroom.fresh()) == [FENCE_WAIT]
    assert len(newsroom.provider.asked) == 5
    newsroom.provider.answers.set()
    assert await running == [0.0]  # the item has changed: its job is run again
    assert await newsroom.run(withdrawal, newsroom.fresh()) == [None]
    kinds = Counter(note.kind for _, note in newsroom.provider.delivered)
    assert kinds == {"alert": 5, "withdraw": 5}
    assert await newsroom.run(order) == [None]
    assert len(newsroom.provider.asked) == 10


async def test_a_correction_in_mid_page_sends_no_alert_twice(
    newsroom: PushNewsroom,
) -> None:
    await newsroom.register(PAGE + 20)
    item = await alert(newsroom, headline="Ten hurt at Senna bridge")
    order = await newsroom.order()
    newsroom.provider.answers_until = 70
    running = asyncio.create_task(newsroom.run(order, newsroom.fresh()))
    await wait_until(lambda: len(newsroom.provider.asked) >= 70)
    fixed = change(headline="Two hurt at Senna bridge", correction="Not ten.")
    await newsroom.items.change(item.id, fixed, by="ana")
    correction = await newsroom.order()
    assert await newsroom.run(correction, newsroom.fresh()) == [FENCE_WAIT]
    newsroom.provider.answers.set()
    assert await running == [0.0]
    await newsroom.finish(order)
    await newsroom.finish(correction)
    alerts = Counter(id for id, note in newsroom.provider.delivered if note.kind == "alert")
    assert len(alerts) == PAGE + 20
    assert set(alerts.values()) == {1}
    assert set(newsroom.provider.shown().values()) == {"Two hurt at Senna bridge"}
    receipts = await newsroom.receipts(item)
    assert receipts["fcm:alert:accepted"] == PAGE + 20
    # Devices that had the wrong headline; the others got the right one at once.
    assert receipts["fcm:replace:accepted"] == PAGE


async def test_a_withdrawal_does_not_wait_for_a_worker_that_is_no_more(
    newsroom: PushNewsroom,
) -> None:
    await newsroom.register(5)
    item = await alert(newsroom)
    order = await newsroom.order()
    [shard] = await newsroom.shards(order)
    progress = await newsroom.progress.begin(order.event, str(shard))
    progress.mark(1)
    progress.ahead = "~"
    from ticker.push.store.progress import Tally

    await newsroom.progress.advance(
        order.event,
        str(shard),
        progress,
        Tally(),
        item=item.id,
        provider="fcm",
        kind="alert",
        busy=True,
    )
    await newsroom.items.retract(item.id, "wrong", by="ana")
    withdrawal = await newsroom.order()
    assert await newsroom.run(withdrawal) == [FENCE_WAIT]
    now = newsroom.now()
    newsroom.now = lambda: now + int(newsroom.context.run_limit * 1000) + 1_000
    assert await newsroom.run(withdrawal) == [None]
    assert len(newsroom.provider.delivered) == 5


async def test_the_item_is_sent_in_its_current_version(newsroom: PushNewsroom) -> None:
    await newsroom.register(3)
    item = await alert(newsroom, headline="Bridge at Senna closed")
    order = await newsroom.order()
    await newsroom.items.change(item.id, change(headline="Bridge at Senna open"), by="ana")
    replacement = await newsroom.order()
    await newsroom.run(order)
    await newsroom.run(replacement)
    assert [note.body for _, note in newsroom.provider.delivered] == ["Bridge at Senna open"] * 3


async def test_two_runs_at_once_do_not_both_go_on(newsroom: PushNewsroom) -> None:
    await newsroom.register(PAGE * 2)
    item = await alert(newsroom)
    order = await newsroom.order()
    newsroom.provider.pause = 0.002
    first = asyncio.create_task(newsroom.run(order, newsroom.fresh()))
    await wait_until(lambda: len(newsroom.provider.asked) >= 10)
    second = await newsroom.run(order, newsroom.fresh())
    assert second == [None]
    assert await first == [None]
    times = Counter(newsroom.provider.asked)
    assert sum(times.values()) <= PAGE * 3  # the page that both were sending
    assert (await newsroom.receipts(item))["fcm:alert:accepted"] == PAGE * 2


async def test_requests_under_way_are_bounded_over_all_shards(newsroom: PushNewsroom) -> None:
    await newsroom.register(100)
    await newsroom.register(100, sections=("sports",), name="sports")
    await alert(newsroom, sections=["sports"])
    order = await newsroom.order()
    newsroom.provider.pause = 0.001
    context = newsroom.fresh(concurrency=7)
    from workers.push.shard import ShardRun

    await asyncio.gather(
        *(ShardRun(context, order, shard).run() for shard in await newsroom.shards(order))
    )
    assert len(newsroom.provider.delivered) == 200
    assert newsroom.provider.most_under_way == 7


async def test_a_stop_stays_until_it_is_resumed(newsroom: PushNewsroom) -> None:
    assert await newsroom.providers.stop("fcm", ProviderStop("why", 1, "one"))
    assert not await newsroom.providers.stop("fcm", ProviderStop("another", 2, "one"))
    stop = await newsroom.providers.stopped("fcm")
    assert stop is not None
    assert stop.reason == "why"
    assert await newsroom.providers.resume("fcm")
    assert not await newsroom.providers.resume("fcm")


async def test_an_untrusted_server_that_never_answers_holds_nothing_up(
    newsroom: PushNewsroom,
) -> None:
    ids = await newsroom.register(300)
    newsroom.provider.origins = {id: f"https://tar{n}.example" for n, id in enumerate(ids[:100])}
    newsroom.provider.untrusted_origins = frozenset(newsroom.provider.origins.values())
    never = asyncio.Event()
    send = newsroom.provider.send

    async def slow(message: Note, one: Subscription) -> Verdict:
        if one.id in ids[:100]:
            await never.wait()
        return await send(message, one)

    newsroom.provider.send = slow  # type: ignore[assignment, method-assign]
    item = await alert(newsroom)
    order = await newsroom.order()
    run = asyncio.create_task(newsroom.run(order, newsroom.fresh(concurrency=40)))
    await wait_until(lambda: len(newsroom.provider.delivered) >= 200)
    assert not run.done()
    never.set()
    assert await run == [None]
    assert newsroom.provider.most_under_way == 40
    assert (await newsroom.receipts(item))["fcm:alert:accepted"] == 300


async def test_each_page_is_a_span_of_the_event_s_trace(newsroom: PushNewsroom) -> None:
    await newsroom.register(3)
    await alert(newsroom)
    context = RequestContext(1, "one", f"00-{'a' * 32}-{'b' * 16}-01")
    with kept_spans() as spans, request_context(context):
        await newsroom.run(await newsroom.order())
    page = spans.one("push page")
    assert spans.trace_id(page) == int("a" * 32, 16)
    assert (page.attributes or {})["ticker.devices"] == 3
