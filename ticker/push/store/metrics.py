"""Everything that operators want to know of the bridges, in one round trip to each Redis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.push.model.provider_health import FORGOTTEN_MS, DryRun, ProviderState
from ticker.push.model.receipts import read_when
from ticker.push.model.subscription import PROVIDERS, ProviderName
from ticker.push.store.provider_state import read_stop
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, pipeline

JOBS_READ = 1_000
"""Of the queue's jobs so many are looked at for the oldest: those that are due longest. Flashes are
put before everything, and a flash to a million has some hundred jobs."""
EACH = 3
"""Commands for each provider."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The bridges at ``now_ms``, by Redis' clock."""

    now_ms: int
    lanes: tuple[ProviderState, ...]
    outcomes: Mapping[tuple[str, str], int]
    """Provider and outcome → how often since ever."""
    webhooks: Mapping[str, int]
    """Outcome of deliveries → how often since ever."""
    jobs: int
    """Shards that are being sent or wait for it."""
    oldest_ms: int | None
    """When the oldest event among them was published."""


async def figures(redis: Redis, jobs: Redis, keys: Keys) -> Figures:
    """Return the figures of now. ``jobs`` is where arq's queue is, perhaps the same server.

    Raises Unavailable when one of them is away.
    """
    asked: list[tuple[Arg, ...]] = [
        *_lanes(keys),
        ("HGETALL", keys.push_totals),
        ("HGETALL", keys.webhook_totals),
    ]
    queue: list[tuple[Arg, ...]] = []
    for each in PROVIDERS:
        name = keys.push_jobs(each)
        queue += [("ZCARD", name), ("ZRANGE", name, 0, JOBS_READ - 1)]
    if jobs is redis:
        replies = await _ask(redis, asked + queue)
        replies, queued = replies[: len(asked)], replies[len(asked) :]
    else:
        replies, queued = await _ask(redis, asked), await _ask(jobs, queue)
    *of_lanes, totals, hooks = replies
    now_ms, lanes = _read(of_lanes)
    outcomes = {}
    for name, value in _text(totals).items():
        provider, _, outcome = name.partition(":")
        outcomes[provider, outcome] = int(value)
    webhooks = {name: int(value) for name, value in _text(hooks).items()}
    many = sum(map(int, queued[::2]))
    ids = [id for found in queued[1::2] for id in found]
    return Figures(now_ms, lanes, outcomes, webhooks, many, _oldest(ids))


async def lane_states(redis: Redis, keys: Keys) -> tuple[ProviderState, ...]:
    """Return how every provider is now, set up or not, in the order of ``PROVIDERS``.

    Raises Unavailable when Redis is away.
    """
    return _read(await _ask(redis, _lanes(keys)))[1]


def _lanes(keys: Keys) -> list[tuple[Arg, ...]]:
    commands: list[tuple[Arg, ...]] = [
        ("TIME",),
        ("HGETALL", keys.push_latest),
        ("HGETALL", keys.push_workers),
        ("HGETALL", keys.push_dry_runs),
    ]
    for provider in PROVIDERS:
        commands += [
            ("GET", keys.push_stop(provider)),
            ("HLEN", keys.push_subscriptions(provider)),
            ("HLEN", keys.push_quarantine(provider)),
        ]
    return commands


def _read(replies: list[Any]) -> tuple[int, tuple[ProviderState, ...]]:
    """Return Redis' time and the lanes in the replies to ``_lanes``."""
    now, latest, workers, runs, *rest = replies
    now_ms = int(now[0]) * 1000 + int(now[1]) // 1000
    texts = [_text(found) for found in (latest, workers, runs)]
    return now_ms, tuple(
        _state(provider, now_ms, rest[n * EACH : (n + 1) * EACH], *texts)
        for n, provider in enumerate(PROVIDERS)
    )


async def _ask(redis: Redis, commands: list[tuple[Arg, ...]]) -> list[Any]:
    with translate():
        replies = await pipeline(redis, commands)
    for reply in replies:
        if isinstance(reply, Exception):
            raise Unavailable(f"the store answers with an error: {reply}") from reply
    return replies


def _state(
    provider: ProviderName,
    now_ms: int,
    replies: list[Any],
    latest: Mapping[str, bytes],
    workers: Mapping[str, bytes],
    runs: Mapping[str, bytes],
) -> ProviderState:
    stop, subscriptions, quarantined = replies
    stopped = read_stop(stop)
    since, seen = (_ms(workers, f"{provider}:{name}") for name in ("since", "seen"))
    if seen is None or now_ms - seen > FORGOTTEN_MS:
        since = seen = None
    return ProviderState(
        provider,
        now_ms,
        since,
        seen,
        None if stopped is None else stopped.reason,
        None if stopped is None else stopped.since_ms,
        int(subscriptions),
        int(quarantined),
        DryRun(
            _ms(runs, f"{provider}:good"),
            _ms(runs, f"{provider}:tried"),
            runs.get(f"{provider}:why", b"").decode(),
        ),
        read_when(latest, f"{provider}:"),
    )


def _oldest(ids: list[bytes]) -> int | None:
    """Return when the oldest event was published that one of these jobs sends.

    The queue's own scores do not tell: they move when a job is run again, and lie for a flash.
    """
    found = []
    for id in ids:
        _, _, rest = id.partition(b":push:")
        event, _, shard = rest.partition(b":")
        if shard:
            try:
                found.append(StreamId.parse(event).ms)
            except ValueError:
                continue  # a dry run
    return min(found, default=None)


def _ms(fields: Mapping[str, bytes], name: str) -> int | None:
    value = fields.get(name)
    return None if value is None else int(value)


def _text(fields: Mapping[bytes, bytes]) -> dict[str, bytes]:
    return {name.decode(): value for name, value in fields.items()}
