"""Deliveries to an endpoint: matching events, in order, signed, without retracted text."""

from __future__ import annotations

import asyncio

from tests.support import lane
from tests.support.drafts import draft
from tests.support.http_server import Answer
from tests.support.waiting import wait_until
from tests.support.webhook_newsroom import WebhookNewsroom, receiving
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.filter import Filter
from ticker.push.store.receipts import receipts
from ticker.storage.scripts import command
from ticker.webhooks.lease import Lease
from ticker.webhooks.retry_policy import FAILING_MAX, NEIGHBOUR_GAP, SCHEDULE
from ticker.webhooks.signature import verify
from workers.webhooks.delivery import Idle, More, Wait
from workers.webhooks.dispatcher import Busy


async def test_every_event_once_in_lane_order_and_signed(newsroom: WebhookNewsroom) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        before = await newsroom.publish("Before the endpoint")
        made = await newsroom.endpoint(receiver.url, asymmetric=True)
        one = await newsroom.publish("Ferry stops")
        await newsroom.publish("Bridge opens", edition="ar")
        await newsroom.change(one, headline="Ferry runs", correction="It runs")
        await newsroom.retract(before)
        assert await dispatcher.deliver(made.id) == Idle()
        assert await dispatcher.deliver(made.id) == Idle()
        events = receiver.events
        assert [event["type"] for event in events] == [
            "item.publish",
            "item.publish",
            "item.correct",
            "item.retract",
        ]
        assert [e["data"]["item"].get("headline") for e in events] == [
            "Ferry stops",
            "Bridge opens",
            "Ferry runs",
            None,
        ]
        assert len(set(receiver.ids)) == 4
        first = receiver.asked[0]
        assert first.headers["webhook-id"] == "evt_" + events[0]["data"]["cursor"].split(".")[1]
        assert events[0]["data"]["type"] == "item"
        assert "note" not in events[0]["data"]["item"]
        receiver.check(made.secrets[0], newsroom.clock.now)
        public = made.secrets[0].public
        assert public is not None
        verify(public, first.headers, first.body, newsroom.clock.now)
        state = await newsroom.state(made.id)
        assert (state.delivered, state.skipped, state.given_up) == (4, 0, 0)
        assert await newsroom.webhooks.totals() == {"delivered": 4}


async def test_only_matching_events_and_those_that_leave_the_filter(
    newsroom: WebhookNewsroom,
) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url, Filter(sections=frozenset({"health"})))
        await newsroom.publish("Harbour", sections=["economy"])
        id = await newsroom.publish("Clinic", sections=["health"])
        await newsroom.change(id, sections=["economy"])
        await newsroom.change(id, headline="Clinic again")
        await dispatcher.deliver(made.id)
        assert [event["type"] for event in receiver.events] == ["item.publish", "item.expire"]
        assert receiver.lines == ["Clinic", None]
        assert not await dispatcher.behind(), "it is past what was not for it, too"


async def test_a_retracted_text_never_goes_out(newsroom: WebhookNewsroom) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        wrong = await newsroom.publish("A line that was wrong")
        await newsroom.publish("A line that is right")
        await newsroom.retract(wrong)
        await dispatcher.deliver(made.id)
        assert receiver.lines == ["A line that is right", None]
        assert receiver.events[1]["type"] == "item.retract"
        assert receiver.events[1]["data"]["item"]["id"] == wrong
        assert not any(b"was wrong" in one.body for one in receiver.asked)
        assert (await newsroom.state(made.id)).skipped == 1
        assert await newsroom.webhooks.totals() == {"delivered": 2, "skipped": 1}


async def test_events_that_are_not_in_the_lane_are_not_delivered(newsroom: WebhookNewsroom) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("In the lane")
        await lane.relayed(newsroom.redis, Settings(namespace="test")).publish(
            draft("On the wire alone"), by="ana"
        )
        await dispatcher.deliver(made.id)
        assert receiver.lines == ["In the lane"]
        await newsroom.carry()
        await dispatcher.deliver(made.id)
        assert receiver.lines == ["In the lane", "On the wire alone"]


