"""Untrusted clients ask for uncached pages: the process of the readers renders none of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.support.metrics import scraped
from tests.support.ticker_up import running
from ticker.client import ItemEvent, Snapshot, Ticker

pytestmark = pytest.mark.faults

REQUESTS = 58
"""A second's worth of the attack that delayed every reader by seconds when one process did both."""


async def test_the_gateway_renders_none_of_a_flood_of_unique_feeds(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        async with (
            Ticker(up.url) as feed,
            httpx.AsyncClient(base_url=up.url, timeout=60) as http,
        ):
            assert isinstance(await anext(feed), Snapshot)
            flood = [
                asyncio.create_task(
                    http.get(
                        "/v1/feed.atom",
                        params={"limit": "200", "tag": f"t{number}"},
                        headers={"host": f"h{number}.example"},
                    )
                )
                for number in range(REQUESTS)
            ]
            published = await up.publish("During the flood")
            event = await anext(feed)
            assert isinstance(event, ItemEvent)
            assert event.item.id == published["item"]["id"]
            answers = await asyncio.gather(*flood)
        statuses = {answer.status_code for answer in answers}
        assert 200 in statuses <= {200, 429}
        found = await scraped(up.run["metrics_url"])
        served = {
            sample: value
            for sample, value in found.items()
            if sample.startswith("ticker_http_requests_total{") and "/v1/feed.atom" in sample
        }
        assert sum(served.values()) == REQUESTS
        assert not [sample for sample in served if 'process="gateway"' in sample]
        assert await up.stop() == 0
