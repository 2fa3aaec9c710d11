"""Push metrics: provider states, outcome counts and the queue, in one round trip to each Redis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.push.model.provider_state import FORGOTTEN_MS, DryRun, ProviderState
from ticker.push.model.receipts import read_when
from ticker.push.model.subscription import PROVIDERS, ProviderName
from ticker.push.store.gone_watches import read_watches
from ticker.push.store.provider_state import read_stop
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, pipeline

JOBS_READ = 1_000
"""Queued jobs that are searched for the oldest event: those that are due first. A flash to a
million devices has some hundred jobs, which are ahead of all others."""
PROVIDER_COMMANDS = 5
"""Redis commands for each provider."""


@dataclass(frozen=True, slots=True)
class PushMetrics:
    """Push and webhook metrics at ``now_ms``, by Redis' clock."""

    now_ms: int
    providers: tuple[ProviderState, ...]
    outcomes: Mapping[tuple[str, str], int]
    """(Provider, outcome) → count since the newsroom exists."""
    webhooks: Mapping[str, int]
    """Delivery outcome → count since the newsroom exists."""
    jobs: int
    """Shards that are being sent or wait in a queue."""
    oldest_ms: int | None
    """When the oldest event in the queues was published."""


async def push_metrics(redis: Redis, jobs: Redis, keys: Keys) -> PushMetrics:
    """Return the current metrics. ``jobs`` holds arq's queues; it may be ``redis`` itself.

    Raises Unavailable when one of them is away.
    """
    asked: list[tuple[Arg, ...]] = [
        *_state_commands(keys),
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
    *state_replies, totals, hooks = replies
    now_ms, states = _read_states(state_replies)
    outcomes = {}
    for name, value in _text(totals).items():
        provider, _, outcome = name.partition(":")
        outcomes[provider, outcome] = int(value)
    webhooks = {name: int(value) for name, value in _text(hooks).items()}
    count = sum(map(int, queued[::2]))
    ids = [id for found in queued[1::2] for id in found]
    return PushMetrics(now_ms, states, outcomes, webhooks, count, _oldest(ids))


async def provider_states(redis: Redis, keys: Keys) -> tuple[ProviderState, ...]:
    """Return the state of every provider, configured or not, in the order of ``PROVIDERS``.

    Raises Unavailable when Redis is away.
    """
    return _read_states(await _ask(redis, _state_commands(keys)))[1]


def _state_commands(keys: Keys) -> list[tuple[Arg, ...]]:
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
            ("HGET", keys.push_bytes, provider),
            ("HLEN", keys.push_quarantine(provider)),
            ("HGETALL", keys.push_gone(provider)),
        ]
    return commands


def _read_states(replies: list[Any]) -> tuple[int, tuple[ProviderState, ...]]:
    """Return Redis' time in ms and the states in the replies to ``_state_commands``."""
    now, latest, workers, runs, *rest = replies
    now_ms = int(now[0]) * 1000 + int(now[1]) // 1000
    texts = [_text(found) for found in (latest, workers, runs)]
    each = PROVIDER_COMMANDS
    return now_ms, tuple(
        _state(provider, now_ms, rest[n * each : (n + 1) * each], *texts)
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
    stop, subscriptions, size, quarantined, watches = replies
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
        int(size or 0),
        int(quarantined),
        DryRun(
            _ms(runs, f"{provider}:succeeded"),
            _ms(runs, f"{provider}:attempted"),
            runs.get(f"{provider}:error", b"").decode(),
        ),
        {
            server: watch
            for server, watch in read_watches(watches).items()
            if watch.since_ms is not None
        },
        read_when(latest, f"{provider}:"),
    )


def _oldest(ids: list[bytes]) -> int | None:
    """Return when the oldest event was published that one of these jobs sends.

    Read from the job ids: the queue's scores change when a job is run again, and are lowered for a
    flash.
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
