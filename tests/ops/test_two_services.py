"""The gateway and the web service apart, with deploy/nginx.conf in front of both."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.ops.test_proxy import NGINX, configuration
from tests.support.newsroom_process import NewsroomProcess
from tests.support.ports import free_port
from tests.support.proxies import proxy
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.storage.connection import connect as connect_redis
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


@asynccontextmanager
async def services(redis_url: str, folder: Path) -> AsyncIterator[tuple[NewsroomProcess, str]]:
    """Run a worker, both services and nginx; yield the web service's side and nginx' URL."""
    newsroom = NewsroomProcess(redis_url, folder)
    redis = connect_redis(redis_url)
    newsroom.key, _ = await create(redis, Keys(Settings().namespace), "desk")
    await redis.aclose()
    gateway = free_port()
    newsroom.start("work")
    newsroom.start("serve", "web", ("--role", "web"))
    arguments = ("--role", "gateway", "--workers", "1")  # as deploy/systemd starts it
    newsroom.start("serve", "gateway", arguments, TICKER_PORT=str(gateway))
    try:
        await newsroom.ready()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway}") as http:
            await wait_until(lambda: answers(http), seconds=60)
        port = free_port()
        (folder / "nginx").mkdir()
        file = configuration(
            folder / "nginx", port, f"127.0.0.1:{gateway}", f"127.0.0.1:{newsroom.port}"
        )
        command = (NGINX or "", "-c", str(file), "-g", "daemon off; master_process off;")
        async with proxy(command, port) as url:
            yield newsroom, url
    finally:
        await newsroom.close()


async def answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).is_success
    except httpx.TransportError:
        return False


async def snapshot(url: str) -> list[str]:
    """Return the headlines that a new reader gets, none while it is sent away.

    nginx may pass it to the old gateway, on a connection that it keeps open.
    """
    async with connect(url.replace("http", "ws", 1) + "/v1/ws?backlog=1") as ws:
        try:
            await ws.recv()
            return [item["headline"] for item in orjson.loads(await ws.recv())["items"]]
        except ConnectionClosed:
            return []


async def headline(ws: ClientConnection) -> str:
    """Return the headline of the next item."""
    async with asyncio.timeout(30):
        while True:
            message = orjson.loads(await ws.recv())
            if message["type"] == "item":
                return str(message["item"]["headline"])


async def test_each_service_serves_its_own_and_a_restart_of_web_disconnects_nobody(
    valkey: RedisServer, tmp_path: Path
) -> None:
    async with (
        services(valkey.url, tmp_path) as (newsroom, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
        connect(url.replace("http", "ws", 1) + "/v1/ws?backlog=0") as ws,
    ):
        key = {"authorization": f"Bearer {newsroom.key}"}
        for number in range(2):
            draft = {"headline": f"Ferry {number} leaves", "edition": "en"}
            assert (await http.post("/v1/items", json=draft, headers=key)).status_code == 201
            assert await headline(ws) == draft["headline"]
            found = await wait_until(
                lambda: http.get("/v1/items"),
                lambda answer: len(answer.json()["items"]) > number,  # awaited here
            )
            assert found.json()["items"][0]["headline"] == draft["headline"]
            assert len((await http.get("/v1/items?all=true", headers=key)).json()["items"]) > number
            assert (await http.get("/en")).status_code == 200
            assert (await http.get("/readyz")).status_code == 200
            if number == 0:
                newsroom.kill("web")
                assert (await http.get("/readyz")).status_code == 200, "the gateway's own"
                newsroom.start("serve", "web", ("--role", "web"))
                await newsroom.ready()
        os.kill(newsroom.pid("gateway"), signal.SIGHUP)
        with pytest.raises(ConnectionClosed):  # the successor serves; a reader moves to it
            await headline(ws)
        assert ws.close_code == 1012
        await wait_until(lambda: snapshot(url), ["Ferry 1 leaves"].__eq__)


async def test_a_service_refuses_what_the_other_one_has(
    valkey: RedisServer, tmp_path: Path
) -> None:
    newsroom = NewsroomProcess(valkey.url, tmp_path)
    gateway = free_port()
    newsroom.start("work")
    newsroom.start("serve", "web", ("--role", "web"))
    newsroom.start("serve", "gateway", ("--role", "gateway"), TICKER_PORT=str(gateway))
    try:
        await newsroom.ready()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway}") as http:
            await wait_until(lambda: answers(http), seconds=60)
            for path in ("/", "/v1/feed.json", "/v1/items?all=true", "/docs"):
                assert (await http.get(path)).status_code == 404, path
            assert (await http.post("/v1/items", json={})).status_code == 405
        assert (await newsroom.http.get("/v1/events")).status_code == 503
        upgrade = {"connection": "upgrade", "upgrade": "websocket"}
        assert (await newsroom.http.get("/v1/ws", headers=upgrade)).status_code == 404
        assert (await newsroom.http.get("/v1/items")).status_code == 200
    finally:
        await newsroom.close()
