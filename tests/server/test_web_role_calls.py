"""Calls and commands of a publish: each of them adds to the latency of every item."""

from __future__ import annotations

import gc
import sys
from types import FrameType
from typing import Any

import orjson

from tests.support.drafts import draft
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.server.web_role import create_app
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore

CALLS_MAX = 168
"""Python calls from the application to the first byte of the commit; 165 in November 2026."""
COMMANDS_MAX = 23
"""Commands of the store, those of the script included, in November 2026."""


class CallCount:
    """Counts the calls of this thread from ``start`` to the next command.

    No garbage is collected meanwhile: what others have asked to be called for it, as Hypothesis
    does, would be counted.
    """

    def __init__(self) -> None:
        self.calls = 0

    def start(self) -> None:
        gc.disable()
        sys.setprofile(self._note)

    def stop(self) -> None:
        sys.setprofile(None)
        gc.enable()

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            self.calls += 1
            if frame.f_code.co_name == "send_packed_command":
                self.stop()


async def test_few_calls_are_made_before_an_item_is_sent_to_the_store(
    redis: Redis, keys: Keys, settings: Settings, live: LaneStore
) -> None:
    await live.open()
    key, _ = await create(redis, keys, "ana")
    app = create_app(settings)
    count = CallCount()

    async def publish(number: int, *, counted: bool = False) -> int:
        sent: list[Any] = []
        fields = {"headline": f"Ferry {number} leaves on time", "edition": "en", "force": True}
        body = orjson.dumps(fields)
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/items",
            "root_path": "",
            "query_string": b"",
            "client": ("127.0.0.1", 1),
            "headers": [
                (b"host", b"news.test"),
                (b"authorization", f"Bearer {key}".encode()),
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
            ],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        if counted:
            count.start()
        await app(scope, receive, send)
        return int(sent[0]["status"])

    async with app.router.lifespan_context(app):
        statuses = [await publish(number, counted=number == 3) for number in range(4)]
    assert statuses == [201] * 4
    assert 50 < count.calls <= CALLS_MAX


async def test_a_commit_is_few_commands(items: ItemService, redis: Redis, live: LaneStore) -> None:
    await live.open()
    await items.publish(draft(), by="ana")  # loads the script
    await redis.config_resetstat()
    await items.publish(draft(), by="ana")
    found = await redis.info("commandstats")
    calls = {name: one["calls"] for name, one in found.items() if "config" not in name}
    assert calls["cmdstat_xadd"] == 3  # wire, lane and audit
    assert sum(calls.values()) <= COMMANDS_MAX
