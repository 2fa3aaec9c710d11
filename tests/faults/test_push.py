"""Push with real worker processes that are killed, stopped, and left without Redis or a provider.

The provider is our push service: it decrypts what each browser gets.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.drafts import change, draft
from tests.support.providers.webpush import Browser, PushService, listening
from tests.support.redis_servers import RedisServer
from tests.support.waiting import simulated_delay, wait_until
from tests.support.worker_process import start_worker
from ticker.config import Settings
from ticker.domain.item import Item
from ticker.publishing.service import ItemService
from ticker.push.store.subscriptions import Subscriptions
from ticker.push.vapid_keys import VapidKey, create
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

pytestmark = pytest.mark.faults

CONCURRENCY = 50
PAGE = 250
SMALL = {
    "ticker.push.store.subscriptions.PAGE_MAX": PAGE,
    "workers.push.shard.SLICE": 1.0,
    "workers.push.jobs.SETTLE": 2.0,
    "workers.push.jobs.STOP": 1.0,
}
"""Pages are a quarter as long, and a run's times shorter: the job of a killed worker waits for the
sum of these times and thirteen seconds."""
LINE = "Ferry runs aground off Port Almar"


class Newsroom:
    """A Valkey, worker processes, and browsers with subscriptions."""

    def __init__(self, server: RedisServer, folder: Path, service: PushService) -> None:
        self.server = server
        self.service = service
        self.folder = folder
        self.key_file = folder / "vapid.pem"
        self.key: VapidKey = create(self.key_file)
        settings = Settings(redis_url=server.url, namespace="push")
        self.keys = Keys(settings.namespace)
        self.redis: Redis = connect(server.url, blocking=True)
        self.items = ItemService(self.redis, self.keys, settings.taxonomy, settings)
        self.subscriptions = Subscriptions(self.redis, self.keys, 1_000_000)
        self.browsers: list[Browser] = []
        self.workers: list[subprocess.Popen[bytes]] = []

    def work(self, side: str) -> subprocess.Popen[bytes]:
        """Start a worker process."""
        process = start_worker(
            self.server.url,
            self.folder,
            role=side,
            constants=SMALL,
            namespace="push",
            vapid_key_file=str(self.key_file),
            push_contact="mailto:desk@lantern.example",
            push_concurrency=str(CONCURRENCY),
            push_timeout="1",
            push_services=f'["{self.service.origin}"]',
            outbound_private_networks='["127.0.0.0/8", "::1/128"]',
        )
        self.workers.append(process)
        return process

    async def subscribe(self, count: int) -> None:
        for _ in range(count):
            browser = self.service.subscribe(self.key.public)
            self.browsers.append(browser)
            await self.subscriptions.register(browser.subscription())

    async def ready(self) -> None:
        """Wait until a worker has made the consumer group: later events are fanned out."""

        async def there() -> bool:
            reply = await command(self.redis, "HGET", self.keys.groups, "push")
            return reply is not None

        await wait_until(there)

    async def publish(self) -> Item:
        line = draft(LINE, push=True, level="urgent")
        return (await self.items.publish(line, by="ana")).item

    def got(self) -> int:
        return sum(len(browser.got) for browser in self.browsers)

    def delivered(self) -> int:
        return sum(bool(browser.got) for browser in self.browsers)

    async def all_delivered(self) -> None:
        async def done() -> bool:
            return self.delivered() == len(self.browsers)

        await wait_until(done, seconds=60)

    async def receipts(self, item: Item) -> dict[str, int]:
        found = await command(self.redis, "HGETALL", self.keys.receipts(item.id))
        return {name.decode(): int(value) for name, value in found.items() if value.isdigit()}

    async def settled(self, item: Item, accepted: int) -> None:
        """Wait until the receipts count so many acceptances."""

        async def done() -> bool:
            return (await self.receipts(item)).get("webpush:alert:accepted") == accepted

        await wait_until(done)


@contextlib.asynccontextmanager
async def newsroom(folder: Path) -> AsyncIterator[Newsroom]:
    server = RedisServer("valkey")
    server.start()
    async with listening(PushService()) as service:
        made = Newsroom(server, folder, service)
        try:
            made.work("stream")
            yield made
            assert service.unread == []
        finally:
            for worker in made.workers:
                worker.terminate()
            for worker in made.workers:
                worker.wait(30)
            await made.redis.aclose()
            server.stop()
            print((folder / "log").read_text()[-3_000:])


async def test_a_worker_that_is_killed_in_mid_shard_sends_no_more_than_a_page_again(
    tmp_path: Path,
) -> None:
    async with newsroom(tmp_path) as there:
        await there.subscribe(PAGE * 2 + 125)
        bridge = there.work("delivery")
        await there.ready()
        item = await there.publish()

        async def midway() -> bool:
            return there.got() > PAGE + 50

        await wait_until(midway)
        bridge.send_signal(signal.SIGKILL)
        bridge.wait()
        before = there.got()
        assert before < len(there.browsers)
        there.work("delivery")
        await there.all_delivered()
        await there.settled(item, len(there.browsers))
        again = there.got() - len(there.browsers)
        assert 0 < again <= PAGE
        # The two make one notification: they share topic and text.
        assert all(len(browser.waiting) == 1 for browser in there.browsers)


async def test_a_stopped_worker_hands_over_at_once_and_each_device_gets_one_alert(
    tmp_path: Path,
) -> None:
    async with newsroom(tmp_path) as there:
        await there.subscribe(PAGE * 2)
        first = there.work("delivery")
        await there.ready()
        item = await there.publish()

        async def midway() -> bool:
            return there.got() > 75

        await wait_until(midway)
        there.work("delivery")
        first.terminate()
        assert first.wait(30) == 0
        await there.all_delivered()
        await there.settled(item, len(there.browsers))
        # Only devices whose answer was missing when it stopped, or later than push_timeout.
        late = (await there.receipts(item)).get("webpush:alert:retried", 0)
        assert there.got() - len(there.browsers) <= CONCURRENCY + late


async def test_without_redis_nothing_is_lost(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as there:
        await there.subscribe(PAGE * 2)
        there.work("delivery")
        await there.ready()
        item = await there.publish()

        async def midway() -> bool:
            return there.got() > 75

        await wait_until(midway)
        there.server.kill()
        await simulated_delay(1)
        there.server.start()
        await there.all_delivered()
        await there.settled(item, len(there.browsers))
        assert max(Counter(len(browser.got) for browser in there.browsers)) <= 2


async def test_corrections_and_retractions_reach_the_same_browsers(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as there:
        await there.subscribe(40)
        there.work("delivery")
        await there.ready()
        item = await there.publish()
        await there.all_delivered()
        await there.settled(item, 40)
        await there.subscribe(5)  # later browsers did not get the alert, and get no withdrawal
        early = there.browsers[:40]
        fixed = change(headline="Ferry is towed into Port Almar", correction="It floats.")
        await there.items.change(item.id, fixed, by="ana")

        async def corrected() -> bool:
            return all(len(browser.got) >= 2 for browser in early)

        await wait_until(corrected)
        await there.items.retract(item.id, "another ferry", by="ana")

        async def withdrawn() -> bool:
            return all(len(browser.got) >= 3 for browser in early)

        await wait_until(withdrawn)
        for browser in early:
            kinds = [push.json["kind"] for push in browser.got]
            assert kinds == ["alert", "replace", "withdraw"]
            [left] = browser.waiting.values()
            assert "erry" not in left.json["title"] + left.json["body"]
        assert [browser.got for browser in there.browsers[40:]] == [[]] * 5
