"""WebSub from the editor's key press to a subscriber, through a small but real hub.

The hub does what W3C WebSub asks of one: it asks a subscriber's callback for a challenge, fetches
the topic when it is told of news, and delivers it with a signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Coroutine, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import feedparser
import httpx
import pytest

from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from tests.support.newsroom_process import NewsroomProcess
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.storage.connection import connect
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys

pytestmark = pytest.mark.processes

SECRET = "a subscriber's secret"


class Hub(ScriptedServer):
    """Subscriptions by topic, verified; content is distributed as it was fetched."""

    def __init__(self) -> None:
        super().__init__([])
        self.subscribers: dict[str, dict[str, str]] = {}
        self.http = httpx.AsyncClient()
        self._tasks: set[asyncio.Task[None]] = set()

    def answer(self, asked: Asked) -> Answer:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if form["hub.mode"] == "subscribe":
            self._later(self._verify(form))
        else:
            self._later(self._distribute(form["hub.url"]))
        return Answer(202, b"")

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _verify(self, form: dict[str, str]) -> None:
        topic, callback = form["hub.topic"], form["hub.callback"]
        asked = {
            "hub.mode": "subscribe",
            "hub.topic": topic,
            "hub.challenge": "a-challenge",
            "hub.lease_seconds": "864000",
        }
        response = await self.http.get(callback, params=asked)
        if response.status_code == 200 and response.content == b"a-challenge":
            self.subscribers.setdefault(topic, {})[callback] = form["hub.secret"]

    async def _distribute(self, topic: str) -> None:
        subscribers = self.subscribers.get(topic, {})
        if not subscribers:
            return
        content = await self.http.get(topic)
        for callback, secret in subscribers.items():
            digest = hmac.new(secret.encode(), content.content, hashlib.sha256).hexdigest()
            headers = {
                "content-type": content.headers["content-type"],
                "link": content.headers["link"],
                "x-hub-signature": f"sha256={digest}",
            }
            await self.http.post(callback, content=content.content, headers=headers)


class Subscriber(ScriptedServer):
    """Wants one topic, and takes what is signed."""

    def __init__(self, topic: str) -> None:
        super().__init__([])
        self.topic = topic
        self.delivered: asyncio.Queue[Asked] = asyncio.Queue()

    def answer(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            self.delivered.put_nowait(asked)
            return Answer(204, b"")
        query = parse_qs(urlsplit(asked.path).query)
        if query["hub.topic"] != [self.topic]:
            return Answer(404, b"")
        return Answer(200, query["hub.challenge"][0].encode())

    async def next(self) -> bytes:
        """Return the next delivery after checking its signature."""
        async with asyncio.timeout(30):
            asked = await self.delivered.get()
        digest = hmac.new(SECRET.encode(), asked.body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(asked.headers["x-hub-signature"], f"sha256={digest}")
        assert asked.headers["content-type"] == "application/atom+xml; charset=utf-8"
        assert f'<{self.topic}>; rel="self"' in asked.headers["link"]
        return asked.body


@pytest.fixture
def valkey() -> Iterator[RedisServer]:
    server = RedisServer("valkey")
    server.start()
    yield server
    server.stop()


async def start(newsroom: NewsroomProcess, redis_url: str, hub: Hub) -> None:
    """Start a server and two workers that know the hub and their own address."""
    redis = connect(redis_url)
    newsroom.key, _ = await create(redis, Keys(Settings().namespace), "desk")
    await redis.aclose()
    public = {
        "TICKER_PUBLIC_URL": newsroom.url,
        "TICKER_WEBSUB_HUBS": json.dumps([f"{hub.url}/"]),
    }
    newsroom.start("work", "one", **public)
    newsroom.start("work", "two", **public)
    newsroom.start("serve", **public)
    await newsroom.ready()


async def test_a_subscriber_gets_the_news_and_the_retraction(
    valkey: RedisServer, tmp_path: Path
) -> None:
    async with listening(Hub()) as hub:
        newsroom = NewsroomProcess(valkey.url, tmp_path)
        try:
            await start(newsroom, valkey.url, hub)
            feed = (await newsroom.http.get("/v1/feed.atom?edition=en")).content
            links = {link.rel: link.href for link in feedparser.parse(feed).feed.links}
            assert links["hub"] == f"{hub.url}/"
            async with listening(Subscriber(links["self"])) as subscriber:
                form = {
                    "hub.mode": "subscribe",
                    "hub.topic": links["self"],
                    "hub.callback": f"{subscriber.url}/news",
                    "hub.secret": SECRET,
                }
                await hub.http.post(links["hub"], data=form)
                await wait_until(lambda: links["self"] in hub.subscribers)

                item = (await newsroom.publish("Lighthouse <lit> & open"))["item"]
                (entry,) = feedparser.parse(await subscriber.next()).entries
                assert entry.title == "Lighthouse <lit> & open"

                await newsroom.act(item["id"], "retract", reason="wrong")
                body = await subscriber.next()
                assert b"Lighthouse" not in body
                assert body.count(b"<at:deleted-entry") == 1
                assert b"given up" not in newsroom.log("one").encode()
        finally:
            await newsroom.close()
            await hub.http.aclose()
