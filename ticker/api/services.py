"""What the HTTP side needs from the rest of the process. The composition root provides it.

Gateway and API do not import each other: what the API wants of the gateway is written down here as
protocols.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from ticker.config import Settings
from ticker.core.cursor import Cursor
from ticker.core.lane import Lane
from ticker.store.items import Items


class Editors(Protocol):
    """Who holds a key."""

    async def verify(self, secret: str) -> str | None:
        """Return the name of the editor whose key ``secret`` is, or None. Raises Unavailable."""


class Reader(Protocol):
    """This process's view of the lane, in memory."""

    @property
    def lane(self) -> Lane:
        """Return the lane as far as the tail has read it; another object after a rewrite."""

    @property
    def ready(self) -> bool:
        """Tell whether the tail has loaded the lane."""

    async def reach(self, cursor: Cursor) -> bool:
        """Wait until the lane can answer ``cursor``, at most ``settings.ahead_wait`` seconds."""

    def metrics(self) -> Mapping[str, float]:
        """Return samples by metric name, labels included: ``connections{transport="ws"}``."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop of an event's way: whether it moves, and a sentence for the operator."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether events really travel; ``silent`` names the first hop that does not let them pass."""

    ready: bool
    hops: Mapping[str, Hop]
    silent: str | None = None
    durability: Mapping[str, Any] = field(default_factory=dict)


class Health(Protocol):
    """The judge of invariant 10: green only if the newsroom's heartbeat arrives."""

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything ``build`` needs. ``lifespan`` is entered before the first request."""

    settings: Settings
    items: Items
    editors: Editors
    reader: Reader
    health: Health
    lifespan: Callable[[Any], AbstractAsyncContextManager[None]] | None = None
