"""One event in its shards: whom it reaches, what stops it, and where it goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.storage.sample import change, draft
from tests.workers.push.office import Office
from ticker.domain.item import Item, Level
from ticker.push.model.note import Note
from ticker.push.model.subscription import Subscription
from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict
from ticker.push.store.provider_state import ProviderStop
from ticker.push.store.subscriptions import PAGE_MAX
from workers.push import shard as module
from workers.push.breaker import TRIP
from workers.push.recipients import FENCE_WAIT


async def alert(office: Office, **fields: Any) -> Item:
    done = await office.items.publish(draft(push=True, level="urgent", **fields), by="ana")
    return done.item


async def test_everybody_whom_it_concerns_is_told_once(office: Office) -> None:
    wanted = await office.register(30)
    wanted += await office.register(20, sections=("politics", "sports"), name="both")
    wanted += await office.register(5, sections=("sports", "health"), name="sports")
    await office.register(7, sections=("health",), name="health")
    await office.register(7, edition="es", name="es")
    await office.register(7, level=Level.flash, name="flash")
    item = await alert(office, sections=["politics", "sports"])
    assert set(await office.run(await office.order())) == {None}
    assert Counter(id for id, _ in office.provider.told) == Counter(wanted)
    receipts = await office.receipts(item)
    assert receipts.pop("fcm:alert:skipped") == 20  # read in a second shard, told in the first
    assert receipts == {"fcm:alert:accepted": 55}


async def test_a_second_run_of_a_finished_job_tells_nobody(office: Office) -> None:
    await office.register(10)
    item = await alert(office)
    order = await office.order()
    await office.run(order)
    await office.run(order)
    assert len(office.provider.asked) == 10
    assert await office.receipts(item) == {"fcm:alert:accepted": 10}


async def test_a_run_that_is_cancelled_goes_on_where_it_was(office: Office) -> None:
    ids = sorted(await office.register(PAGE_MAX * 2 + 10))
    item = await alert(office)
    order = await office.order()
    office.provider.pause = 0.001
    task = asyncio.create_task(office.run(order))
    while len(office.provider.asked) < PAGE_MAX + 300:
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    [shard] = await office.shards(order)
    progress = await office.progress.look(order.event, str(shard))
    assert progress is not None
    assert progress.position == ids[PAGE_MAX * 2 - 1]
    assert 0 < len(progress.left) < PAGE_MAX
    await office.finish(order)
    after = Counter(id for id, _ in office.provider.told)
    assert set(after) == set(ids)
    assert max(after.values()) == 1
    # Those whose answer was not in when it was cancelled were asked for again.
    assert len(office.provider.asked) - len(ids) <= 50
    assert (await office.receipts(item))["fcm:alert:accepted"] == len(ids)


async def test_a_token_that_is_gone_is_forgotten(office: Office) -> None:
    ids = await office.register(4)

    def answer(one: Subscription) -> Verdict:
        return Verdict(Outcome.PRUNE, "gone") if one.id in ids[:2] else ACCEPTED

    office.provider.answer = answer
    item = await alert(office)
    await office.run(await office.order())
    assert await office.receipts(item) == {"fcm:alert:accepted": 2, "fcm:alert:pruned": 2}
    assert await office.subscriptions.count("fcm") == 2
    assert await office.subscriptions.get("fcm", ids[0]) is None


async def test_a_device_that_fails_is_tried_three_times(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.push.batch.RETRY_MIN", 0.01)
    ids = await office.register(40)
    bad = ids[0]

    def answer(one: Subscription) -> Verdict:
        return Verdict(Outcome.RETRY, "503") if one.id == bad else ACCEPTED

    office.provider.answer = answer
    item = await alert(office)
    await office.finish(await office.order())
    assert Counter(office.provider.asked)[bad] == 3
    assert await office.receipts(item) == {
        "fcm:alert:accepted": 39,
        "fcm:alert:retried": 3,
        "fcm:alert:dropped": 1,
    }


async def test_while_a_provider_is_away_nobody_is_given_up_and_few_requests_are_made(
    office: Office,
) -> None:
    ids = await office.register(200)
    away = True
    office.provider.answer = lambda one: (
        Verdict(Outcome.RETRY, "connection refused") if away else ACCEPTED
    )
    start = office.now()
    seconds = 0.0
    office.now = lambda: start + int(seconds * 1000)
    office.seconds = lambda: seconds
    office.bridges = office.fresh()
    item = await alert(office)
    order = await office.order()
    while seconds < 600:  # ten minutes
        [wait] = await office.run(order)
        assert wait is not None
        seconds += wait + 0.001
    asked = len(office.provider.asked)
    assert asked < 50 + 50 * 600 / 5
    away = False
    for _ in range(100):
        [wait] = await office.run(order)
        if wait is None:
            break
        seconds += wait + 0.001
    assert sorted(id for id, _ in office.provider.told) == sorted(ids)
    receipts = await office.receipts(item)
    assert receipts["fcm:alert:accepted"] == 200
    assert "fcm:alert:dropped" not in receipts
    assert TRIP < 50


async def test_what_is_too_late_is_not_sent_and_is_counted(office: Office) -> None:
    await office.register(12)
    item = await alert(office, expires_in=86_400)
    order = await office.order()
    office.now = lambda: order.deadline_ms
    assert await office.run(order) == [None]
    assert office.provider.asked == []
    assert await office.receipts(item) == {"fcm:alert:too_late": 12}


async def test_wrong_credentials_stop_the_lane_and_the_rest_is_sent_when_it_runs_again(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    ids = await office.register(300)
    office.provider.answer = lambda one: Verdict(Outcome.STOP, "403 SenderKeyMismatch")
    item = await alert(office)
    order = await office.order()
    bridges = office.fresh(concurrency=5)
    assert await office.run(order, bridges) == [module.STOPPED_WAIT]
    assert len(office.provider.asked) <= 5
    stop = await office.lanes.stopped("fcm")
    assert stop is not None
    assert stop.reason == "403 SenderKeyMismatch"
    assert "fcm is stopped" in caplog.text
    assert await office.run(order, bridges) == [module.STOPPED_WAIT]
    assert len(office.provider.asked) <= 5
    office.provider.answer = lambda one: ACCEPTED
    await office.lanes.resume("fcm")
    assert await office.run(order, bridges) == [None]
    assert sorted(id for id, _ in office.provider.told) == sorted(ids)
    assert await office.receipts(item) == {"fcm:alert:accepted": 300}


async def test_few_tokens_that_do_not_fit_are_set_aside(office: Office) -> None:
    ids = await office.register(300)
    office.provider.answer = lambda one: (
        Verdict(Outcome.QUARANTINE, "BadDeviceToken") if one.id in ids[:2] else ACCEPTED
    )
    item = await alert(office)
    assert await office.run(await office.order()) == [None]
    assert await office.receipts(item) == {"fcm:alert:accepted": 298, "fcm:alert:quarantined": 2}
    assert await office.subscriptions.set_aside("fcm") == 2
    assert await office.subscriptions.count("fcm") == 298


async def test_when_nearly_all_do_not_fit_none_is_set_aside_and_the_lane_stops(
    office: Office,
) -> None:
    await office.register(1_200)
    office.provider.answer = lambda one: Verdict(Outcome.QUARANTINE, "BadDeviceToken")
    item = await alert(office)
    assert await office.run(await office.order()) == [module.STOPPED_WAIT]
    assert await office.subscriptions.count("fcm") == 1_200
    assert await office.subscriptions.set_aside("fcm") == 0
    stop = await office.lanes.stopped("fcm")
    assert stop is not None
    assert "environment" in stop.reason
    assert await office.receipts(item) == {}


async def test_invented_tokens_among_good_ones_do_not_silence_the_newsroom(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    ids = await office.register(400)
    office.provider.answer = lambda one: (
        Verdict(Outcome.QUARANTINE, "BadDeviceToken") if one.id in ids[:100] else ACCEPTED
    )
    item = await alert(office)
    assert await office.run(await office.order()) == [None]
    assert await office.lanes.stopped("fcm") is None
    assert await office.receipts(item) == {"fcm:alert:accepted": 300, "fcm:alert:dropped": 100}
    assert await office.subscriptions.count("fcm") == 400
    assert "100 of 400 tokens do not fit" in caplog.text


async def test_everything_gives_way_to_a_flash(office: Office) -> None:
    await office.register(3)
    await alert(office)
    plain = await office.order()
    await office.items.publish(draft(push=True, level="flash"), by="ana")
    flash = await office.order()
    from workers.push.fanout import job_name

    shards = await office.shards(flash)
    jobs = [job_name(flash, shard) for shard in shards]
    await office.lanes.flash_begins(jobs, flash.deadline_ms)
    assert await office.run(plain) == [module.FLASH_WAIT]
    assert office.provider.asked == []
    assert set(await office.run(flash)) == {None}
    assert await office.run(plain) == [None]
    kinds = [note.level for _, note in office.provider.told]
    assert kinds == [Level.flash] * 3 + [Level.urgent] * 3


async def test_a_flash_that_waits_for_a_server_holds_nobody_up(office: Office) -> None:
    await office.register(30)
    await office.items.publish(draft(push=True, level="flash"), by="ana")
    flash = await office.order()
    from workers.push.fanout import job_name

    shards = await office.shards(flash)
    await office.lanes.flash_begins([job_name(flash, s) for s in shards], flash.deadline_ms)
    office.provider.answer = lambda one: Verdict(Outcome.RETRY, "away", wait=60.0)
    waits = await office.run(flash)
    assert all(wait is not None and wait > 1 for wait in waits)
    assert await office.lanes.flash_pending(office.now()) == 0


async def test_a_correction_replaces_what_lies_on_the_phones_it_reached(office: Office) -> None:
    await office.register(20)
    item = await alert(office, headline="Ferry sinks off Port Almar")
    await office.run(await office.order())
    await office.register(5, name="later")
    await office.items.change(
        item.id,
        change(headline="Ferry runs aground off Port Almar", correction="It did not sink."),
        by="ana",
    )
    order = await office.order()
    assert order.kind == "replace"
    await office.run(order)
    assert len(office.provider.told) == 40
    assert set(office.provider.shown().values()) == {"Ferry runs aground off Port Almar"}
    notes = [note for _, note in office.provider.told]
    assert {note.collapse for note in notes} == {notes[0].collapse}
    assert [note.loud for note in notes].count(True) == 20
    assert {note.title for note in notes[20:]} == {"Correction"}


async def test_a_retraction_goes_to_those_who_got_it_and_says_nothing_of_it(
    office: Office,
) -> None:
    await office.register(PAGE_MAX + 50)
    item = await alert(office, headline="Governor of Teral resigns")
    order = await office.order()
    [shard] = await office.shards(order)
    retracted = False
    page = office.subscriptions.page

    async def interrupted(*args: object) -> object:
        nonlocal retracted
        found = await page(*args)  # type: ignore[arg-type]
        if not retracted and office.provider.told:
            retracted = True
            await office.items.retract(item.id, "wrong", by="ana")
        return found

    office.subscriptions.page = interrupted  # type: ignore[assignment, method-assign]
    await office.run(order)
    office.subscriptions.page = page  # type: ignore[method-assign]
    got = {id for id, _ in office.provider.told}
    withdrawal = await office.order()
    assert withdrawal.kind == "withdraw"
    office.provider.told.clear()
    assert await office.run(withdrawal) == [None]
    assert {id for id, _ in office.provider.told} == got
    for _, note in office.provider.told:
        assert "Governor" not in note.title + note.body
        assert not note.loud
    assert (await office.progress.look(order.event, str(shard))) is not None


async def test_a_retraction_before_anybody_was_told_tells_nobody(office: Office) -> None:
    await office.register(5)
    item = await alert(office)
    order = await office.order()
    await office.items.retract(item.id, "wrong", by="ana")
    withdrawal = await office.order()
    assert await office.run(order) == [None]
    assert await office.run(withdrawal) == [None]
    assert office.provider.asked == []


async def test_a_withdrawal_waits_for_requests_under_way_and_not_for_the_alert(
    office: Office,
) -> None:
    await office.register(5)
    item = await alert(office)
    order = await office.order()
    office.provider.pause = 0.3
    running = asyncio.create_task(office.run(order, office.fresh()))
    while len(office.provider.asked) < 5:
        await asyncio.sleep(0.001)
    await office.items.retract(item.id, "wrong", by="ana")
    withdrawal = await office.order()
    office.provider.pause = 0.0
    assert await office.run(withdrawal, office.fresh()) == [FENCE_WAIT]
    assert len(office.provider.asked) == 5
    assert await running == [0.0]  # what it knew is old: its job is run again
    assert await office.run(withdrawal, office.fresh()) == [None]
    kinds = Counter(note.kind for _, note in office.provider.told)
    assert kinds == {"alert": 5, "withdraw": 5}
    assert await office.run(order) == [None]
    assert len(office.provider.asked) == 10


async def test_a_correction_in_mid_page_tells_nobody_the_alert_twice(office: Office) -> None:
    await office.register(PAGE_MAX + 20)
    item = await alert(office, headline="Ten hurt at Senna bridge")
    order = await office.order()
    office.provider.pause = 0.01
    running = asyncio.create_task(office.run(order, office.fresh()))
    while len(office.provider.asked) < 200:
        await asyncio.sleep(0.001)
    fixed = change(headline="Two hurt at Senna bridge", correction="Not ten.")
    await office.items.change(item.id, fixed, by="ana")
    correction = await office.order()
    assert await office.run(correction, office.fresh()) == [FENCE_WAIT]
    assert await running == [0.0]
    office.provider.pause = 0.0
    await office.finish(order)
    await office.finish(correction)
    alerts = Counter(id for id, note in office.provider.told if note.kind == "alert")
    assert len(alerts) == PAGE_MAX + 20
    assert set(alerts.values()) == {1}
    assert set(office.provider.shown().values()) == {"Two hurt at Senna bridge"}
    receipts = await office.receipts(item)
    assert receipts["fcm:alert:accepted"] == PAGE_MAX + 20
    # Those who had been told the wrong line; the others got the right one at once.
    assert receipts["fcm:replace:accepted"] == PAGE_MAX


async def test_a_withdrawal_does_not_wait_for_a_worker_that_is_no_more(office: Office) -> None:
    await office.register(5)
    item = await alert(office)
    order = await office.order()
    [shard] = await office.shards(order)
    progress = await office.progress.begin(order.event, str(shard))
    progress.mark(1)
    progress.ahead = "~"
    from ticker.push.store.progress import Tally

    await office.progress.advance(
        order.event,
        str(shard),
        progress,
        Tally(),
        item=item.id,
        provider="fcm",
        kind="alert",
        busy=True,
    )
    await office.items.retract(item.id, "wrong", by="ana")
    withdrawal = await office.order()
    assert await office.run(withdrawal) == [FENCE_WAIT]
    now = office.now()
    office.now = lambda: now + int(office.bridges.longest * 1000) + 1_000
    assert await office.run(withdrawal) == [None]
    assert len(office.provider.told) == 5


async def test_what_is_sent_is_what_the_item_says_now(office: Office) -> None:
    await office.register(3)
    item = await alert(office, headline="Bridge at Senna closed")
    order = await office.order()
    await office.items.change(item.id, change(headline="Bridge at Senna open"), by="ana")
    replacement = await office.order()
    await office.run(order)
    await office.run(replacement)
    assert [note.body for _, note in office.provider.told] == ["Bridge at Senna open"] * 3


async def test_two_runs_at_once_do_not_both_go_on(office: Office) -> None:
    await office.register(PAGE_MAX * 2)
    item = await alert(office)
    order = await office.order()
    office.provider.pause = 0.002
    first = asyncio.create_task(office.run(order, office.fresh()))
    while len(office.provider.asked) < 100:
        await asyncio.sleep(0.001)
    second = await office.run(order, office.fresh())
    assert second == [None]
    assert await first == [None]
    times = Counter(office.provider.asked)
    assert sum(times.values()) <= PAGE_MAX * 3  # the page that both had in hand
    assert (await office.receipts(item))["fcm:alert:accepted"] == PAGE_MAX * 2


async def test_requests_under_way_are_bounded_over_all_shards(office: Office) -> None:
    await office.register(100)
    await office.register(100, sections=("sports",), name="sports")
    await alert(office, sections=["sports"])
    order = await office.order()
    office.provider.pause = 0.001
    bridges = office.fresh(concurrency=7)
    from workers.push.shard import Work

    await asyncio.gather(
        *(Work(bridges, order, shard).run() for shard in await office.shards(order))
    )
    assert len(office.provider.told) == 200
    assert office.provider.most_under_way == 7


async def test_a_stop_is_lifted_by_hand_alone(office: Office) -> None:
    assert await office.lanes.stop("fcm", ProviderStop("why", 1, "one"))
    assert not await office.lanes.stop("fcm", ProviderStop("another", 2, "one"))
    stop = await office.lanes.stopped("fcm")
    assert stop is not None
    assert stop.reason == "why"
    assert await office.lanes.resume("fcm")
    assert not await office.lanes.resume("fcm")


async def test_a_stranger_who_never_answers_holds_nobody_up(office: Office) -> None:
    ids = await office.register(300)
    office.provider.origins = {id: f"https://tar{n}.example" for n, id in enumerate(ids[:100])}
    office.provider.strangers = frozenset(office.provider.origins.values())
    never = asyncio.Event()
    send = office.provider.send

    async def slow(message: Note, one: Subscription) -> Verdict:
        if one.id in ids[:100]:
            await never.wait()
        return await send(message, one)

    office.provider.send = slow  # type: ignore[assignment, method-assign]
    item = await alert(office)
    order = await office.order()
    run = asyncio.create_task(office.run(order, office.fresh(concurrency=40)))
    async with asyncio.timeout(10):
        while len(office.provider.told) < 200:
            await asyncio.sleep(0.01)
    assert not run.done()
    never.set()
    assert await run == [None]
    assert office.provider.most_under_way == 40
    assert (await office.receipts(item))["fcm:alert:accepted"] == 300
