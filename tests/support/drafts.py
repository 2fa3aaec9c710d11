"""Drafts, and counts of what a server was asked."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tests.support.waiting import wait_past
from ticker.domain.draft import Change, Draft
from ticker.domain.errors import ImplausibleTime
from ticker.domain.item import Item
from ticker.publishing.import_record import Incoming
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis

T = TypeVar("T")
_numbers = itertools.count(1)


def draft(headline: str | None = None, **fields: Any) -> Draft:
    """Return a draft; without a headline, one that no other draft has."""
    line = headline or f"Harbour reopens after storm, berth {next(_numbers)} cleared"
    return Draft.model_validate({"headline": line, "edition": "en"} | fields)


def change(**fields: Any) -> Change:
    return Change.model_validate(fields)


async def publish_all(items: ItemService, drafts: Iterable[Draft]) -> list[Item]:
    """Publish drafts in order, in one pipeline as an import does; return their items."""
    entries = [Incoming(None, one) for one in drafts]
    found = []
    for done in await items.importer.run(entries, by="ana"):
        assert isinstance(done, Imported), done
        assert done.item is not None
        found.append(done.item)
    return found


async def when_due(
    make: Callable[[datetime], Awaitable[T]], undo: Callable[[], Awaitable[object]]
) -> tuple[datetime, T]:
    """Await ``make`` of a time that is still to come when it returns; return both after that time.

    A busy machine may take longer for it than that, and what it makes is out or refused then:
    ``undo`` is awaited, and ``make`` gets a time that is further ahead.
    """
    ahead = timedelta(seconds=0.25)
    while True:
        at = datetime.now(UTC) + ahead
        try:
            made = await make(at)
            if datetime.now(UTC) < at:
                await wait_past(at)
                return at, made
        except (ImplausibleTime, AssertionError):
            if datetime.now(UTC) < at:
                raise
        await undo()
        ahead *= 3


@contextlib.asynccontextmanager
async def counted(redis: Redis) -> AsyncIterator[dict[str, int]]:
    """Yield a dict that says, after the block, how often each command arrived in it.

    What scripts call is left out, which INFO commandstats cannot do; MONITOR tells them apart. So
    is the greeting of new connections.
    """
    calls: dict[str, int] = {}
    async with redis.monitor() as monitor:
        yield calls
        await redis.echo("end of count")
        async for seen in monitor.listen():
            if seen["client_type"] == "lua":
                continue
            name = seen["command"].split(" ")[0].upper()
            if name == "ECHO":
                break
            if name == "HELLO":
                continue
            calls[name] = calls.get(name, 0) + 1
