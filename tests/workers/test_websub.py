"""Hubs are notified of every change, at most once in a while, whatever they answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import pytest

from tests.support.clock import FakeClock
from tests.support.drafts import draft
from tests.support.http_server import Answer, Asked, ScriptedServer, answering, listening
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.feeds.formats.websub_topics import FORMATS, topics_of
from ticker.feeds.websub_store import HubProgress
from ticker.gateway.tail_pace import LOOK_EVERY, SOON
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers import websub
from workers.relay import Counts
from workers.websub import AT_ONCE, HUBS_MAX, SERVED_AFTER, TRIES, WebSubHub, hubs

BASE = "https://newsroom.example"
BOTH = 2 * len(FORMATS)
"""Topics of one edition's item: in each format the feed of all, and of the edition."""
OK = Answer(204, b"")

Carry = Callable[[], Awaitable[Counts]]


@pytest.fixture(autouse=True)
def nobody_serves_feeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websub, "SERVED_AFTER", 0.0)


def test_a_hub_is_notified_after_the_feeds_have_changed() -> None:
    assert SERVED_AFTER >= 2 * LOOK_EVERY + SOON


class HubNewsroom:
    """A newsroom for which a test makes hubs and steps them."""

    def __init__(
        self,
        items: ItemService,
        carry: Carry,
        live: LaneStore,
        redis: Redis,
        keys: Keys,
        base: Settings,
    ) -> None:
        self.settings = base.model_copy(update={"public_url": BASE})
        self.clock = FakeClock()
        self.redis, self.keys, self.live = redis, keys, live
        self._items, self._carry = items, carry
        self._lines = 0

    async def publish(self, edition: str = "en") -> str:
        self._lines += 1
        line = draft(f"Line {self._lines}", edition=edition)
        done = await self._items.publish(line, by="ana")
        await self._carry()
        return done.item.id

    async def retract(self, id: str) -> None:
        await self._items.retract(id, "wrong", by="ana")
        await self._carry()

    def progress(self, url: str) -> HubProgress:
        return HubProgress(self.redis, self.keys, url)

    @asynccontextmanager
    async def hub(self, url: str) -> AsyncIterator[WebSubHub]:
        """Make a hub for ``url`` that has read the lane once: later events are changes."""
        hub = WebSubHub(url, self.live, self.progress(url), self.settings, self.clock)
        await hub.step()
        try:
            yield hub
        finally:
            await hub.aclose()


