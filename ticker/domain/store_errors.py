"""Errors of the database: what each means, and what a client is told.

    Unavailable
     ├── NotDurable             written, but not yet as durable as promised
     └── StoreError             the database cannot do it now
          ├── StoreUnreachable  no connection, or no answer in time
          ├── StoreFailover     the primary is being replaced
          ├── StoreLoading      it reads its data after a start
          ├── StoreMemoryFull   its memory is full
          ├── StoreDiskFull     it cannot write to its disk
          ├── StoreNoReplicas   too few replicas for a write
          ├── StoreClusterDown  the cluster has no server for these keys
          ├── StoreAccess       it refuses this server's user, password or command
          └── StoreBusy         a script runs too long, or all connections are taken

``ticker.storage.replies`` says which reply is which error.
"""

from __future__ import annotations

from typing import ClassVar

from ticker.domain.errors import Unavailable
from ticker.domain.messages import said


class NotDurable(Unavailable):
    """The change is written, but not yet as durable as the setting `durability` promises.

    Repeat the request with the same `Idempotency-Key`: it waits again and changes nothing else.
    """

    slug, title = "not-durable", "Written, but not yet as durable as promised"


class StoreError(Unavailable):
    """The database cannot do this now. ``detail`` may name hosts; clients get ``public()``."""

    slug, title = "store-unavailable", "The database does not answer"
    explanation: ClassVar[str] = said("store-unavailable")
    seconds: ClassVar[int] = 1
    """What ``Retry-After`` says."""
    refuses_writes: ClassVar[bool] = False
    """Whether the server answers, and refuses every change."""

    def __init__(self, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail, self.seconds if retry_after is None else retry_after)

    def public(self) -> StoreError:
        """Return this error with a text that names no address."""
        return type(self)(self.explanation, self.retry_after)


class StoreUnreachable(StoreError):
    """The database cannot be reached, or does not answer in time."""


class StoreFailover(StoreError):
    """The database is changing its primary server; this usually takes seconds."""

    slug, title = "store-failover", "The database is changing its primary server"
    explanation = said("store-failover")


class StoreLoading(StoreError):
    """The database has started and is loading its data."""

    slug, title = "store-loading", "The database is loading its data"
    explanation = said("store-loading")
    seconds = 2


class StoreMemoryFull(StoreError):
    """The database has reached `maxmemory` and refuses changes until an operator acts."""

    slug, title = "store-memory-full", "The database's memory is full"
    explanation = said("store-memory-full")
    seconds = 10
    refuses_writes = True


class StoreDiskFull(StoreError):
    """The database cannot write to its disk, usually because the disk is full."""

    slug, title = "store-disk-full", "The database cannot write to its disk"
    explanation = said("store-disk-full")
    seconds = 10
    refuses_writes = True


class StoreNoReplicas(StoreError):
    """Fewer replicas are connected than `min-replicas-to-write` or `durability` require."""

    slug, title = "store-no-replicas", "The database has too few replicas"
    explanation = said("store-no-replicas")
    seconds = 5
    refuses_writes = True


class StoreClusterDown(StoreError):
    """The Redis Cluster has no server for these keys now."""

    slug, title = "store-cluster-down", "The database cluster is not complete"
    explanation = said("store-cluster-down")
    seconds = 2


class StoreAccess(StoreError):
    """The database refuses this server's user, password, or a command of it."""

    slug, title = "store-access", "The database refuses this server"
    explanation = said("store-access")
    seconds = 10
    refuses_writes = True


class StoreBusy(StoreError):
    """The database is occupied by a script, or accepts no more connections."""

    slug, title = "store-busy", "The database is busy"
    explanation = said("store-busy")


ALL: tuple[type[Unavailable], ...] = (
    NotDurable,
    StoreUnreachable,
    StoreFailover,
    StoreLoading,
    StoreMemoryFull,
    StoreDiskFull,
    StoreNoReplicas,
    StoreClusterDown,
    StoreAccess,
    StoreBusy,
)
"""Every problem type of the database."""
