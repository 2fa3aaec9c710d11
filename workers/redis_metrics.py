"""Metrics of Redis itself and of its streams, read every few seconds for the scrape.

Any number of workers read the same figures: aggregate them with ``max``. What the server's user may
not ask (INFO is an administrator's command) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from ticker.domain.cursor import StreamId
from ticker.storage.connection import Redis, ResponseError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, pipeline
from ticker.telemetry.families import PREFIX, Family, Values, counter, gauge

POLL_INTERVAL = 5.0
"""Seconds between two reads."""
MAX_AGE = 60.0
"""Seconds for which the last figures are shown while Redis is away."""

GAUGES = {
    "used_memory": ("redis_used_memory_bytes", "Memory that Redis uses for data."),
    "maxmemory": ("redis_maxmemory_bytes", "Memory limit of Redis; 0 without one."),
    "total_system_memory": (
        "redis_system_memory_bytes",
        "Memory of the machine that Redis runs on, whatever the limit of its container.",
    ),
    "aof_current_size": ("redis_aof_bytes", "Size of the append-only file."),
    "maxclients": ("redis_maxclients", "Connections that Redis accepts at most."),
    "connected_clients": ("redis_connected_clients", "Connections to Redis."),
    "connected_slaves": ("redis_connected_replicas", "Replicas connected to this Redis."),
    "uptime_in_seconds": ("redis_uptime_seconds", "Seconds since Redis started."),
}
STATES = {
    "aof_last_write_status": (
        "redis_aof_writable",
        "1 if the last write to the append-only file worked.",
    ),
    "aof_last_bgrewrite_status": (
        "redis_aof_rewritable",
        "1 if the last rewrite of the append-only file worked; else the file only grows.",
    ),
    "rdb_last_bgsave_status": (
        "redis_snapshot_writable",
        "1 if the last snapshot (RDB) was written, or none was tried.",
    ),
}
"""Facts that are ``ok`` or not."""
COUNTERS = {
    "total_commands_processed": ("redis_commands_total", "Commands that Redis processed."),
    "rejected_connections": (
        "redis_rejected_connections_total",
        "Connections that Redis refused because of maxclients.",
    ),
    "evicted_keys": (
        "redis_evicted_keys_total",
        "Keys that Redis evicted for memory; it must never, set maxmemory-policy noeviction.",
    ),
    "aof_delayed_fsync": (
        "redis_delayed_fsyncs_total",
        "Times that a sync to disk was late, so that writes waited.",
    ),
}


@dataclass(frozen=True, slots=True)
class _Figures:
    info: Mapping[str, str]
    entries: Mapping[str, int]
    lag: float
    seconds: float
    read_at: float = field(default_factory=monotonic)


class RedisMetrics:
    """The last figures; ``step`` is for ``SupervisedTask`` and reads new ones."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._last: _Figures | None = None

    async def step(self) -> float:
        """Read the figures; return the seconds until the next time. Raises Unavailable."""
        began = monotonic()
        keys = self._keys
        streams = {"wire": keys.wire, "lane": keys.live, "dead": keys.dead}
        asked: list[tuple[Arg, ...]] = [
            ("TIME",),
            ("INFO",),
            ("XREVRANGE", keys.live, "+", "-", "COUNT", 1),
            *(("XLEN", key) for key in streams.values()),
        ]
        time, info, top, *counts = await self._ask(asked)
        seconds = monotonic() - began
        now_ms = int(time[0]) * 1000 + int(time[1]) // 1000
        after = f"({top[0][0].decode()}" if top else "-"
        [waiting] = await self._ask([("XRANGE", keys.wire, after, "+", "COUNT", 1)])
        since = StreamId.parse(waiting[0][0]).ms if waiting else now_ms
        entries = {name: int(count) for name, count in zip(streams, counts, strict=True)}
        facts = {str(name): str(value) for name, value in (info or {}).items()}
        self._last = _Figures(facts, entries, max(0, now_ms - since) / 1000, seconds)
        return POLL_INTERVAL

    async def _ask(self, commands: list[tuple[Arg, ...]]) -> list[Any]:
        """Return the replies, None for a command that the user may not use. Raises Unavailable."""
        with translate():
            replies: list[Any] = await pipeline(self._redis, commands)
            for number, reply in enumerate(replies):
                if isinstance(reply, Exception):
                    if commands[number][0] != "INFO" or not isinstance(reply, ResponseError):
                        raise reply
                    replies[number] = None
        return replies

    def metrics(self) -> Iterable[Family]:
        """Return the last figures while they are new enough."""
        last = self._last
        up = last is not None and monotonic() - last.read_at < MAX_AGE
        yield gauge("redis_up", "1 if Redis answered within the last minute.", float(up))
        if last is not None and up:
            yield from redis_families(last.info, last.entries, last.lag, last.seconds)


def redis_families(
    info: Mapping[str, str], entries: Mapping[str, int], lag: float, seconds: float
) -> Iterable[Family]:
    """Return the families of ``info`` (the answer to INFO), as far as it has their facts."""
    yield gauge("redis_ping_seconds", "Seconds that Redis took for one answer.", seconds)
    text = "Seconds that the oldest entry of the wire has waited for the lane."
    yield gauge("relay_lag_seconds", text, lag)
    yield gauge("stream_entries", "Entries of wire, lane and dead letters.", entries, "stream")
    for fact, (name, text) in GAUGES.items():
        if fact in info:
            yield gauge(name, text, float(info[fact]))
    for fact, (name, text) in COUNTERS.items():
        if fact in info:
            yield counter(name, text, float(info[fact]))
    version = info.get("valkey_version") or info.get("redis_version")
    if version is not None:
        server = "Valkey" if "valkey_version" in info else "Redis"
        kind: Values = {(server, version): 1.0}
        text = "The server that answers now, and its version."
        yield Family(PREFIX + "redis_server_info", "gauge", text, ("server", "version"), kind)
    if "aof_enabled" in info:
        text = "1 if Redis keeps an append-only file."
        yield gauge("redis_append_only", text, float(info["aof_enabled"]))
    for fact, (name, text) in STATES.items():
        if fact in info:
            yield gauge(name, text, float(info[fact] == "ok"))
