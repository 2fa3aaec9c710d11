"""``ticker up`` with real processes and a real data directory."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import socket
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.ticker_up import (
    TickerUp,
    gone,
    is_running,
    running,
    started,
    up_command,
    up_environment,
)
from tests.support.waiting import stays, wait_until
from ticker.cli.up.environment import LOCAL_CONTACT
from ticker.push import vapid_keys
from ticker.storage.connection import connect
from ticker.storage.editor_keys import listing, revoke
from ticker.storage.keys import Keys

pytestmark = pytest.mark.faults


async def test_the_life_of_a_data_directory(tmp_path: Path) -> None:
    """Five newsrooms, one after the other: starting one takes seconds."""
    data = tmp_path / "the news of Orléans"
    first = await the_first_start_says_where_it_is(data)
    second = await a_restart_keeps_items_cursors_and_keys(data, first)
    await kill_9_lost_nothing_and_a_second_one_is_refused(data, [second, first["item"]["id"]])
    await a_revoked_key_stays_revoked(data)


async def the_first_start_says_where_it_is(data: Path) -> dict[str, Any]:
    """Return the answer to what was published."""
    async with running(data) as up:
        assert set(up.run["children"]) == {
            *("valkey", "stream", "delivery", "archive", "web", "gateway"),
        }
        assert all(map(is_running, up.pids))
        assert up.run["pid"] == up.process.pid
        assert mode(data) == 0o700
        assert mode(data / "key") == 0o600
        async with httpx.AsyncClient(base_url=up.url) as http:
            assert (await http.get("/readyz")).status_code == 200
        file = data / "vapid.pem"
        assert mode(file) == 0o600
        for child in ("web", "gateway", "stream", "delivery"):
            environment = environment_of(up.pid(child))
            assert f"TICKER_VAPID_KEY_FILE={file}" in environment
            assert f"TICKER_PUSH_CONTACT={LOCAL_CONTACT}" in environment
        first = await up.publish("Before the stop")
        url, pids = up.url, up.pids
        assert await up.stop() == 0
        output = await up.output()
    assert "Ticker is running" in output
    assert f"{url}/" in output
    assert f"{data}/key (new)" in output
    assert 'publish "Hello, newsroom" --edition en' in output
    assert f"TICKER_URL={url} TICKER_DATA={shlex.quote(str(data))}" in output
    assert "Traceback" not in output
    assert not (data / "run.json").exists()
    assert not any(map(is_running, pids))
    return first


async def a_restart_keeps_items_cursors_and_keys(data: Path, first: dict[str, Any]) -> str:
    """The Web Push key too. End it by kill -9; return the id of what was published before."""
    key, public = (data / "key").read_text(), vapid_keys.read(data / "vapid.pem").public
    async with running(data) as up:
        assert (data / "key").read_text() == key
        assert vapid_keys.read(data / "vapid.pem").public == public
        assert [item["id"] for item in (await up.items())["items"]] == [first["item"]["id"]]
        since = await up.items(after=first["cursor"])
        assert (since["mode"], since["events"]) == ("live", [])
        second = (await up.publish("Just before the crash"))["item"]["id"]
        since = await wait_until(
            lambda: up.items(after=first["cursor"]), lambda found: found["events"]
        )
        assert [event["item"]["id"] for event in since["events"]] == [second]
        pids = up.pids
        up.process.kill()
        await up.process.wait()
        await gone(*pids)
    return str(second)


async def kill_9_lost_nothing_and_a_second_one_is_refused(data: Path, ids: list[str]) -> None:
    """The one that runs prints one JSON object, is not harmed, and loses its key at the end."""
    async with running(data, "--json") as up:
        assert [found["id"] for found in (await up.items())["items"]] == ids
        assert up.process.stdout is not None
        assert json.loads(await up.process.stdout.readline()) == up.run
        async with started(data) as second:
            assert await asyncio.wait_for(second.process.wait(), 20) == 2
            output = await second.output()
        assert f"process {up.process.pid}, {up.url}" in output
        assert "--data DIR" in output
        await up.publish("Still here")
        redis, keys = connect(up.run["redis_url"]), Keys("ticker")
        (mine,) = await listing(redis, keys)
        assert mine.name == "ticker up"
        await revoke(redis, keys, mine.id)
        await redis.aclose()
        assert await up.stop(signal.SIGTERM) == 0  # what service managers send


async def a_revoked_key_stays_revoked(data: Path) -> None:
    async with running(data) as up:
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            await up.publish("With a revoked key")
        assert await up.stop() == 0
        assert "has been revoked" in await up.output()
    (data / "key").unlink()
    async with running(data) as up:
        await up.publish("With a new key")
        assert await up.stop() == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def environment_of(pid: int | None) -> list[str]:
    return Path(f"/proc/{pid}/environ").read_text().split("\0")


async def test_a_port_in_use_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with started(tmp_path, "--port", str(port)) as up:
            assert await asyncio.wait_for(up.process.wait(), 20) == 2
            output = await up.output()
    assert f"Port {port} on 127.0.0.1 cannot be used: Address already in use" in output
    assert not (tmp_path / "valkey").exists()


async def test_a_killed_child_is_restarted_and_the_address_stays(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        expected = [(await up.publish("Before"))["item"]["id"]]
        for child in ("gateway", "web", "stream", "delivery", "archive", "valkey"):
            old = up.pid(child)
            assert old is not None
            os.kill(old, signal.SIGKILL)
            await gone(old)
            # The supervisor holds the listening socket: a connection waits, it is not refused.
            async with httpx.AsyncClient(base_url=up.url, timeout=20) as http, asyncio.timeout(60):
                await wait_until(
                    lambda: http.get("/readyz"),
                    lambda found: not (up.pid(child) in (None, old) or found.status_code != 200),
                )
            expected.insert(0, (await up.publish_meanwhile(f"After {child}"))["item"]["id"])
            shown = await wait_until(
                lambda: up.items(), lambda found: len(found["items"]) == len(expected)
            )
            assert [item["id"] for item in shown["items"]] == expected
        assert await up.stop() == 0
        output = await up.output()
    for child in ("gateway", "web", "stream", "delivery", "archive", "valkey"):
        assert f"{child} was killed by SIGKILL; restarting it" in output


async def test_the_demo_publishes_and_a_second_ctrl_c_stops_immediately(tmp_path: Path) -> None:
    """With a reader connected and a drain of minutes, one signal would take minutes."""
    async with running(tmp_path, "--demo", TICKER_DRAIN_TIME="300") as up:
        shown = await wait_until(lambda: up.items(tag="demo"), lambda found: found["items"])
        items = shown["items"]
        assert items[0]["edition"] in ("en", "es", "ar")
        assert items[0]["expires_at"] is not None
        pids = up.pids
        async with (
            httpx.AsyncClient(base_url=up.url, timeout=None) as http,
            http.stream("GET", "/v1/events") as stream,
        ):
            lines = stream.aiter_lines()
            await anext(lines)
            up.process.send_signal(signal.SIGINT)
            await stays(lambda: up.process.returncode is None, 0.2)
            assert await up.stop() == 0
        assert not any(map(is_running, pids))


async def test_a_redis_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"redis://:hush@127.0.0.1:{free.getsockname()[1]}/0"
        async with started(tmp_path, "--redis-url", url) as up:
            assert await asyncio.wait_for(up.process.wait(), 30) == 3
            output = await up.output()
    assert "Cannot use Redis" in output
    assert "hush" not in output


async def test_sighup_replaces_the_server_and_the_end_of_the_terminal_stops_the_newsroom(
    tmp_path: Path,
) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = await asyncio.create_subprocess_exec(
            *("setsid", "--ctty", *up_command(tmp_path)), env=up_environment(), stdin=theirs
        )
        os.close(theirs)
        up = TickerUp(process, tmp_path)
        try:
            await up.ready()
            old = {name: up.pid(name) for name in ("gateway", "web", "stream", "valkey")}
            process.send_signal(signal.SIGHUP)
            await gone(*(pid for name in ("gateway", "web") if (pid := old[name])))
            await wait_until(
                lambda: up.pid("gateway"), lambda found: found not in (None, old["gateway"])
            )
            assert (up.pid("stream"), up.pid("valkey")) == (old["stream"], old["valkey"])
            await up.publish("After the reload")
            terminal.close()
            assert await asyncio.wait_for(process.wait(), 30) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
