"""`ticker up` with a push service of ours: from the editor to the browser."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.providers.webpush import Browser, Push, PushService, listening
from tests.support.ticker_up import TickerUp, running
from tests.support.waiting import wait_until
from ticker.push import vapid_keys
from ticker.push.store.subscriptions import Subscriptions
from ticker.storage.connection import connect
from ticker.storage.keys import Keys

pytestmark = pytest.mark.faults
HERE = '["127.0.0.0/8", "::1/128"]'


async def register(up: TickerUp, *browsers: Browser) -> None:
    redis = connect(up.run["redis_url"])
    try:
        subscriptions = Subscriptions(redis, Keys("ticker"), 100)
        for one in browsers:
            await subscriptions.register(one.subscription())
    finally:
        await redis.aclose()


async def got(browser: Browser, count: int) -> list[Push]:
    """Return the browser's messages once there are enough."""
    await wait_until(lambda: len(browser.got) >= count, seconds=30)
    return browser.got


async def test_an_alert_and_its_retraction_reach_a_browser(tmp_path: Path) -> None:
    """With the key and the contact that `ticker up` makes, and no other setting."""
    async with (
        running(tmp_path, TICKER_OUTBOUND_PRIVATE_NETWORKS=HERE) as up,
        listening(PushService()) as at,
    ):
        browser = at.subscribe(vapid_keys.read(tmp_path / "vapid.pem").public)
        await register(up, browser)
        secret = (tmp_path / "key").read_text().strip()
        head = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(base_url=up.url, timeout=20, headers=head) as http:
            line = {"headline": "Ferry adrift off Saltreef", "edition": "en", "level": "flash"}
            answer = await http.post("/v1/items", json=line | {"push": {}})
            answer.raise_for_status()
            id = answer.json()["item"]["id"]
            (alert,) = await got(browser, 1)
            assert (alert.json["id"], alert.json["kind"], alert.json["loud"]) == (id, "alert", True)
            assert alert.json["body"] == "Ferry adrift off Saltreef"
            answer = await http.post(f"/v1/items/{id}/retract", json={"reason": "a drill"})
            answer.raise_for_status()
            _, withdrawal = await got(browser, 2)
        assert (withdrawal.json["kind"], withdrawal.topic) == ("withdraw", alert.topic)
        assert b"Saltreef" not in withdrawal.text
        assert at.unread == []
        assert await up.stop() == 0
        assert "Traceback" not in await up.output()
