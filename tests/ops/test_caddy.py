"""deploy/Caddyfile in a real Caddy, in front of a real newsroom. Plain HTTP: no certificates."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from tests.chaos.readers import EventStreamReader, PollReader, Reader, WebSocketReader
from tests.chaos.records import ReaderLog
from tests.support.proxies import (
    CADDY,
    ROOT,
    behind,
    caddy,
    hidden_from_the_world,
    over_sse,
    over_websocket,
    publish,
)
from tests.support.ticker_up import TickerUp
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(CADDY is None, reason="caddy is not installed"),
]


async def test_the_shipped_file_is_valid_without_a_warning(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    config = ROOT / "deploy" / "Caddyfile"
    options = ("--adapter", "caddyfile", "--config", str(config))
    adapted, said = await caddy_says(home, "adapt", *options, "--validate")
    assert '"apps"' in adapted
    assert '"level":"warn"' not in said + adapted
    assert "not formatted" not in said
    await caddy_says(home, "validate", *options)


async def caddy_says(environment: Mapping[str, str], *arguments: str) -> tuple[str, str]:
    """Run a command of Caddy that must succeed; return what it prints to both streams."""
    process = await asyncio.create_subprocess_exec(
        *(CADDY or "", *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    return out.decode(), error.decode()


async def test_live_links_and_polls_pass_and_metrics_do_not(tmp_path: Path) -> None:

    def command(up: TickerUp, port: int) -> Sequence[str]:
        return caddy(tmp_path, port, up.url.removeprefix("http://"))[0]

    def environment(up: TickerUp, port: int) -> Mapping[str, str]:
        return caddy(tmp_path, port, up.url.removeprefix("http://"))[1]

    async with (
        behind(tmp_path, command, environment) as (up, url),
        asyncio.timeout(60),
    ):
        await over_websocket(up, url)
        await over_sse(up, url)
        await over_polls(up, url)
        await hidden_from_the_world(url)
        await no_event_is_lost_in_a_reload(tmp_path, up, url)


async def over_polls(up: TickerUp, url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        first = (await http.get("/v1/items")).json()
        for road in ("coast", "valley", "ring"):  # little is sent as it is
            await publish(up, f"The {road} road is closed. " * 10)
        answer = await http.get("/v1/items", params={"after": first["cursor"]})
        assert answer.headers["content-encoding"] == "gzip"
        assert len(answer.json()["events"]) == 3
        again = await http.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def no_event_is_lost_in_a_reload(folder: Path, up: TickerUp, url: str) -> None:
    """Change the configuration under connected readers, as operators do with ``caddy reload``."""
    clock = asyncio.get_running_loop().time
    kinds: tuple[type[Reader], ...] = (WebSocketReader, EventStreamReader, PollReader)
    readers = [kind(kind.transport, url, clock) for kind in kinds]
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    published: list[str] = []

    async def everybody_has(count: int) -> None:
        for _ in range(count):
            item = (await up.publish(f"Reload {len(published)}"))["item"]
            published.append(item["id"])
        await wait_until(lambda: late(published[-1]), lambda late: not late)

    def late(item: str) -> list[ReaderLog]:
        """Return the logs of the readers that have not seen ``item``; raise what ended one."""
        for task in reading:
            if task.done():
                task.result()
        return [reader.log for reader in readers if not reader.saw(item)]

    try:
        await wait_until(lambda: all(reader.log.seen for reader in readers))
        await everybody_has(3)
        port = int(url.rpartition(":")[2])
        command, environment = caddy(folder, port, up.url.removeprefix("http://"))
        changed(Path(command[-1]))
        options = ("--adapter", "caddyfile", "--config", command[-1])
        reload = asyncio.create_task(caddy_says(environment, "reload", *options))
        while not reload.done():
            await everybody_has(1)
        await reload
        await everybody_has(3)
        for reader in readers:
            assert [
                shown.item
                for seen in reader.log.seen
                if seen.action == "publish"
                for shown in seen.shown
            ] == published, reader.log
            assert not any(seen.reset for seen in reader.log.seen)
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


def changed(config: Path) -> None:
    """Change a time in the configuration: Caddy ignores a reload of what it has."""
    old = config.read_text()
    assert "idle 60s" in old
    config.write_text(old.replace("idle 60s", "idle 59s"))
