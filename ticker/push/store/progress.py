"""How far a send has come, in Redis: written with its receipts in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from ticker.domain.cursor import StreamId
from ticker.push.model.plan import KEEP_MS, Kind
from ticker.push.model.progress import Mark, PendingRecipient, Progress
from ticker.push.model.subscription import ProviderName
from ticker.push.model.verdicts import Outcome
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script

TOO_LATE = "too_late"
ENDED = "ended"
SKIPPED = "skipped"
"""Counted beside the outcomes: what was worth nothing any more, what was not sent because the item
was taken back or a newer event took over, and what a page held besides."""


class Overtaken(Exception):
    """Another run of this job began: what this one does counts no more. End."""


class Fenced(Exception):
    """A later event of the item fenced this one: what this run knows is old. Run again."""


@dataclass(frozen=True, slots=True)
class Fence:
    """An event's progress once it is fenced. ``busy``: an older run may still have requests under
    way, and they may arrive after what is sent now; it was fenced at ``at_ms``.
    """

    progress: Progress
    busy: bool
    at_ms: int


@dataclass(slots=True)
class Tally:
    """What one step came to. ``first_ms`` and ``last_ms`` are of its acceptances."""

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
        """Begin a run: return where the last one came to. That one may not write any more."""
        key = self._keys.push_progress(str(event), shard)
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HINCRBY", key, "run", 1)
                pipe.execute_command("PEXPIRE", key, KEEP_MS)
                pipe.execute_command("HGETALL", key)
                _, _, fields = await pipe.execute()
        return _read(fields)

    async def expect(
        self, event: StreamId, item: str, kind: Kind, shards: Mapping[ProviderName, int]
    ) -> None:
        """Note in how many shards of each provider ``event`` is about to be sent.

        Before the first of them is: what is done is counted from then on.
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
        """Return how far ``event`` has come in ``shard``, None if it never began there."""
        with translate():
            key = self._keys.push_progress(str(event), shard)
            fields = await command(self._redis, "HGETALL", key)
        return _read(fields) if fields else None

    async def fence(self, event: StreamId, shard: str, version: int, now_ms: int) -> Fence | None:
        """Keep ``event`` from being sent on in ``shard`` with less than ``version``.

        None if it never began there: if it does, it begins with what the item says then. While
        the fence is ``busy`` ask again, until its requests must have had their answers.
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
        """Keep ``progress`` and add ``tally`` to the receipts of ``item``.

        ``busy``: requests are about to be made, up to ``progress.ahead``. After Unavailable the
        same may be kept again: it counts once. Raises Overtaken and Fenced.
        """
        keys = self._keys
        reply = await script("push", "advance")(
            self._redis,
            [
                keys.push_progress(str(event), shard),
                keys.receipts(item),
                keys.push_totals,
                keys.push_latest,
            ],
            [
                progress.run,
                progress.step + 1,
                KEEP_MS,
                progress.position,
                progress.ahead,
                orjson.dumps(list(map(tuple, progress.left))),
                orjson.dumps(list(map(tuple, progress.marks))),
                int(progress.done),
                int(busy),
                self._receipts_ms,
                provider,
                kind,
                str(event),
                "" if tally.first_ms is None else tally.first_ms,
                "" if tally.last_ms is None else tally.last_ms,
                *(part for pair in tally.counts.items() for part in pair),
            ],
        )
        match reply:
            case b"ok":
                progress.step += 1
            case b"fenced":
                raise Fenced
            case _:
                raise Overtaken


def _read(fields: Mapping[bytes, bytes]) -> Progress:
    return Progress(
        int(fields.get(b"run", b"0")),
        int(fields.get(b"step") or b"0"),
        fields.get(b"position", b"").decode(),
        fields.get(b"ahead", b"").decode(),
        [PendingRecipient(*one) for one in orjson.loads(fields.get(b"left", b"[]"))],
        [Mark(*one) for one in orjson.loads(fields.get(b"marks", b"[]"))],
        fields.get(b"done") == b"1",
    )
