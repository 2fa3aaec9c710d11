"""kill -9 of the delivering process: only the event in flight comes twice, none is lost."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tests.support.webhook_newsroom import WebhookNewsroom, receiving
from tests.support.worker_process import worker_process
from ticker.config import Settings

pytestmark = pytest.mark.processes

EVENTS = 30
KILL_AT = 12


def worker(
    settings: Settings, folder: Path
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    return worker_process(
        settings.redis_url,
        folder,
        role="delivery",
        # A dead worker's lease ends five seconds after it.
        constants={"workers.webhooks.sender.TIMEOUT": 1.0},
        namespace=settings.namespace,
        outbound_private_networks='["127.0.0.0/8"]',
    )


class Halting:
    """Accept the ``KILL_AT``-th event without an answer; answer 204 to all others."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.halted = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:-2])
                await reader.readexactly(int(headers["content-length"]))
                self.ids.append(headers["webhook-id"])
                if len(self.ids) == KILL_AT:
                    self.halted.set()
                    await reader.read()  # until the other side is gone
                    break
                writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
                await writer.drain()
        writer.close()


@pytest.mark.faults
async def test_a_worker_killed_in_mid_drain_repeats_the_event_under_way_and_no_other(
    newsroom: WebhookNewsroom, settings: Settings, tmp_path: Path
) -> None:
    receiver = Halting()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        made = await newsroom.endpoint(f"http://127.0.0.1:{port}/")
        for _ in range(EVENTS):
            await newsroom.publish()
        with worker(settings, tmp_path):
            await asyncio.wait_for(receiver.halted.wait(), 20)
        # killed on leaving the block, while it waits for the answer
        with worker(settings, tmp_path):
            await wait_until(
                lambda: newsroom.state(made.id), lambda found: found.delivered >= EVENTS, seconds=60
            )
        log = (tmp_path / "log").read_text()
    assert len(receiver.ids) == EVENTS + 1, log
    again = receiver.ids.pop(KILL_AT)
    assert again == receiver.ids[KILL_AT - 1]
    assert receiver.ids == sorted(set(receiver.ids)), "every one once, in order"


@pytest.mark.faults
async def test_two_processes_share_the_work_and_deliver_each_event_once(
    newsroom: WebhookNewsroom, settings: Settings, tmp_path: Path
) -> None:
    async with receiving() as receiver:
        made = await newsroom.endpoint(receiver.url)
        with worker(settings, tmp_path), worker(settings, tmp_path):
            for turn in range(1, 4):
                await asyncio.gather(*(newsroom.publish() for _ in range(10)))
                await wait_until(lambda: len(receiver.ids) >= 10 * turn, seconds=60)
            await wait_until(
                lambda: newsroom.state(made.id), lambda found: found.delivered >= EVENTS, seconds=60
            )
    assert len(receiver.ids) == len(set(receiver.ids)) == EVENTS
    sent = [one.json["data"]["cursor"] for one in receiver.asked]
    assert sent == sorted(sent)
