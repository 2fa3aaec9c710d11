"""Telling WebSub hubs that feeds have news (W3C WebSub §2; hubs know it as ``hub.mode=publish``).

Each hub has a task of its own that reads the lane behind a position kept in Redis. The lane is what
gateways serve, so that a hub which fetches at once finds the news; the position outlives a crash,
so that no notification is lost; and the relay knows nothing of it, so that no hub can hold up a
live screen or another hub. A notification may be sent twice, which a hub takes as one.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable

import httpx

from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import LaneEvent, read_lane
from ticker.feeds.formats.websub_topics import topics_of
from ticker.feeds.websub_store import Announced
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.store import Entry, LaneStore

log = logging.getLogger(__name__)

HUBS_MAX = 8
"""Hubs that are told; further ones are named in the log."""

GAP = 10.0
"""Seconds between two notifications of one topic. What happens within is told at their end."""
LINGER = 0.25
"""Seconds between two looks at the lane while there is news, however much there is."""
BATCH = 500
BLOCK_MS = 5_000
"""How long one look waits for news; the turn is renewed after each."""
TURN_MS = 30_000
"""A worker that dies is replaced after this."""
TAKEN = 5.0
"""Seconds after which a worker asks again whether it is its turn."""

TIMEOUT = 5.0
"""Seconds that a hub gets for one answer."""
AT_ONCE = 4
"""Notifications under way to one hub."""
TRIES = 8
RETRY_MIN, RETRY_MAX = 1.0, 60.0
"""Seconds between tries, doubled and jittered: about two minutes until the hub is given up. The
next news is a new beginning, and tells the hub what it missed: it fetches whole feeds."""


class Hub:
    """Tells one hub. ``step`` and ``lost`` are for ``Steady``; ``aclose`` once at the end."""

    def __init__(
        self,
        hub: str,
        lane: LaneStore,
        announced: Announced,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        gap: float = GAP,
    ) -> None:
        self.url = hub
        self.given_up = 0
        """Notifications that were dropped: refused, or failed too often."""
        self._lane = lane
        self._announced = announced
        self._base = settings.public_url
        self._editions = tuple(settings.editions)
        self._clock = clock
        self._gap = gap
        self._worker = secrets.token_hex(8)
        self._http = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)
        self._after: StreamId | None = None
        self._unsaved = False
        """Whether there was news since the position was saved."""
        self._pending: set[str] = set()
        """At most one entry a topic."""
        self._told: dict[str, float] = {}
        self._failures = 0
        self._retry_at = 0.0

    def lost(self) -> None:
        """Forget what only Redis knows; the next step asks it."""
        self._after = None

    async def aclose(self) -> None:
        """Give up the connections, and the turn if it was ours."""
        await self._http.aclose()
        try:
            await self._announced.give_turn(self._worker)
        except Unavailable:
            return  # it runs out by itself

    async def step(self) -> float:
        """Look for news and tell the hub what is due; return the seconds until the next look.

        Raises Unavailable when Redis is away.
        """
        if not await self._announced.take_turn(self._worker, TURN_MS):
            self._after = None  # the one whose turn it is moves the position
            self._pending.clear()
            return TAKEN
        after = await self._position()
        entries = await self._lane.read(after, self._block_ms(), BATCH)
        if entries:
            after = self._after = entries[-1][0]
            editions = _editions(entries)
            self._pending |= self._topics(editions)
            self._unsaved |= bool(editions)  # heartbeats alone are not worth a write
        await self._tell(self._due())
        if self._unsaved and not self._pending:
            await self._announced.save(after)
            self._unsaved = False
        return LINGER if entries else 0.0

    async def _position(self) -> StreamId:
        """Return where to read on. Where that was trimmed from the lane, all topics are news."""
        if self._after is None:
            _, floor, top = await self._lane.open()
            known = await self._announced.position()
            if known is None:
                known = top  # a new hub: what is out already it fetches when somebody subscribes
                await self._announced.save(top)
            elif known < floor or known > top:
                self._pending |= self._topics(self._editions)
                known = top if known > top else floor
                self._unsaved = True
            self._after = known
        return self._after

    def _topics(self, editions: Iterable[str]) -> set[str]:
        return {topic for edition in editions for topic in topics_of(self._base, edition)}

    def _wait(self) -> float | None:
        """Return the seconds until something is due, None if nothing is pending."""
        if not self._pending:
            return None
        first = min(self._told.get(topic, -self._gap) + self._gap for topic in self._pending)
        return max(0.0, max(first, self._retry_at) - self._clock())

    def _block_ms(self) -> int:
        wait = self._wait()
        return BLOCK_MS if wait is None else min(BLOCK_MS, int(wait * 1000))

    def _due(self) -> list[str]:
        now = self._clock()
        if now < self._retry_at:
            return []
        return sorted(
            topic
            for topic in self._pending
            if topic not in self._told or self._told[topic] + self._gap <= now
        )

    async def _tell(self, due: list[str]) -> None:
        for start in range(0, len(due), AT_ONCE):
            few = due[start : start + AT_ONCE]
            outcomes = await asyncio.gather(*(self._publish(topic) for topic in few))
            for topic, why in zip(few, outcomes, strict=True):
                if why is None:
                    self._pending.discard(topic)
                    self._told[topic] = self._clock()
            failed = next((why for why in outcomes if why is not None), None)
            if failed is not None:
                self._failed(failed)  # the others would fail as well, and take their time
                return
        if due:
            if self._failures:
                log.info("WebSub hub %s answers again", self.url)
            self._failures = 0
            self._retry_at = 0.0

    def _failed(self, why: str) -> None:
        self._failures += 1
        if self._failures == 1:
            log.warning("WebSub hub %s was not told and is tried again: %s", self.url, why)
        if self._failures % TRIES == 0:
            log.error("WebSub hub %s is given up until there is news again: %s", self.url, why)
            self.given_up += len(self._pending)
            self._pending.clear()
        longest = min(RETRY_MAX, RETRY_MIN * 2.0 ** min((self._failures - 1) % TRIES, 16))
        self._retry_at = self._clock() + random.uniform(longest / 2, longest)

    async def _publish(self, topic: str) -> str | None:
        """Tell the hub of ``topic``; return None if it is done with, or why it failed.

        Both names of the topic are sent: W3C WebSub leaves this call to the hubs, and they differ.
        """
        form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
        try:
            async with (
                asyncio.timeout(2 * TIMEOUT),
                self._http.stream("POST", self.url, data=form) as response,
            ):
                status = response.status_code  # what else it says may be endless
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
        if status < 300:
            return None
        if status == 429 or status >= 500:
            return f"status {status}"
        if self.given_up == 0:
            log.error("WebSub hub %s refuses %s: status %d", self.url, topic, status)
        self.given_up += 1
        return None


def hubs(settings: Settings, lane: LaneStore, redis: Redis, keys: Keys) -> list[Hub]:
    """Return a teller for each hub in the settings; none without ``public_url``, and says so."""
    if not settings.websub_hubs:
        return []
    if not settings.public_url:
        log.error(
            "websub_hubs is set and public_url is not: hubs cannot be told of feeds without an "
            "address. No hub is told; set TICKER_PUBLIC_URL."
        )
        return []
    names = list(dict.fromkeys(settings.websub_hubs))
    if len(names) > HUBS_MAX:
        log.error("only the first %d WebSub hubs are told, not %s", HUBS_MAX, names[HUBS_MAX:])
    return [Hub(name, lane, Announced(redis, keys, name), settings) for name in names[:HUBS_MAX]]


def _editions(entries: Iterable[Entry]) -> set[str]:
    found = set()
    for id, record in entries:
        try:
            entry = read_lane(id, record, 0)
        except (ValueError, KeyError):
            continue  # what no gateway can read is in no feed
        if isinstance(entry, LaneEvent):
            found.add(entry.edition)
    return found
