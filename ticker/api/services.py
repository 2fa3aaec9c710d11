"""What the HTTP side needs from the rest of the process. The composition root provides it.

Gateway and API do not import each other: what the API wants of the gateway is written down here as
protocols.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ticker.api.metrics_poller import MetricsPoller, NullMetricsPoller
from ticker.api.negative_cache import NegativeCache
from ticker.api.ranking_cache import RankingCache
from ticker.api.read_counter import NullReadStore, ReadCounter
from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.domain.errors import Unavailable
from ticker.domain.health import HealthReport, Hop
from ticker.publishing.service import ItemService
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.store.operations import PushOperations
from ticker.stream.replay import Lane
from ticker.webhooks.endpoints import Webhooks


class Editors(Protocol):
    """Who holds a key."""

    async def verify(self, secret: str) -> str | None:
        """Return the name of the editor whose key ``secret`` is, or None. Raises Unavailable."""


class ReadView(Protocol):
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


class Health(Protocol):
    """The judge of invariant 10: green only if the newsroom's heartbeat arrives."""

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""


class Subscribers(Protocol):
    """Who is told while no page is open. Methods raise Unavailable."""

    async def register(self, subscription: Subscription, replaces: str | None = None) -> bool:
        """Keep ``subscription`` in place of the one with the id ``replaces``; return whether it is
        new.
        """

    async def forget(self, provider: ProviderName, id: str) -> bool:
        """Forget the subscription ``id``; return whether there was one."""


class NullEditorKeys:
    """Stands where no subscribers are kept."""

    async def register(self, subscription: Subscription, replaces: str | None = None) -> bool:
        """Keep nothing."""
        raise Unavailable("subscriptions are not kept here")

    async def forget(self, provider: ProviderName, id: str) -> bool:
        """Know nobody."""
        raise Unavailable("subscriptions are not kept here")


class NullReadView:
    """Stands for a gateway that does not run yet: not ready, and says so."""

    ready = False

    def __init__(self) -> None:
        self.lane = Lane(1)

    async def reach(self, cursor: Cursor) -> bool:
        """Reach nothing."""
        return False

    def metrics(self) -> Mapping[str, float]:
        """Return nothing yet."""
        return {}

    async def check(self) -> HealthReport:
        """Report that nothing travels yet."""
        return HealthReport(False, {"server": Hop(False, "is starting")}, "server")


@dataclass(slots=True)
class Services:
    """Everything ``build`` needs. ``reader`` and ``health`` may be set later, by the lifespan: a
    gateway needs a running event loop. Until then readers are told to come back.
    """

    settings: Settings
    items: ItemService
    editors: Editors
    reader: ReadView = field(default_factory=NullReadView)
    health: Health = field(default_factory=NullReadView)
    counting: ReadCounter = field(default_factory=lambda: ReadCounter(NullReadStore()))
    charts: RankingCache = field(default_factory=lambda: RankingCache(NullReadStore()))
    absent: NegativeCache = field(default_factory=NegativeCache)
    webhooks: Webhooks | None = None
    bridges: PushOperations | None = None
    watching: MetricsPoller = field(default_factory=lambda: MetricsPoller(NullMetricsPoller()))
    subscribers: Subscribers = field(default_factory=NullEditorKeys)
    push_key: str = ""
    """The newsroom's Web Push key as browsers want it; empty: no Web Push."""
