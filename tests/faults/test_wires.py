"""kill -9 of the worker that looks at a feed, in the middle of its import: no entry is lost."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import orjson
import pytest

from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from tests.support.waiting import wait_until
from tests.support.worker_process import worker_process
from ticker.config import Settings
from ticker.publishing.service import ItemService, system_clock
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.wires.feed import Feed
from ticker.wires.store import Wires
from workers.wires import WireDesk

pytestmark = pytest.mark.faults

ENTRIES = 200
MANY = {
    "ticker.wires.selection.FIRST_MAX": ENTRIES,
    "workers.wires.LINES_AT_ONCE": 1,  # so that the kill falls between two of them
}
BRIEF = {"workers.wires.LEASE_MS": 1_000}
"""Of the worker that is killed: the next one waits no longer."""


class Agency(ScriptedServer):
    """A feed with many entries, which are the same at each look."""

    def __init__(self) -> None:
        super().__init__([])
        items = [{"id": str(number), "title": f"Ferry {number} late"} for number in range(ENTRIES)]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Agency", "items": items}
        self.body = orjson.dumps(feed)

    def answer(self, asked: Asked) -> Answer:
        return Answer(200, self.body, {"Content-Type": "application/feed+json"})


async def test_after_a_kill_in_the_import_the_next_worker_makes_the_other_drafts(
    redis: Redis,
    keys: Keys,
    items: ItemService,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = (ipaddress.ip_network("127.0.0.0/8"),)
    wires = Wires(redis, keys)
    async with listening(Agency()) as web:
        await wires.add(Feed("ap", f"{web.url}/feed", "en"), system_clock())
        with worker_process(
            settings.redis_url,
            tmp_path,
            role="stream",
            constants={**MANY, **BRIEF},
            namespace=settings.namespace,
            outbound_private_networks='["127.0.0.0/8"]',
        ) as killed:

            async def made() -> int:
                return int(await command(redis, "ZCARD", keys.wire_drafts))

            await wait_until(made)
            killed.kill()
            killed.wait()
        assert 0 < await made() < ENTRIES
        assert (await wires.get("ap"))[1].looked_ms is None, "what was seen is saved at the end"
        for name, value in MANY.items():
            monkeypatch.setattr(name, value)
        own = settings.model_copy(update={"outbound_private_networks": here})
        desk = WireDesk(wires, items, own)
        try:

            async def looked() -> bool:
                await desk.step()
                await desk.idle()
                return (await wires.get("ap"))[1].looked_ms is not None

            await wait_until(looked)
        finally:
            await desk.aclose()
    drafts = await items.wire_drafts(2 * ENTRIES)
    assert sorted(one.headline for one in drafts) == sorted(
        f"Ferry {number} late" for number in range(ENTRIES)
    )
    assert {one.version for one in drafts} == {1}
    assert len(web.asked) == 2
