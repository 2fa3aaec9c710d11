"""The server that stops at an event: on one real socket, with nothing that mocks uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import uvicorn

from tests.support.waiting import wait_until
from ticker.server.event_server import EventServer

START_SECONDS = 30.0


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class CountingServer(EventServer):
    """Counts its ticks."""

    ticks = 0

    async def on_tick(self, counter: int) -> bool:
        self.ticks += 1
        return await super().on_tick(counter)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[tuple[CountingServer, asyncio.Task[None]]]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="warning")
    server = CountingServer(config)
    task = asyncio.create_task(server.serve())
    try:
        await wait_until(lambda: server.started and server.ticks == 1, seconds=START_SECONDS)
        yield server, task
    finally:
        server.should_exit = True
        await task


def by_the_caller(server: EventServer) -> None:
    server.should_exit = True


def by_a_signal(server: EventServer) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("stop", [by_the_caller, by_a_signal])
async def test_it_stops_at_once_and_not_at_the_next_tick(
    stop: Callable[[EventServer], None],
) -> None:
    # uvicorn raises a signal that it has caught once more, for a handler of ours.
    raised: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: raised.append(number))
    try:
        async with running() as (server, task):
            stop(server)
            await asyncio.wait_for(task, START_SECONDS)
            assert server.ticks == 2  # the one of its start, and the one that finds it stops
    finally:
        signal.signal(signal.SIGTERM, before)
    assert raised == ([signal.SIGTERM] if stop is by_a_signal else [])


async def test_an_answer_has_the_date_of_the_current_second() -> None:
    async with running() as (server, _):
        port = server.servers[0].sockets[0].getsockname()[1]
        dates = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            head = (await asyncio.wait_for(reader.read(), 30)).decode()
            writer.close()
            [line] = [one for one in head.split("\r\n") if one.startswith("date: ")]
            dates.append(parsedate_to_datetime(line.removeprefix("date: ")))
            due = server.ticks + 2
            await wait_until(lambda: server.ticks, due.__le__, seconds=START_SECONDS)
        assert dates[1] > dates[0]


async def test_a_stopped_server_may_be_told_to_stop_again() -> None:
    async with running() as (server, task):
        server.should_exit = True
        await task
        server.should_exit = True
    assert server.should_exit


async def test_a_server_whose_task_was_cancelled_may_be_told_to_stop() -> None:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="warning")
    server = CountingServer(config)

    def serve_and_cancel() -> None:
        async def main() -> None:
            task = asyncio.create_task(server.serve())
            await wait_until(lambda: server.ticks == 1, seconds=START_SECONDS)
            task.cancel()
            await asyncio.wait([task])
            for listening in server.servers:  # uvicorn leaves them open then
                listening.close()
                await listening.wait_closed()

        asyncio.run(main())

    await asyncio.to_thread(serve_and_cancel)
    server.should_exit = True  # its loop is closed
    assert server.should_exit
