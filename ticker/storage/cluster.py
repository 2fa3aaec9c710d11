"""Finds the server of a Redis Cluster that has a newsroom's keys.

All keys of a newsroom share one hash tag, so they are in one slot, and one server has them all. To
Ticker a cluster is therefore a primary that changes its place: after a failover, or when its slot
is moved. The nodes are asked like sentinels, all at once and twice a second, and the newest
configuration epoch counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.crc import key_slot
from redis.exceptions import RedisError

from ticker.storage.sentinel import Address, Answer, PrimaryWatch

NODES_MAX = 16
"""Nodes that are asked: those of the URL, and up to this number the primaries that they name."""


class Primary(NamedTuple):
    """A primary of the cluster, as one node knows it."""

    address: Address
    epoch: int
    slots: tuple[tuple[int, int], ...]


def primaries(reply: str, asked: str) -> Iterator[Primary]:
    """Yield the primaries in a reply to CLUSTER NODES that are not known to have failed.

    ``asked`` is the host of the node that replied: one that was never addressed from outside does
    not know its own. A host name that a node announces goes before its address. (redis.io, CLUSTER
    NODES, "Serialization format")
    """
    for line in reply.splitlines():
        _, place, flags, _, _, _, epoch, _, *slots = line.split(" ")
        state = flags.split(",")
        if "master" not in state or "fail" in state or "noaddr" in state:
            continue
        endpoint, _, named = place.partition(",")
        host, _, port = endpoint.partition("@")[0].rpartition(":")
        name = named.partition(",")[0]
        ranges = []
        for slot in slots:
            if not slot.startswith("["):  # a slot that is being moved
                first, _, last = slot.partition("-")
                ranges.append((int(first), int(last or first)))
        yield Primary((name or host or asked, int(port)), int(epoch), tuple(ranges))


class SlotWatch(PrimaryWatch):
    """The primary of one slot. ``changed`` is called when another server has it."""

    def __init__(
        self,
        nodes: Sequence[Address],
        tag: str,
        connect: Callable[[Address], Redis],
        changed: Callable[[], None],
    ) -> None:
        """``tag`` is the hash tag of the keys; ``connect`` makes a client of one node."""
        self._slot = key_slot(f"{{{tag}}}".encode())
        self._connect = connect
        self._known_nodes = set(nodes)
        self._nodes = [connect(node) for node in nodes]
        super().__init__(self._nodes, f"slot {self._slot} of {{{tag}}}", changed)

    async def _ask(self, node: Redis) -> Answer | None:
        ask: Callable[..., Any] = node.execute_command
        try:
            reply = await ask("CLUSTER", "NODES")
            found = [*primaries(reply.decode(), node.connection_pool.connection_kwargs["host"])]
        except (RedisError, OSError, ValueError, AttributeError):
            return None  # away, or no node of a cluster
        for primary in found:
            if primary.address not in self._known_nodes and len(self._nodes) < NODES_MAX:
                self._known_nodes.add(primary.address)
                self._nodes.append(self._connect(primary.address))
        for primary in found:
            if any(first <= self._slot <= last for first, last in primary.slots):
                return Answer(primary.epoch, primary.address)
        return None