async def test_a_temporary_failure_holds_the_line_and_recovers(newsroom: WebhookNewsroom) -> None:
    async with receiving(Answer(503, b"")) as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        await newsroom.publish("Two")
        now = int(newsroom.clock.now * 1000)
        assert await dispatcher.deliver(made.id) == Wait(now + SCHEDULE[0] * 1000)
        assert await dispatcher.deliver(made.id) == Wait(now + SCHEDULE[0] * 1000)
        assert len(receiver.asked) == 1, "nothing is tried before its time"
        assert not await dispatcher.behind()
        state = await newsroom.state(made.id)
        assert (state.failure.failures, state.last_status) == (1, 503)
        assert state.last_error == "it answered 503"
        newsroom.clock.now += SCHEDULE[0]
        assert await dispatcher.behind() == [made.id]
        assert await dispatcher.deliver(made.id) == Idle()
        assert receiver.lines == ["One", "One", "Two"]
        assert receiver.ids[0] == receiver.ids[1]
        state = await newsroom.state(made.id)
        assert (state.failure.failures, state.failure.since_ms, state.last_error) == (0, None, None)
        assert await newsroom.webhooks.totals() == {"delivered": 2, "retried": 1}


async def test_a_success_wakes_the_other_endpoints_of_the_server(
    newsroom: WebhookNewsroom,
) -> None:
    """All wait while the server is away; the first that is answered ends the wait of the others."""
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        receiver.answers += [Answer(502, b"")] * 4
        one, two = [await newsroom.endpoint(f"{receiver.url}/{n}") for n in (1, 2)]
        async with receiving(Answer(502, b"")) as elsewhere:
            other = await newsroom.endpoint(elsewhere.url)
            await newsroom.publish("One")
            for endpoint in (one, two, other):
                assert isinstance(await dispatcher.deliver(endpoint.id), Wait)
            newsroom.clock.now += SCHEDULE[0]
            for endpoint in (one, two):
                assert isinstance(await dispatcher.deliver(endpoint.id), Wait)
            later = int((newsroom.clock.now + 3_600) * 1000)
            for endpoint in (two, other):
                await command(
                    newsroom.redis, "HSET", newsroom.keys.webhook(endpoint.id), "retry_ms", later
                )
            newsroom.clock.now += NEIGHBOUR_GAP
            await command(newsroom.redis, "DEL", newsroom.keys.webhook_wake)
            assert await dispatcher.deliver(one.id) == Idle()
            woken = await command(newsroom.redis, "LRANGE", newsroom.keys.webhook_wake, 0, -1)
            assert woken == [two.id.encode()]
            assert await dispatcher.behind() == [two.id]
            assert await dispatcher.deliver(two.id) == Idle()
            assert (await newsroom.state(other.id)).retry_ms == later
            left = await command(newsroom.redis, "HKEYS", newsroom.keys.webhooks_waiting)
            assert left == [other.id.encode()]
            await newsroom.webhooks.remove(other.id)
            assert not await command(newsroom.redis, "EXISTS", newsroom.keys.webhooks_waiting)


async def test_a_success_wakes_nobody_who_has_just_tried(newsroom: WebhookNewsroom) -> None:
    async with receiving(Answer(502, b"")) as receiver, newsroom.dispatcher() as dispatcher:
        slow, fast = [await newsroom.endpoint(f"{receiver.url}/{n}") for n in (1, 2)]
        await newsroom.publish("One")
        wait = await dispatcher.deliver(slow.id)
        assert isinstance(wait, Wait)
        assert await dispatcher.deliver(fast.id) == Idle()
        assert (await newsroom.state(slow.id)).retry_ms == wait.at_ms


async def test_deliveries_are_in_the_receipts_of_their_item(newsroom: WebhookNewsroom) -> None:
    async with receiving(Answer(503, b"")) as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        one, two = await newsroom.publish("One"), await newsroom.publish("Two")
        await dispatcher.deliver(made.id)
        newsroom.clock.now += SCHEDULE[0]
        await dispatcher.deliver(made.id)
        first = (await receipts(newsroom.redis, newsroom.keys, one)).webhooks
        second = (await receipts(newsroom.redis, newsroom.keys, two)).webhooks
        assert first is not None
        assert first.counts == {"delivered": 1, "retried": 1, "failed": 0}
        assert first.when.first_ms == first.when.last_ms == int(newsroom.clock.now * 1000)
        assert second is not None
        assert second.counts == {"delivered": 1, "retried": 0, "failed": 0}
        await newsroom.change(one, headline="One again")
        newsroom.clock.now += 7
        await dispatcher.deliver(made.id)
        again = (await receipts(newsroom.redis, newsroom.keys, one)).webhooks
        assert again is not None
        assert again.counts["delivered"] == 2
        assert again.when.event != first.when.event
        assert again.when.first_ms == int(newsroom.clock.now * 1000), "of the newest event alone"
        assert await command(newsroom.redis, "PTTL", newsroom.keys.receipts(one)) > 0


