"""Several subscriptions over a real gateway, whose connections are cut."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.gateway.gateway_server import GatewayServer, gateway_server
from tests.support.faulty_proxy import faulty_proxy
from tests.support.waiting import wait_until
from ticker.client import CurrentItems, FeedRefused, Snapshot, Subscriptions, Ticker
from ticker.client.backoff import Backoff

SEEN = 25
"""Items that are published while the connection is cut again and again."""


def publish(server: GatewayServer, headline: str, **fields: Any) -> str:
    event = server.news.publish(headline, **fields)
    server.hub.advance([event])
    return event.item_id


class Boards:
    """The items that the reader shows, and the events that it got, by subscription."""

    def __init__(self, feed: Subscriptions) -> None:
        self.feed = feed
        self.shown: dict[str, CurrentItems] = {}
        self.told: list[tuple[str, str, str]] = []

    async def take(self) -> None:
        async with asyncio.timeout(30):
            events = await anext(self.feed)
        for name, event in events.items():
            self.shown.setdefault(name, CurrentItems()).apply(event)
            if not isinstance(event, Snapshot):
                self.told.append((name, event.action, event.item.id))

    def headlines(self, name: str) -> list[str]:
        return [one.headline for one in self.shown[name].items]


async def test_subscriptions_begin_and_end_while_a_task_waits_for_the_next_event() -> None:
    async with gateway_server() as server:
        publish(server, "Parliament meets", sections=["politics"])
        publish(server, "The final is tonight", sections=["sports"])
        feed = Subscriptions(f"http://127.0.0.1:{server.port}")
        feed.subscribe("politics", section="politics")
        boards = Boards(feed)
        async with feed:
            await boards.take()
            assert boards.headlines("politics") == ["Parliament meets"]
            waiting = asyncio.create_task(boards.take())
            await wait_until(lambda: feed.connected)
            feed.subscribe("rest", exclude={"section": "politics"}, any=[{"section": "sports"}])
            await waiting
            assert boards.headlines("rest") == ["The final is tonight"]
            assert server.hub.connections == 1

            moved = publish(server, "A minister plays", sections=["sports"])
            await boards.take()
            server.hub.advance([server.news.change(moved, sections=["politics"])])
            await boards.take()
            assert boards.told == [
                ("rest", "publish", moved),
                ("rest", "expire", moved),
                ("politics", "update", moved),
            ]
            feed.unsubscribe("politics")
            waiting = asyncio.create_task(boards.take())
            publish(server, "Parliament votes", sections=["politics"])
            latest = publish(server, "The final is over", sections=["sports"])
            await waiting
            assert boards.told[3:] == [("rest", "publish", latest)]

            waiting = asyncio.create_task(boards.take())
            await wait_until(lambda: not waiting.done())
            feed.unsubscribe("rest")
            with pytest.raises(StopAsyncIteration):
                await waiting
            await wait_until(lambda: server.hub.connections == 0)
            feed.subscribe("again", backlog=1)
            await boards.take()
            assert boards.headlines("again") == ["The final is over"]


async def test_one_that_is_refused_ends_and_the_others_go_on() -> None:
    async with gateway_server() as server:
        feed = Subscriptions(f"http://127.0.0.1:{server.port}", backoff=Backoff(draw=lambda: 0.0))
        feed.subscribe("sports", section="sports")
        feed.subscribe("wrong", section="cooking")
        boards = Boards(feed)
        async with feed:
            with pytest.raises(FeedRefused, match="cooking") as refused:
                await boards.take()
            assert refused.value.subscription == "wrong"
            await boards.take()
            assert feed.names == ("sports",)
            feed.subscribe("wrong", section="baking")
            with pytest.raises(FeedRefused, match="baking"):
                await boards.take()
            latest = publish(server, "The final is tonight", sections=["sports"])
            await boards.take()
            assert boards.told == [("sports", "publish", latest)]


async def test_cuts_lose_and_double_nothing_in_any_of_them() -> None:
    sections = {"politics": "politics", "sports": "sports", "arts": "arts-culture"}
    async with gateway_server() as server, faulty_proxy(server.port) as proxy:
        feed = Subscriptions(proxy.url, backoff=Backoff(draw=lambda: 0.01))
        for name, section in sections.items():
            feed.subscribe(name, section=section)
        boards = Boards(feed)
        async with feed:
            for _ in sections:
                await boards.take()
            expected: list[tuple[str, str, str]] = []
            for number in range(SEEN):
                names = list(sections)[number % 3 :][:2]
                chosen = [sections[name] for name in names]
                id = publish(server, f"Line {number}", sections=chosen)
                expected += [(name, "publish", id) for name in names]
                await boards.take()
                if number % 3:
                    proxy.cut()
                    proxy.restore()
            assert boards.told == expected
            assert proxy.connections > SEEN // 2


async def test_a_feed_can_exclude_and_choose() -> None:
    async with gateway_server() as server:
        publish(server, "Elections in the north", sections=["politics"], regions=["europe"])
        publish(server, "Elections in the south", sections=["politics"], regions=["africa"])
        publish(server, "The final is tonight", sections=["sports"])
        async with Ticker(
            f"http://127.0.0.1:{server.port}",
            exclude={"region": "europe"},
            any=[{"section": "politics"}, {"region": ["europe", "mena"]}],
        ) as feed:
            first = await anext(feed)
        assert isinstance(first, Snapshot)
        assert [one.headline for one in first.items] == ["Elections in the south"]
