"""Notifies WebSub hubs that feeds have changed (W3C WebSub §2, ``hub.mode=publish``).

Each hub has a task of its own that reads the lane after a position kept in Redis. It notifies when
the web processes have read the change too, so a hub that fetches at once finds it in the feed. The
position survives a crash, so no notification is lost. The relay does not know of hubs, so none can
delay a live screen or another hub. A notification may be sent twice, which a hub treats as one.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from ticker.config import Settings
from ticker.domain import backoff, retry_after
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import LaneEvent, read_lane
from ticker.feeds.formats.websub_topics import topics_of
from ticker.feeds.websub_store import HubProgress
from ticker.net.client import HttpClient
from ticker.net.headers import Head
from ticker.net.reply import Unanswered
from ticker.net.resolver import split_url
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import Entry, LaneStore

log = logging.getLogger(__name__)

HUBS_MAX = 8
"""Hubs that are notified; further ones are named in the log."""

GAP = 10.0
"""Seconds between two notifications of one topic. Changes within are notified at their end."""
SERVED_AFTER = 0.25
"""Seconds after which every web process has an event: each looks at the lane ten times a second.
However many changes there are, the lane is not read more often."""
BATCH = 500
BLOCK_MS = 2_000
"""Milliseconds that one read waits for changes; the lease is renewed after each."""
LEASE_MS = 30_000
"""Milliseconds after which a worker that died is replaced."""
TAKEN = 5.0
"""Seconds after which a worker tries again to take the lease."""

TIMEOUT = 5.0
"""Seconds to connect to a hub; a notification may take twice as long."""
BODY_TIMEOUT = 0.25
"""Seconds for the body of an answer. It is not read; its connection may be used again."""
AT_ONCE = 4
"""Notifications under way to one hub."""
TRIES = 8
RETRY_MIN, RETRY_MAX = 1.0, 60.0
"""Seconds between tries, doubled and jittered: about two minutes until the hub is given up. The
next change starts over, and makes up for what the hub missed: it fetches whole feeds."""
RETRY_AFTER_MAX = 3_600.0
"""Seconds that a hub may ask to wait; it is tried again after them if it asks for more."""

_HEAD = Head([(b"content-type", b"application/x-www-form-urlencoded")])


class WebSubHub:
    """Notifies one hub. A ``SupervisedTask`` calls ``step`` and ``lost``; ``aclose`` ends it."""

    def __init__(
        self,
        hub: str,
        lane: LaneStore,
        progress: HubProgress,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        gap: float = GAP,
    ) -> None:
        self.url = hub
        self.given_up = 0
        """Notifications that were dropped: refused, or failed too often."""
        self._lane = lane
        self._progress = progress
        self._base = settings.public_url
        self._protected = settings.protected_editions
        """A hub has no token: it is not told of what it cannot fetch."""
        self._editions = frozenset(settings.editions) - self._protected
        self._clock = clock
        self._gap = gap
        self._worker = secrets.token_hex(8)
        # The operator names the hubs: any address may be asked.
        self._http = HttpClient(
            timeout=2 * TIMEOUT, connect_timeout=TIMEOUT, body_timeout=BODY_TIMEOUT, allow=None
        )
        self._after: StreamId | None = None
        self._unsaved = False
        """Whether there were changes since the position was saved."""
        self._pending: set[str] = set()
        """At most one entry a topic."""
        self._notified: dict[str, float] = {}
        """When each topic was last notified."""
        self._failures = 0
        self._retry_at = 0.0

    def lost(self) -> None:
        """Forget what only Redis knows; the next step asks it."""
        self._after = None

    async def aclose(self) -> None:
        """Close the connections, and release the lease if this worker holds it."""
        await self._http.aclose()
        try:
            await self._progress.release(self._worker)
        except Unavailable:
            return  # the lease expires by itself

    async def step(self) -> float:
        """Read the lane and send due notifications; return the seconds until the next step.

        Raises Unavailable when Redis is away.
        """
        if not await self._progress.acquire(self._worker, LEASE_MS):
            self._after = None  # the worker with the lease moves the position
            self._pending.clear()
            return TAKEN
        after = await self._position()
        entries = await self._lane.read(after, self._block_ms(), BATCH)
        if entries:
            after = self._after = entries[-1][0]
            editions = _editions(entries) - self._protected
            self._pending |= self._topics(editions)
            self._unsaved |= bool(editions)  # heartbeats alone are not worth a write
            await asyncio.sleep(SERVED_AFTER)
        await self._notify(self._due())
        if self._unsaved and not self._pending:
            await self._progress.save(after)
            self._unsaved = False
        return 0.0

    async def _position(self) -> StreamId:
        """Return the position to read after. If the lane was trimmed there, all topics are due."""
        if self._after is None:
            _, floor, top = await self._lane.open()
            known = await self._progress.position()
            if known is None:
                known = top  # a new hub fetches what is published when somebody subscribes
                await self._progress.save(top)
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
        first = min(self._notified.get(topic, -self._gap) + self._gap for topic in self._pending)
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
            if topic not in self._notified or self._notified[topic] + self._gap <= now
        )

    async def _notify(self, due: list[str]) -> None:
        for start in range(0, len(due), AT_ONCE):
            few = due[start : start + AT_ONCE]
            outcomes = await asyncio.gather(*(self._publish(topic) for topic in few))
            for topic, failure in zip(few, outcomes, strict=True):
                if failure is None:
                    self._pending.discard(topic)
                    self._notified[topic] = self._clock()
            failed = next((failure for failure in outcomes if failure is not None), None)
            if failed is not None:
                self._failed(*failed)  # the others would fail as well, and take their time
                return
        if due:
            if self._failures:
                log.info("WebSub hub %s is back", self.url)
            self._failures = 0
            self._retry_at = 0.0

    def _failed(self, why: str, after: float | None) -> None:
        self._failures += 1
        if self._failures == 1:
            log.warning("WebSub hub %s: notification failed, retrying: %s", self.url, why)
        if self._failures % TRIES == 0:
            log.error("WebSub hub %s: given up until the next change: %s", self.url, why)
            self.given_up += len(self._pending)
            self._pending.clear()
        tries = (self._failures - 1) % TRIES + 1
        wait = backoff.delay(
            tries, first=RETRY_MIN, last=RETRY_MAX, jitter=random.random(), floor=0.5
        )
        self._retry_at = self._clock() + max(wait, after or 0.0)

    async def _publish(self, topic: str) -> tuple[str, float | None] | None:
        """Notify the hub of ``topic``.

        Return None if that is done with; otherwise why it failed, and the seconds that the hub
        asks to wait. Both names of the topic are sent: W3C WebSub leaves this call to the hubs, and
        they differ.
        """
        form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
        try:
            origin, path = split_url(self.url)
            reply = await self._http.post(origin, path, _HEAD, (), urlencode(form).encode())
        except Unanswered as error:
            return error.why, None
        status = reply.status
        if status < 300:
            return None
        if status == 429 or status >= 500:
            after = reply.headers.get(b"retry-after")
            return f"status {status}", retry_after.seconds(
                after, time.time(), longest=RETRY_AFTER_MAX
            )
        if self.given_up == 0:
            log.error("WebSub hub %s refuses %s: status %d", self.url, topic, status)
        self.given_up += 1
        return None


def hubs(settings: Settings, lane: LaneStore, redis: Redis, keys: Keys) -> list[WebSubHub]:
    """Return the hubs of the settings; none without ``public_url``, which is logged."""
    if not settings.websub_hubs:
        return []
    if not settings.public_url:
        log.error(
            "websub_hubs is set but public_url is not: the feeds have no address that hubs could "
            "fetch. No hub is notified; set TICKER_PUBLIC_URL."
        )
        return []
    names = list(dict.fromkeys(settings.websub_hubs))
    if len(names) > HUBS_MAX:
        log.error("only the first %d WebSub hubs are notified, not %s", HUBS_MAX, names[HUBS_MAX:])
    return [
        WebSubHub(name, lane, HubProgress(redis, keys, name), settings) for name in names[:HUBS_MAX]
    ]


def _editions(entries: Iterable[Entry]) -> set[str]:
    found = set()
    for id, record in entries:
        try:
            entry = read_lane(id, record, 0)
        except ValueError:
            continue  # no gateway can read it, so it is in no feed
        if isinstance(entry, LaneEvent):
            found.add(entry.edition)
    return found