async def test_retry_after_is_honoured(newsroom: WebhookNewsroom) -> None:
    busy = Answer(429, b"", {"Retry-After": "120"})
    async with receiving(busy) as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        outcome = await dispatcher.deliver(made.id)
        assert isinstance(outcome, Wait)
        assert 120_000 <= outcome.at_ms - int(newsroom.clock.now * 1000) <= 144_000


async def test_a_refused_event_is_given_up_and_the_line_goes_on(newsroom: WebhookNewsroom) -> None:
    refusals = [Answer(422, b"")] * 3
    async with receiving(*refusals) as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        item = await newsroom.publish("Unwelcome")
        await newsroom.publish("Welcome")
        for seconds in (10, 50):
            assert await dispatcher.deliver(made.id) == Wait(
                int((newsroom.clock.now + seconds) * 1000)
            )
            newsroom.clock.now += seconds
        assert await dispatcher.deliver(made.id) == Idle()
        assert receiver.lines == ["Unwelcome", "Unwelcome", "Unwelcome", "Welcome"]
        [failed] = await newsroom.webhooks.failed(made.id)
        assert failed["item"] == item
        assert failed["status"] == 422
        assert "Unwelcome" not in str(failed)
        assert (await newsroom.state(made.id)).given_up == 1
        assert await newsroom.webhooks.totals() == {"retried": 2, "failed": 1, "delivered": 1}


async def test_410_disables_at_once(newsroom: WebhookNewsroom) -> None:
    async with receiving(Answer(410, b"")) as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        await newsroom.publish("Two")
        assert await dispatcher.deliver(made.id) == Idle()
        assert await dispatcher.deliver(made.id) == Idle()
        assert receiver.lines == ["One"]
        state = await newsroom.state(made.id)
        assert state.disabled == "it answered 410: it wants no further events"
        assert not await dispatcher.behind()
        await newsroom.webhooks.enable(made.id, from_now=False)
        await dispatcher.deliver(made.id)
        assert receiver.lines == ["One", "One", "Two"], "it goes on where it stood"


async def test_five_days_of_failures_disable(newsroom: WebhookNewsroom) -> None:
    answers = [Answer(500, b"")] * 100
    async with receiving(*answers) as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        began = newsroom.clock.now
        while isinstance(outcome := await dispatcher.deliver(made.id), Wait):
            newsroom.clock.now = outcome.at_ms / 1000
        assert FAILING_MAX <= newsroom.clock.now - began <= FAILING_MAX + 86_400
        state = await newsroom.state(made.id)
        assert state.disabled == "no delivery for 5 days; last error: it answered 500"
        last = (FAILING_MAX - sum(SCHEDULE)) // SCHEDULE[-1]
        assert len(receiver.asked) == len(SCHEDULE) + 1 + last + 1
        await newsroom.publish("Two")
        await newsroom.webhooks.enable(made.id, from_now=True)
        receiver.answers.clear()
        await newsroom.publish("Three")
        await dispatcher.deliver(made.id)
        assert receiver.lines[-1] == "Three"
        assert "Two" not in receiver.lines


async def test_replay_sends_again_under_the_same_ids(newsroom: WebhookNewsroom) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        for number in range(3):
            await newsroom.publish(f"Line {number}")
        await dispatcher.deliver(made.id)
        second = StreamId.parse(receiver.ids[1].removeprefix("evt_"))
        await newsroom.webhooks.replay(made.id, second.before())
        await dispatcher.deliver(made.id)
        assert receiver.ids[3:] == receiver.ids[1:3]


async def test_a_replay_during_a_delivery_wins(newsroom: WebhookNewsroom) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        start = (await newsroom.state(made.id)).cursor
        await newsroom.publish("One")
        receiver.gate = asyncio.Event()
        delivery = asyncio.create_task(dispatcher.deliver(made.id))
        await receiver.under_way.wait()
        await newsroom.webhooks.replay(made.id, start)
        receiver.gate.set()
        assert await delivery == Idle()
        assert receiver.lines == ["One", "One"], "the answer under way did not count"


