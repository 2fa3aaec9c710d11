"""Size a newsroom: from readers, event rate and the promised time to cores, memory and network."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from benchmarks.scale.unit_costs import UnitCosts

UTILISATION = 0.5
"""Share of a core that the plan uses: the rest is for bursts, resumes and a lost neighbour."""
EVENT_BYTES = 390
OVERHEAD_BYTES = 4 + 29 + 66
"""A WebSocket header, a TLS 1.3 record, and Ethernet, IP and TCP headers with time stamps."""
SHARD_READERS = 50_000
"""Readers of one gateway process: the fan-out of an event to them takes about a fifth of a
second."""
TAILS_PER_REPLICA = 500
"""Gateway processes that read the lane from one server."""


@dataclass(frozen=True, slots=True)
class Demand:
    """The load that a newsroom expects."""

    readers: int
    events_per_s: float = 0.2
    """Events that reach every reader, averaged over a busy hour: twelve a minute."""
    flash_s: float = 0.25
    """Seconds in which an event reaches the last reader."""


@dataclass(frozen=True, slots=True)
class Size:
    """The machines that serve a demand."""

    gateways: int
    """Gateway processes, one core each while an event goes out."""
    gateway_gb: float
    """Memory of all gateways and of their sockets in the kernel."""
    proxy_cores: int
    """Cores that terminate TLS."""
    replicas: int
    """Redis servers that gateways tail, the primary included."""
    store_ms: float
    """Time in which one server answers all its tails for one event."""
    idle_cores: float
    """Cores that are busy between events, all processes together."""
    flash_gbit: float
    """Gbit/s while an event goes out within the promised time."""
    gb_per_day: float
    """GB sent to readers in a day at the average rate."""


def size(demand: Demand, costs: UnitCosts) -> Size:
    """Return what ``demand`` takes at ``costs``."""
    readers, extra = demand.readers, costs.extra
    by_time = readers * costs.message_us / 1e6 / demand.flash_s
    gateways = max(1, ceil(by_time), ceil(readers / SHARD_READERS))
    proxied = readers * extra.proxy_us / 1e6
    proxy_cores = max(1, ceil(proxied / demand.flash_s), ceil(proxied * demand.events_per_s * 2))
    replicas = max(1, ceil(gateways / TAILS_PER_REPLICA))
    kb = costs.connection_kb + extra.kernel_kb
    busy = readers * costs.idle_us_per_s + readers * costs.message_us * demand.events_per_s
    message = EVENT_BYTES + OVERHEAD_BYTES
    return Size(
        gateways=gateways,
        gateway_gb=(readers * kb / 1024 + gateways * PROCESS_MB) / 1024,
        proxy_cores=proxy_cores,
        replicas=replicas,
        store_ms=ceil(gateways / replicas) * extra.store_us_per_tail / 1000,
        idle_cores=busy / 1e6,
        flash_gbit=readers * message * 8 / demand.flash_s / 1e9,
        gb_per_day=readers * message * demand.events_per_s * 86_400 / 1e9,
    )


PROCESS_MB = 64
"""Memory of a gateway process without readers."""
