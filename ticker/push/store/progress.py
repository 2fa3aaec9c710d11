"""The progress of each send in Redis, stored together with its receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import orjson

from ticker.domain.cursor import StreamId
from ticker.domain.item import Item
from ticker.push.model.alert_decision import KEEP_MS, Kind
from ticker.push.model.progress import Mark, PendingRecipient, Progress
from ticker.push.model.subscription import ProviderName
from ticker.push.model.verdicts import Outcome
from ticker.push.store.subscriptions import PAGE_MAX, Page, Shard, read_page
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script

TOO_LATE = "too_late"
ENDED = "ended"
SKIPPED = "skipped"
HELD = "held"
"""Counts beside the outcomes: devices whose alert was past its deadline, devices left over when the
item was retracted or superseded, members of a page that the send is not for, and devices that a
provider calls gone but that were not deleted."""

Hold: TypeAlias = Literal["stopped", "flash", "changed"]
"""Why a page was not begun: the provider is stopped, a flash goes first, the item has changed."""


class Overtaken(Exception):
    """Another run of this job has begun. End this run: nothing it does is stored any more."""


class Fenced(Exception):
    """A later event of the item has fenced this run. End it and run the job again."""


@dataclass(frozen=True, slots=True)
class Fence:
    """The progress of an event once it is fenced.

    ``busy``: the run that was fenced at ``at_ms`` may still have requests in flight, which could
    arrive after what is sent now.
    """

    progress: Progress
    busy: bool
    at_ms: int


@dataclass(slots=True)
class Tally:
    """The outcomes of one step. ``first_ms`` and ``last_ms`` are times of acceptances."""

    counts: dict[str, int] = field(default_factory=dict)
    first_ms: int | None = None
    last_ms: int | None = None

    def add(self, outcome: Outcome | str, count: int = 1) -> None:
        """Count ``outcome``."""
        self.counts[str(outcome)] = self.counts.get(str(outcome), 0) + count

    def accepted(self, now_ms: int) -> None:
        """Count an acceptance at ``now_ms``."""
        self.add(Outcome.ACCEPTED)
        if self.first_ms is None:
            self.first_ms = now_ms
        self.last_ms = now_ms


class ProgressStore:
    """Progress by event and shard. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys, receipts_ttl: int) -> None:
        """``receipts_ttl`` is in seconds."""
        self._redis = redis
        self._keys = keys
        self._receipts_ms = receipts_ttl * 1000

    async def begin(self, event: StreamId, shard: str) -> Progress:
        """Begin a run and return the progress so far. Runs before this one are overtaken."""
        key = self._keys.push_progress(str(event), shard)
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HINCRBY", key, "run", 1)
                pipe.execute_command("PEXPIRE", key, KEEP_MS)
                pipe.execute_command("HGETALL", key)
                _, _, fields = await pipe.execute()
        return _read(fields)

    async def begin_page(
        self,
        event: StreamId,
        shard: Shard,
        progress: Progress,
        *,
        item: Item,
        now_ms: int,
        after_flashes: bool,
        count: int = PAGE_MAX,
    ) -> Page | Hold:
        """Read the page after ``progress.position`` and record that it is being sent.

        One round trip. ``item`` is the version that will be sent. With ``after_flashes`` the page
        waits for unfinished flashes. A page without ``last`` is the shard's end; nothing is
        recorded then. Call ``advance`` once the page is sent. Raises Overtaken and Fenced.
        """
        keys = self._keys
        what, *found = await script("push", "begin_page")(
            self._redis,
            [
                keys.push_progress(str(event), str(shard)),
                keys.push_shard(str(shard)),
                keys.push_subscriptions(shard.provider),
                keys.push_stop(shard.provider),
                keys.push_flash,
                keys.item(item.id),
            ],
            [
                progress.run,
                KEEP_MS,
                item.version,
                item.state,
                _marks(progress),
                progress.position,
                count,
                now_ms if after_flashes else "",
            ],
        )
        match what.decode():
            case "overtaken":
                raise Overtaken
            case "fenced":
                raise Fenced
            case "page":
                page = read_page(shard.provider, *found)
                progress.ahead = max(progress.ahead, page.last or "")
                return page
            case held:
                return next(one for one in get_args(Hold) if one == held)

    async def expect(
        self, event: StreamId, item: str, kind: Kind, shards: Mapping[ProviderName, int]
    ) -> None:
        """Record in how many shards of each provider ``event`` will be sent, for the receipts.

        Call it before the first of them is sent: finished shards are counted from then on.
        """
        if not shards:
            return
        pairs: list[str | int] = [part for pair in shards.items() for part in pair]
        await script("push", "expect")(
            self._redis,
            [self._keys.receipts(item)],
            [self._receipts_ms, kind, str(event), *pairs],
        )

    async def look(self, event: StreamId, shard: str) -> Progress | None:
        """Return the progress of ``event`` in ``shard``, None if it has not begun there."""
        with translate():
            key = self._keys.push_progress(str(event), shard)
            fields = await command(self._redis, "HGETALL", key)
        return _read(fields) if fields else None

    async def fence(self, event: StreamId, shard: str, version: int, now_ms: int) -> Fence | None:
        """Keep ``event`` from being sent in ``shard`` in a version older than ``version``.

        Return None if it has not begun there: if it does, it begins with the item's version of
        then. While the fence is ``busy``, ask again until the requests in flight have timed out.
        """
        reply = await script("push", "fence")(
            self._redis, [self._keys.push_progress(str(event), shard)], [version, now_ms]
        )
        if not reply:
            return None
        busy, at, fields = reply
        known = dict(zip(fields[::2], fields[1::2], strict=True))
        return Fence(_read(known), bool(busy), int(at))

    async def advance(
        self,
        event: StreamId,
        shard: str,
        progress: Progress,
        tally: Tally,
        *,
        item: str,
        provider: ProviderName,
        kind: Kind,
        busy: bool = False,
    ) -> None:
        """Store ``progress`` and add ``tally`` to the receipts of ``item``.

        ``busy``: requests are about to be made, up to ``progress.ahead``. After Unavailable the
        same may be stored again and counts once. Raises Overtaken and Fenced.
        """
        keys = self._keys
        step = {
            "run": str(progress.run),
            "step": str(progress.step + 1),
            "position": progress.position,
            "ahead": progress.ahead,
            "done": progress.done,
            "busy": busy,
            "keep": KEEP_MS,
            "keep_receipts": self._receipts_ms,
            "provider": provider,
            "kind": kind,
            "event": str(event),
            "counts": tally.counts,
        }
        if tally.first_ms is not None:
            step |= {"first": str(tally.first_ms), "last": str(tally.last_ms)}
        reply = await script("push", "advance")(
            self._redis,
            [
                keys.push_progress(str(event), shard),
                keys.receipts(item),
                keys.push_totals,
                keys.push_latest,
            ],
            [
                orjson.dumps(step),
                orjson.dumps(list(map(tuple, progress.pending))),
                _marks(progress),
            ],
        )
        match reply:
            case b"ok":
                progress.step += 1
            case b"fenced":
                raise Fenced
            case _:
                raise Overtaken


def _marks(progress: Progress) -> bytes:
    return orjson.dumps(list(map(tuple, progress.marks)))


def _read(fields: Mapping[bytes, bytes]) -> Progress:
    return Progress(
        int(fields.get(b"run", b"0")),
        int(fields.get(b"step") or b"0"),
        fields.get(b"position", b"").decode(),
        fields.get(b"ahead", b"").decode(),
        [PendingRecipient(*one) for one in orjson.loads(fields.get(b"pending", b"[]"))],
        [Mark(*one) for one in orjson.loads(fields.get(b"marks", b"[]"))],
        fields.get(b"done") == b"1",
    )
