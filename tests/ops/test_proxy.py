"""deploy/nginx.conf in a real nginx, in front of a real newsroom."""

from __future__ import annotations

import asyncio
import math
import os
import re
import shutil
import time
from base64 import b64encode
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha384
from pathlib import Path

import httpx
import pytest

from tests.support.proxies import (
    ROOT,
    SBIN,
    authorization,
    behind,
    gone_in_time,
    hidden_from_the_world,
    metric,
    over_sse,
    over_websocket,
    publish,
    retract,
)
from tests.support.ticker_up import TickerUp
from ticker.client import ItemEvent, Snapshot, Ticker

NGINX = shutil.which("nginx", path=SBIN)

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


def configuration(directory: Path, port: int, upstream: str, web: str = "") -> Path:
    """Write the configuration as it is, but for its addresses and the directories it writes to.

    ``web`` is the address of the web service, if it is not that of the gateway.
    """
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    own = "".join(
        f"  {kind}_temp_path {directory}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for old, new in {
        "server gateway:8000": f"server {upstream}",
        "server web:8000": f"server {web or upstream}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        "/var/cache/nginx/ticker": f"{directory}/cache",
        "pid /tmp/nginx.pid": f"pid {directory}/pid",
        "include mime.types": "include /etc/nginx/mime.types",
        "worker_connections 50000": "worker_connections 500",
        "http {\n": "http {\n" + own,
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    if os.getuid() == 0:  # its workers would become "nobody", who may not see our directory
        text = "user root;\n" + text
    path = directory / "nginx.conf"
    path.write_text(text)
    return path


def behind_nginx(path: Path) -> AbstractAsyncContextManager[tuple[TickerUp, str]]:
    """Run a newsroom and an nginx in front of it."""

    def nginx(up: TickerUp, port: int) -> Sequence[str]:
        assert NGINX is not None
        (path / "nginx").mkdir()
        config = configuration(path / "nginx", port, up.url.removeprefix("http://"))
        return (NGINX, "-c", str(config), "-g", "daemon off; master_process off;")

    return behind(path, nginx)


async def test_live_links_polls_and_edits_pass(tmp_path: Path) -> None:
    async with behind_nginx(tmp_path) as (up, url), asyncio.timeout(60):
        await over_websocket(up, url)
        await over_sse(up, url)
        await over_polls(up, url)
        await reads_count_for_each_reader(up, url)
        await hidden_from_the_world(url)


async def over_polls(up: TickerUp, url: str) -> None:
    mine = authorization(up)
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        began = time.monotonic()
        many = await asyncio.gather(
            *(http.get("/v1/items", params={"edition": "en"}) for _ in range(20))
        )
        seconds = math.ceil(time.monotonic() - began)
        assert {answer.status_code for answer in many} == {200}
        assert len({answer.content for answer in many}) == 1
        # One is asked for, and one more for each second that a slow machine takes to ask so often.
        # While nginx asks again, it answers others with the old one: UPDATING or STALE.
        asked = sum(answer.headers["x-cache"] in ("MISS", "EXPIRED") for answer in many)
        assert asked <= 1 + seconds
        assert not any(answer.headers["x-cache"] == "BYPASS" for answer in many)
        desk = await http.get("/v1/items", params={"all": "true"}, headers=mine)
        assert (desk.status_code, desk.headers["x-cache"]) == (200, "BYPASS")
        again = await http.get("/v1/items", params={"all": "true"})
        assert again.status_code == 401
        draft = {"headline": "Published through the proxy", "edition": "en"}
        assert (await http.post("/v1/items", json=draft, headers=mine)).status_code == 201


async def reads_count_for_each_reader(up: TickerUp, url: str) -> None:
    """A forged X-Forwarded-For does not change the address that nginx passes on."""
    item = await publish(up, "Read through the proxy")  # the web process knows it, too
    report = {"id": item, "kind": "open"}

    async def open_from(address: str, claims: str | None = None) -> None:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        headers = {} if claims is None else {"X-Forwarded-For": claims}
        async with httpx.AsyncClient(base_url=url, transport=transport) as http:
            answer = await http.post("/v1/beacon", json=report, headers=headers)
        assert answer.status_code == 204
        assert "x-cache" not in answer.headers

    async def outcomes() -> tuple[int, int]:
        reports = 'ticker_reads_reported_total{outcome="%s"}'
        return await metric(up, reports % "counted"), await metric(up, reports % "repeated")

    await open_from("127.0.0.2")
    await open_from("127.0.0.3")
    assert await outcomes() == (2, 0)
    await open_from("127.0.0.3", claims="203.0.113.7")
    assert await outcomes() == (2, 1)


async def test_the_readers_side_is_kept_as_long_as_the_server_says(tmp_path: Path) -> None:
    async with (
        behind_nginx(tmp_path) as (up, url),
        asyncio.timeout(60),
        httpx.AsyncClient(base_url=url, timeout=20) as http,
    ):
        await what_is_retracted_leaves_the_cache(up, http)
        await a_feed_that_did_not_change(up, http)
        await a_pinned_widget(http)
        await languages_stay_apart(http)
        await hosts_stay_apart(http)
        await files_of_the_site(http)


async def what_is_retracted_leaves_the_cache(up: TickerUp, http: httpx.AsyncClient) -> None:
    text = "Ferry to Old Harbour turned back"
    id = await publish(up, text)
    kept = ("/v1/embed?edition=en", "/en", f"/item/{id}")
    for path in kept:
        assert text in (await http.get(path)).text
        many = await asyncio.gather(*(http.get(path) for _ in range(10)))
        assert all(text in answer.text for answer in many), path
        # HIT, or STALE or EXPIRED on a slow machine: good for a second.
        assert "MISS" not in {answer.headers["x-cache"] for answer in many}, path
    await retract(up, id)
    for path in kept:
        await gone_in_time(http, path, text)
    assert (await http.get(kept[-1])).status_code == 410


async def a_feed_that_did_not_change(up: TickerUp, http: httpx.AsyncClient) -> None:
    for bridge in ("North", "Middle", "South"):  # nothing below a kilobyte is packed
        await publish(up, f"{bridge} Bridge open again. " * 10)
    for format in ("json", "atom", "rss", "ninjs"):
        first = await http.get(f"/v1/feed.{format}")
        assert (first.status_code, first.headers["content-encoding"]) == (200, "gzip")
        assert "accept-encoding" in first.headers["vary"].lower()
        again = await http.get(
            f"/v1/feed.{format}", headers={"If-None-Match": first.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["x-cache"] == "HIT"
    assert await metric(up, 'ticker_http_requests_total{route="/v1/feed.') == 4


async def a_pinned_widget(http: httpx.AsyncClient) -> None:
    """The integrity hash of the embed code matches the widget, compressed or not."""
    fragment = (await http.get("/v1/embed")).text
    found = re.search(r'src="([^"]+)" integrity="([^"]+)"', fragment)
    assert found is not None
    src, integrity = found.groups()
    assert src.startswith(f"{http.base_url!s}".rstrip("/"))
    for expected in ("MISS", "HIT"):
        for encoding in ("gzip", "identity"):
            answer = await http.get(src, headers={"Accept-Encoding": encoding})
            assert answer.headers["x-cache"] == expected, encoding
            assert answer.headers.get("content-encoding", "identity") == encoding
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert integrity == "sha384-" + b64encode(sha384(answer.content).digest()).decode()


async def languages_stay_apart(http: httpx.AsyncClient) -> None:
    for path in ("/", "/", "/"):
        for language in ("es", "ar", "en"):
            answer = await http.get(path, headers={"Accept-Language": language})
            assert answer.headers["content-language"] == language
            assert re.search(rf'<html[^>]* lang="?{language}', answer.text)
    many = await asyncio.gather(
        *(http.get("/", headers={"Accept-Language": tag}) for tag in ["es", "ar"] * 10)
    )
    assert [answer.headers["content-language"] for answer in many] == ["es", "ar"] * 10
    assert "MISS" not in {answer.headers["x-cache"] for answer in many}


async def hosts_stay_apart(http: httpx.AsyncClient) -> None:
    """A feed has URLs with the request's host and port, so each host has its own cache entry."""
    forged = await http.get("/v1/feed.json?limit=7", headers={"Host": "127.0.0.1:1"})
    honest = await http.get("/v1/feed.json?limit=7")
    assert "http://127.0.0.1:1/" in forged.text
    assert "http://127.0.0.1:1/" not in honest.text


async def files_of_the_site(http: httpx.AsyncClient) -> None:
    """The server wants to be asked about them each time; they must not travel each time."""
    script = await http.get("/site/site.js")
    assert (script.status_code, script.headers["content-encoding"]) == (200, "gzip")
    again = await http.get("/site/site.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304


async def test_a_server_that_restarts_is_found_again(tmp_path: Path) -> None:
    async with behind_nginx(tmp_path) as (up, url), asyncio.timeout(60), Ticker(url) as feed:
        assert isinstance(await anext(feed), Snapshot)
        os.kill(up.pid("gateway") or 0, 9)
        published = await up.publish("While the server was away")
        event = await anext(feed)
        assert isinstance(event, ItemEvent)
        assert event.item.id == published["item"]["id"]
