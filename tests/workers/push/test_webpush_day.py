"""An alert from publication to the browser: real store, shards and sender, a real push service."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.drafts import draft
from tests.support.providers.webpush import Answer, Browser, EveryService, PushService, listening
from tests.support.push_newsroom import PushNewsroom
from tests.workers.push.test_webpush import HERE
from ticker.domain.draft import Change
from ticker.domain.item import Item
from ticker.net.client import HttpClient
from ticker.publishing.service import ItemService
from ticker.push.model.push_services import PushServices
from ticker.push.vapid_keys import VapidKey
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.push.webpush import WebPush
from workers.relay import Counts

KEY = VapidKey(ec.generate_private_key(ec.SECP256R1()))
OTHER_KEY = VapidKey(ec.generate_private_key(ec.SECP256R1()))
Carry = Callable[[], Awaitable[Counts]]


@asynccontextmanager
async def newsroom_of_browsers(
    redis: Redis, keys: Keys, items: ItemService, live: LaneStore, *, known: bool = True
) -> AsyncIterator[tuple[PushNewsroom, PushService]]:
    newsroom = PushNewsroom(redis, keys, items, live)
    newsroom.provider.provider = "webpush"
    async with listening(PushService()) as service:
        sender = WebPush(
            KEY,
            "mailto:desk@harbour.example",
            HttpClient(timeout=5, allow=HERE),
            services=EveryService() if known else PushServices(),
            clock=time.time,
        )
        newsroom.context.senders = {"webpush": sender}
        yield newsroom, service
        await sender.aclose()


async def browsers(
    newsroom: PushNewsroom, service: PushService, count: int, key: VapidKey = KEY
) -> list[Browser]:
    found = [service.subscribe(key.public) for _ in range(count)]
    for one in found:
        await newsroom.subscriptions.register(one.subscription())
    return found


async def alert(
    newsroom: PushNewsroom, items: ItemService, text: str = "The ferry is late"
) -> Item:
    line = draft(text, edition="en", level="flash", push={})
    done = await items.publish(line, by="ana")
    await newsroom.run(await newsroom.order())
    return done.item


async def test_an_alert_its_correction_and_its_retraction_replace_each_other(
    redis: Redis, keys: Keys, items: ItemService, live: LaneStore
) -> None:
    async with newsroom_of_browsers(redis, keys, items, live) as (newsroom, service):
        online, off = await browsers(newsroom, service, 2)
        item = await alert(newsroom, items)
        await items.change(item.id, Change(headline="The ferry is on time", note="It is"), by="ana")
        await newsroom.run(await newsroom.order())
        told = [(push.json["kind"], push.json["body"], push.urgency) for push in online.got]
        assert told == [
            ("alert", "The ferry is late", "high"),
            ("replace", "The ferry is on time", "normal"),
        ]
        await items.retract(item.id, "there is no ferry", by="ana")
        await newsroom.run(await newsroom.order())
        assert {push.topic for push in online.got} == {online.got[0].json["tag"]}
        (left,) = off.waiting.values()
        assert left.json["kind"] == "withdraw"
        assert b"ferry" not in left.text
        counts = await newsroom.receipts(item)
        assert sum(n for name, n in counts.items() if "accepted" in name) == 6


async def test_an_unsubscribed_browser_is_deleted_and_gets_no_request(
    redis: Redis, keys: Keys, items: ItemService, live: LaneStore
) -> None:
    async with newsroom_of_browsers(redis, keys, items, live) as (newsroom, service):
        staying, gone = await browsers(newsroom, service, 2)
        gone.subscribed = False
        await alert(newsroom, items)
        await alert(newsroom, items, "The bridge is open")
        assert (len(staying.got), gone.asked) == (2, 1)


async def test_a_wrong_key_stops_the_provider_and_loses_no_device(
    redis: Redis, keys: Keys, items: ItemService, live: LaneStore
) -> None:
    async with newsroom_of_browsers(redis, keys, items, live) as (newsroom, service):
        found = await browsers(newsroom, service, 20, OTHER_KEY)
        await alert(newsroom, items)
        stop = await newsroom.providers.stopped("webpush")
        assert stop is not None
        assert "20 of 20 tokens do not fit" in stop.reason
        await newsroom.providers.resume("webpush")
        for one in found:
            one.vapid = KEY.public  # as if the right key had been put back
        await alert(newsroom, items, "The bridge is open")
        assert [len(one.got) for one in found] == [1] * 20


async def test_an_untrusted_server_cannot_stop_the_provider(
    redis: Redis, keys: Keys, items: ItemService, live: LaneStore
) -> None:
    """It has most of the subscriptions and refuses our token."""
    async with newsroom_of_browsers(redis, keys, items, live, known=False) as (newsroom, service):
        (reader,) = await browsers(newsroom, service, 1)
        for hostile in await browsers(newsroom, service, 20):
            hostile.always = Answer(403, b"BadJwtToken")
        await alert(newsroom, items)
        await alert(newsroom, items, "The bridge is open")
        assert await newsroom.providers.stopped("webpush") is None
        assert len(reader.got) == 2