async def test_an_endpoint_that_is_removed_under_way_leaves_nothing(
    newsroom: WebhookNewsroom,
) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        await newsroom.publish("Two")
        receiver.gate = asyncio.Event()
        delivery = asyncio.create_task(dispatcher.deliver(made.id))
        await receiver.under_way.wait()
        await newsroom.webhooks.remove(made.id)
        receiver.gate.set()
        assert await delivery == Idle()
        assert receiver.lines == ["One"]
        assert not await newsroom.redis.exists(newsroom.keys.webhook(made.id))


async def test_two_workers_deliver_each_event_once(newsroom: WebhookNewsroom) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as one, newsroom.dispatcher() as two:
        made = await newsroom.endpoint(receiver.url)
        for number in range(30):
            await newsroom.publish(f"Line {number}")
        outcomes = await asyncio.gather(
            *(dispatcher.deliver(made.id) for dispatcher in (one, two) for _ in range(5))
        )
        assert receiver.lines == [f"Line {number}" for number in range(30)]
        assert sum(isinstance(outcome, Busy) for outcome in outcomes) >= 5
        assert not await one.behind()


async def test_news_during_the_last_delivery_is_found_by_the_same_job(
    newsroom: WebhookNewsroom,
) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        receiver.gate = asyncio.Event()
        delivery = asyncio.create_task(dispatcher.deliver(made.id))
        await receiver.under_way.wait()
        await newsroom.publish("Two")
        assert isinstance(await dispatcher.deliver(made.id), Busy)
        receiver.gate.set()
        await delivery
        assert receiver.lines == ["One", "Two"]


async def test_a_job_ends_when_its_time_is_out_and_another_goes_on(
    newsroom: WebhookNewsroom,
) -> None:
    async with receiving() as receiver, newsroom.dispatcher(time_slice=0) as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        for number in range(3):
            await newsroom.publish(f"Line {number}")
        outcomes = [await dispatcher.deliver(made.id) for _ in range(4)]
        assert [type(outcome) for outcome in outcomes] == [More, More, More, Idle]
        assert receiver.lines == ["Line 0", "Line 1", "Line 2"]


async def test_a_dead_workers_lease_runs_out(newsroom: WebhookNewsroom) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        dead = Lease(newsroom.redis, newsroom.keys, made.id, 1_500)
        assert not await dead.take()
        busy = await dispatcher.deliver(made.id)
        assert isinstance(busy, Busy)
        assert busy.token == dead.token
        assert not receiver.asked
        await wait_until(
            lambda: dispatcher.deliver(made.id), lambda found: not isinstance(found, Busy)
        )
        assert receiver.lines == ["One"]
        assert await dead.step(0) == ("lost", ""), "it may not move the cursor any more"


async def test_a_cursor_that_fell_off_the_history_says_so_and_goes_on(
    newsroom: WebhookNewsroom,
) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        for number in range(6):
            await newsroom.publish(f"Line {number}")
        await newsroom.live.trim(2, 2)
        await dispatcher.deliver(made.id)
        assert receiver.lines == ["Line 4", "Line 5"]
        gap = (await newsroom.state(made.id)).gap_ms
        assert gap is not None
        assert gap > 0


async def test_a_poison_entry_stops_nothing(newsroom: WebhookNewsroom) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        await newsroom.redis.xadd(newsroom.keys.wire, {"e": "{"})
        await newsroom.publish("Two")
        await dispatcher.deliver(made.id)
        assert receiver.lines == ["One", "Two"]
        assert (await newsroom.state(made.id)).skipped == 1


async def test_a_lane_that_is_rebuilt_repeats_nothing(newsroom: WebhookNewsroom) -> None:
    """While the relay fills the lane again, its top is below every endpoint's cursor."""
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        await dispatcher.deliver(made.id)
        await newsroom.redis.delete(newsroom.keys.live)
        assert await dispatcher.deliver(made.id) == Idle()
        await newsroom.carry()
        assert await dispatcher.deliver(made.id) == Idle()
        await newsroom.publish("Two")
        await dispatcher.deliver(made.id)
        assert receiver.lines == ["One", "Two"]


async def test_a_wire_that_lost_its_end_does_not_silence_an_endpoint(
    newsroom: WebhookNewsroom,
) -> None:
    async with receiving() as receiver, newsroom.dispatcher() as dispatcher:
        made = await newsroom.endpoint(receiver.url)
        await newsroom.publish("One")
        state = newsroom.keys.webhook(made.id)
        await command(newsroom.redis, "HSET", state, "cursor", "9999999999999-0")
        await dispatcher.deliver(made.id)
        await newsroom.publish("Two")
        await dispatcher.deliver(made.id)
        assert receiver.lines == ["Two"]
