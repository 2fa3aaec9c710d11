"""Two servers count reads, and Redis is killed in between: every read counts once."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import httpx
import pytest

from tests.support.newsroom_process import running
from tests.support.ports import free_port
from tests.support.redis_servers import RedisServer
from tests.support.waiting import simulated_delay, wait_until

pytestmark = pytest.mark.faults

PATIENCE = 40.0


async def report(url: str, id: str, *readers: int) -> None:
    """Let these readers report ``id`` through the proxy on this machine, which is trusted."""
    async with httpx.AsyncClient(base_url=url) as http:
        for n in readers:
            response = await http.post(
                "/v1/beacon",
                json={"id": id, "kind": "open"},
                headers={"x-forwarded-for": f"203.0.113.{n}"},
            )
            assert response.status_code == 204


async def shown(urls: tuple[str, ...], opens: int) -> None:
    """Wait until every server shows the one item with so many opens, and never with more."""
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as http:
        for url in urls:

            async def found() -> int:
                body = (await http.get(f"{url}/v1/most-read")).json()
                return sum(row["opens"] for row in body["items"])

            assert await wait_until(found, lambda n: n >= opens, seconds=PATIENCE) == opens


async def test_every_read_counts_once(own: RedisServer, tmp_path: Path) -> None:
    async with running(own.url, tmp_path) as newsroom:
        port = free_port()
        urls = newsroom.url, f"http://127.0.0.1:{port}"
        newsroom.start("serve", "second", TICKER_PORT=str(port))
        id = (await newsroom.publish("Ferries sail again"))["item"]["id"]
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as http:
            for url in urls:

                async def status() -> int:
                    with contextlib.suppress(httpx.TransportError):  # still starting
                        return (await http.get(f"{url}/v1/items/{id}")).status_code
                    return 0

                await wait_until(status, lambda found: found == 200, seconds=PATIENCE)
        await asyncio.gather(*(report(url, id, 1, 2, 3) for url in urls))
        await shown(urls, 6)
        own.kill()
        await asyncio.gather(*(report(url, id, 3, 4, 5) for url in urls))
        async with httpx.AsyncClient() as http:
            for url in urls:
                body = (await http.get(f"{url}/v1/most-read")).json()
                assert [row["opens"] for row in body["items"]] == [6]
        await simulated_delay(1.5)  # a write fails meanwhile
        own.start()
        await shown(urls, 10)
