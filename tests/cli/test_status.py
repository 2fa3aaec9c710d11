"""From publishing to `ticker status`: a newsroom, its workers, and a push service."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Newsroom, started
from tests.support.waiting import wait_until_sync
from ticker.cli.durations import duration
from ticker.domain.taxonomy import Taxonomy
from ticker.push.model.push_services import PushServices
from ticker.push.model.registration import read_browser
from ticker.push.store.provider_state import ProviderStates, ProviderStop
from ticker.push.store.subscriptions import Subscriptions
from ticker.runtime.data_directory import read_run
from ticker.runtime.die_with_parent import die_with_parent
from ticker.storage.connection import connect
from ticker.storage.keys import Keys

pytestmark = pytest.mark.processes

BROWSERS = 7


@dataclass
class Bridged:
    """A newsroom with a push service for its browsers."""

    room: Newsroom
    service: str

    def redis(self) -> Any:
        run = read_run(self.room.data)
        assert run is not None
        return connect(run["redis_url"])

    async def subscribe(self, count: int) -> None:
        """Subscribe browsers, as the site's page would."""
        async with httpx.AsyncClient() as http:
            key = (await http.get(f"{self.room.url}/v1/push/key")).json()["key"]
            asked = {"vapid": key, "count": count}
            made = (await http.post(f"{self.service}/_subscribe", json=asked)).json()
        redis = self.redis()
        store = Subscriptions(redis, Keys("ticker"), 1_000)
        for one in made:
            body = {"subscription": one, "edition": "en", "level": "urgent"}
            subscription, _ = read_browser(body, Taxonomy(), 1, PushServices((self.service,)))
            assert await store.register(subscription)
        await redis.aclose()

    async def stop_lane(self, reason: str) -> None:
        redis = self.redis()
        stop = ProviderStop(reason, int(time.time() * 1000), "another")
        assert await ProviderStates(redis, Keys("ticker")).stop("webpush", stop)
        await redis.aclose()

    async def grow(self, size: int) -> None:
        """Count ``size`` bytes of registrations more (or less) than there are."""
        redis = self.redis()
        await redis.hincrby(Keys("ticker").push_bytes, "webpush", size)
        await redis.aclose()

    def got(self) -> int:
        """Return how many messages browsers have decrypted."""
        found = httpx.post(f"{self.service}/_got").json()
        return sum(len(one) for one in found.values())


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridged]:
    service = subprocess.Popen(
        [sys.executable, "-m", "tests.support.providers.webpush"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(),
    )
    assert service.stdout is not None
    origin = service.stdout.readline().strip()
    data = tmp_path_factory.mktemp("bridged") / "data"
    try:
        for room in started(
            data,
            TICKER_OUTBOUND_PRIVATE_NETWORKS='["127.0.0.0/8", "::1/128"]',
            TICKER_PUSH_SERVICES=json.dumps([origin]),
            TICKER_LANE_HEARTBEAT="0.5",
        ):
            found = Bridged(room, origin)
            asyncio.run(found.subscribe(BROWSERS))
            yield found
    finally:
        service.kill()
        service.communicate()


def test_receipts_and_times(bridged: Bridged) -> None:
    room = bridged.room
    item = room.publish("Ferry to Marrow Island turned back", "--level", "flash", "--push")
    shown = room.ticker("status", item, "--wait", "30s", "--json")
    assert shown.code == 0, shown.err
    assert shown.json["push"] is True
    assert shown.json["complete"] is True
    alert = shown.json["providers"]["webpush"]["alert"]
    assert alert["accepted"] == BROWSERS
    assert alert["shards"] == alert["shards_done"] == 1
    assert 0 <= alert["first_after"] <= alert["last_after"]
    assert bridged.got() == BROWSERS
    said = room.ticker("status", item).out
    assert "Ferry to Marrow Island turned back" in said
    assert said.splitlines()[1].startswith("  State     live since ")
    assert "Screens   publication  0 at once" in said
    assert f"Web Push  alert        {BROWSERS} accepted" in said
    assert f"first after {duration(alert['first_after'])}" in said

    room.ticker("retract", item, "--reason", "It sails")

    def withdrawn() -> bool:
        kinds = room.ticker("status", item, "--json").json["providers"]["webpush"]
        return bool(kinds.get("withdraw", {}).get("accepted") == BROWSERS)

    wait_until_sync(withdrawn)
    said = room.ticker("status", item).out
    order = ("State     retracted ", "Retracted ", "Screens   retraction", "Screens   publication")
    places = [said.index(one) for one in (*order, "Web Push  withdrawal", "Web Push  alert")]
    assert places == sorted(places), said


def test_an_item_without_push_says_so(bridged: Bridged) -> None:
    item = bridged.room.publish("Market hall opens late")
    shown = bridged.room.ticker("status", item, "--json").json
    assert (shown["push"], shown["complete"], shown["providers"]) == (False, True, {})
    assert "Not pushed" in bridged.room.ticker("status", item).err
    assert bridged.room.ticker("status", "0" * 26).code == 1
    assert bridged.room.ticker("status", item, "--wait", "soon").code == 2


def test_a_dry_run_comes_through_soon_after_the_start(bridged: Bridged) -> None:
    """Through heartbeat, lane, fan-out, queue and the real sender; no browser gets anything."""
    before = bridged.got()

    def tested() -> bool:
        lanes = bridged.room.ticker("push", "status", "--json").json["providers"]
        return bool(lanes[0]["dry_run"] and lanes[0]["dry_run"]["at"])

    wait_until_sync(tested)
    assert bridged.got() == before
    [webpush, fcm, apns] = bridged.room.ticker("push", "status", "--json").json["providers"]
    assert (webpush["provider"], webpush["configured"], webpush["silent"]) == (
        "webpush",
        True,
        False,
    )
    assert (webpush["dry_run"]["late"], webpush["dry_run"]["error"]) == (False, None)
    assert webpush["subscriptions"] == BROWSERS
    assert (fcm["configured"], apns["configured"]) == (False, False)
    said = bridged.room.ticker("push", "status").out
    assert f"Web Push  runs        {BROWSERS} subscriptions" in said
    assert "FCM       not set up" in said


def test_a_stopped_provider_is_shown_everywhere_and_can_be_resumed(bridged: Bridged) -> None:
    room = bridged.room
    assert "✓ webpush" in room.ticker("doctor").out
    asyncio.run(bridged.stop_lane("the key is refused"))
    said = room.ticker("push", "status").out
    assert "Web Push  stopped" in said
    assert "the key is refused" in said
    doctor = room.ticker("doctor")
    assert doctor.code == 1
    assert "ticker push resume webpush" in doctor.out

    def scraped() -> bool:
        return (
            'ticker_push_provider_stopped{process="web",provider="webpush"} 1'
            in httpx.get(room.metrics_url).text
        )

    wait_until_sync(scraped)
    assert room.ticker("push", "resume", "webpush").out == "✓ Web Push is resumed.\n"
    assert room.ticker("push", "status", "--json").json["providers"][0]["stopped"] is None
    assert room.ticker("doctor").code == 0
    asyncio.run(bridged.grow(3_600_000_000))
    doctor = room.ticker("doctor")
    assert (doctor.code, "7 subscriptions, 90% of the limit" in doctor.out) == (1, True)
    asyncio.run(bridged.grow(-3_600_000_000))
    assert room.ticker("push", "resume", "carrier-pigeon").code == 2
    assert "0 subscriptions" in room.ticker("push", "clear-quarantine", "fcm").out
    assert room.ticker("push", "status", TICKER_KEY="tk_wrong").code == 1