@pytest.fixture
async def newsroom(
    items: ItemService,
    carry: Carry,
    live: LaneStore,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> HubNewsroom:
    monkeypatch.setattr(websub, "BLOCK_MS", 10)
    newsroom = HubNewsroom(items, carry, live, redis, keys, settings)
    await live.open()
    return newsroom


def topics_in(asked: list[Asked]) -> list[str]:
    """Return the topics in notifications, after checking their form."""
    found = []
    for one in asked:
        form = parse_qs(one.body.decode(), strict_parsing=True)
        assert (one.method, one.path) == ("POST", "/")
        assert one.headers["content-type"] == "application/x-www-form-urlencoded"
        assert form["hub.mode"] == ["publish"]
        assert form["hub.url"] == form["hub.topic"]
        found += form["hub.url"]
    return found


async def test_each_topic_of_an_item_once(newsroom: HubNewsroom) -> None:
    async with answering(*[OK] * BOTH) as web, newsroom.hub(web.url) as hub:
        await newsroom.publish("ar")
        assert await hub.step() == 0.0  # it has waited for the web processes
        assert sorted(topics_in(web.asked)) == sorted(topics_of(BASE, "ar"))
        assert f"{BASE}/v1/feed.atom" in topics_in(web.asked)
        assert f"{BASE}/v1/feed.atom?edition=ar" in topics_in(web.asked)
        for _ in range(3):
            newsroom.clock.now += 100
            await hub.step()
        assert len(web.asked) == BOTH


async def test_events_within_the_gap_are_one_notification_after_it(newsroom: HubNewsroom) -> None:
    async with answering(*[OK] * 2 * BOTH) as web, newsroom.hub(web.url) as hub:
        id = await newsroom.publish()
        await hub.step()
        assert len(web.asked) == BOTH
        await newsroom.publish()
        await newsroom.retract(id)
        newsroom.clock.now += websub.GAP - 0.005
        await hub.step()
        assert len(web.asked) == BOTH, "too soon"
        newsroom.clock.now += 0.01
        await hub.step()
        assert sorted(topics_in(web.asked[BOTH:])) == sorted(topics_of(BASE, "en"))


async def test_another_editions_topics_are_notified_at_once(newsroom: HubNewsroom) -> None:
    async with answering(*[OK] * (BOTH + len(FORMATS))) as web, newsroom.hub(web.url) as hub:
        await newsroom.publish("en")
        await hub.step()
        await newsroom.publish("es")
        await hub.step()
        spanish = [topic for topic in topics_of(BASE, "es") if "edition=es" in topic]
        assert sorted(topics_in(web.asked[BOTH:])) == sorted(spanish)


async def test_notifications_missed_in_a_crash_are_sent_after_it(newsroom: HubNewsroom) -> None:
    async with answering(Answer(0), *[OK] * (AT_ONCE - 1), *[OK] * BOTH) as web:
        crashed = WebSubHub(
            web.url, newsroom.live, newsroom.progress(web.url), newsroom.settings, newsroom.clock
        )
        await crashed.step()
        await newsroom.publish("en")
        await crashed.step()  # one notification fails, and the process is gone
        first = len(web.asked)
        assert 1 <= first <= AT_ONCE
        await crashed.aclose()
        async with newsroom.hub(web.url) as hub:
            for _ in range(2):
                await hub.step()
        assert sorted(topics_in(web.asked[first:])) == sorted(topics_of(BASE, "en"))


async def test_a_failing_hub_is_tried_again_and_given_up(
    newsroom: HubNewsroom, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [Answer(503, b"")] * (AT_ONCE * TRIES) + [OK] * BOTH
    async with answering(*answers) as web, newsroom.hub(web.url) as hub:
        await newsroom.publish()
        for tries in range(1, TRIES + 1):
            await hub.step()
            assert len(web.asked) == AT_ONCE * tries, "the others are not tried"
            await hub.step()
            assert len(web.asked) == AT_ONCE * tries, "not without a pause"
            newsroom.clock.now += websub.RETRY_MAX
        assert hub.given_up == BOTH
        assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 1
        assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
        await hub.step()
        assert len(web.asked) == AT_ONCE * TRIES, "given up"

        await newsroom.publish()
        await hub.step()
        assert sorted(topics_in(web.asked[AT_ONCE * TRIES :])) == sorted(topics_of(BASE, "en"))
        assert await newsroom.progress(web.url).position() == (await newsroom.live.open())[2]


async def test_a_hub_is_not_tried_again_before_its_retry_after(newsroom: HubNewsroom) -> None:
    busy = Answer(503, b"", {"Retry-After": "600"})
    async with answering(*[busy] * AT_ONCE, *[OK] * BOTH) as web, newsroom.hub(web.url) as hub:
        await newsroom.publish()
        await hub.step()
        newsroom.clock.now += 599
        await hub.step()
        assert len(web.asked) == AT_ONCE
        newsroom.clock.now += 2
        await hub.step()
        assert len(web.asked) == AT_ONCE + BOTH


async def test_a_refusal_is_not_repeated(
    newsroom: HubNewsroom, caplog: pytest.LogCaptureFixture
) -> None:
    async with answering(*[Answer(403, b"")] * BOTH) as web, newsroom.hub(web.url) as hub:
        await newsroom.publish()
        for _ in range(3):
            await hub.step()
            newsroom.clock.now += 100
        assert (len(web.asked), hub.given_up) == (BOTH, BOTH)
        assert len([r for r in caplog.records if "refuses" in r.message]) == 1


async def test_one_worker_notifies_and_another_takes_over(newsroom: HubNewsroom) -> None:
    async with answering(*[OK] * 2 * BOTH) as web, newsroom.hub(web.url) as one:
        async with newsroom.hub(web.url) as other:
            await newsroom.publish()
            assert await other.step() == websub.TAKEN
            assert web.asked == []
            await one.step()
            assert len(web.asked) == BOTH
        await one.aclose()
        async with newsroom.hub(web.url) as other:
            newsroom.clock.now += 100
            await newsroom.publish()
            await other.step()
            assert len(web.asked) == 2 * BOTH


async def test_after_a_trimmed_lane_every_topic_is_notified(newsroom: HubNewsroom) -> None:
    editions = newsroom.settings.editions
    everything = set().union(*(topics_of(BASE, edition) for edition in editions))
    async with answering(*[OK] * len(everything)) as web:
        await newsroom.progress(web.url).save(StreamId(1, 0))
        await newsroom.redis.set(newsroom.keys.floor, "5-0")
        async with newsroom.hub(web.url) as hub:
            await hub.step()
        assert sorted(topics_in(web.asked)) == sorted(everything)


async def test_heartbeats_are_not_notified(newsroom: HubNewsroom, carry: Carry) -> None:
    async with answering() as web, newsroom.hub(web.url) as hub:
        before = await newsroom.progress(web.url).position()
        await newsroom.live.send_heartbeat(1)
        await carry()
        await hub.step()
        assert web.asked == []
        assert await newsroom.progress(web.url).position() == before


class Stubborn(ScriptedServer):
    """A hub that sends given bytes and then keeps the connection open."""

    def __init__(self, words: bytes) -> None:
        super().__init__([])
        self._words = words
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(self._words)
        try:
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass
        finally:
            writer.close()


async def test_a_silent_hub_does_not_delay_another(
    newsroom: HubNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websub, "TIMEOUT", 0.2)
    async with (
        listening(Stubborn(b"")) as silent,
        answering(*[OK] * BOTH) as web,
        newsroom.hub(silent.url) as first,
        newsroom.hub(web.url) as second,
    ):
        await newsroom.publish()
        stuck = asyncio.create_task(first.step())
        await second.step()
        assert len(web.asked) == BOTH
        await stuck  # and ends in its own time
        assert silent.connections == AT_ONCE


async def test_an_endless_answer_is_not_read(newsroom: HubNewsroom) -> None:
    words = b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000000000000\r\n\r\nand so on"
    async with listening(Stubborn(words)) as endless, newsroom.hub(endless.url) as hub:
        await newsroom.publish()
        async with asyncio.timeout(websub.TIMEOUT - 1):
            await hub.step()
        assert endless.connections == BOTH
        position = await newsroom.progress(endless.url).position()
        assert position == (await newsroom.live.open())[2]


def test_without_a_public_address_no_hub_is_notified_and_it_is_logged_once(
    live: LaneStore, redis: Redis, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    assert hubs(Settings(), live, redis, keys) == []
    assert caplog.records == []
    assert hubs(Settings(websub_hubs=("https://hub.example/",)), live, redis, keys) == []
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "TICKER_PUBLIC_URL" in caplog.text


async def test_the_number_of_hubs_is_bounded(live: LaneStore, redis: Redis, keys: Keys) -> None:
    names = tuple(f"https://hub{number}.example/" for number in range(HUBS_MAX + 2))
    made = hubs(Settings(public_url=BASE, websub_hubs=names + names), live, redis, keys)
    assert tuple(hub.url for hub in made) == names[:HUBS_MAX]
    for hub in made:
        await hub.aclose()
