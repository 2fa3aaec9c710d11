"""What all shards of a worker process share: the store, the providers, and their bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ticker.publishing.repository import ItemRepository
from ticker.push.model.note import Strings
from ticker.push.model.subscription import ProviderName
from ticker.push.store.progress import ProgressStore
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.subscriptions import Subscriptions
from workers.push.breaker import Breaker
from workers.push.sender import Sender

FOREIGN_SHARE = 8
"""Strangers' servers get this part of the requests under way: one in so many, beside the others."""

FITS_OF = 20_000
"""Requests after which what was counted of tokens counts half: it says how things are of late."""

AnySender: TypeAlias = Sender[Any]
"""A message is the sender's own business; nobody else looks into it."""


@dataclass(slots=True)
class PushContext:
    """One worker process's side of push."""

    archive: ItemRepository
    lanes: ProviderStates
    subscriptions: Subscriptions
    progress: ProgressStore
    senders: Mapping[ProviderName, AnySender]
    speech: Callable[[str], Strings]
    """What the newsroom says itself in an edition."""
    base: str
    """The newsroom's address, empty if it has none."""
    clock_ms: Callable[[], int]
    monotonic: Callable[[], float]
    concurrency: int
    """Requests under way to one provider, all shards together."""
    longest: float = 30.0
    """Seconds after which a run, and every request of it, must have come to its end."""
    breakers: dict[ProviderName, Breaker] = field(default_factory=dict)
    gates: dict[tuple[ProviderName, bool], asyncio.Semaphore] = field(default_factory=dict)

    tokens: dict[ProviderName, tuple[int, int]] = field(default_factory=dict)

    def fits(self, provider: ProviderName, asked: int, unfit: int) -> tuple[int, int]:
        """Count tokens that were asked for, and those that did not fit; return both, of late."""
        before = self.tokens.get(provider, (0, 0))
        asked, unfit = before[0] + asked, before[1] + unfit
        self.tokens[provider] = (asked // 2, unfit // 2) if asked > FITS_OF else (asked, unfit)
        return asked, unfit

    def forget_fits(self, provider: ProviderName) -> None:
        """Begin to count anew: somebody has to look at the set-up."""
        self.tokens.pop(provider, None)

    def breaker(self, provider: ProviderName) -> Breaker:
        """Return the breaker of a provider."""
        return self.breakers.setdefault(provider, Breaker(self.monotonic))

    def most(self, foreign: bool) -> int:
        """Return how many requests may be under way, to servers of strangers a few."""
        return max(1, self.concurrency // FOREIGN_SHARE) if foreign else self.concurrency

    def gate(self, provider: ProviderName, foreign: bool = False) -> asyncio.Semaphore:
        """Return what bounds the requests under way to a provider, or to strangers' servers."""
        return self.gates.setdefault((provider, foreign), asyncio.Semaphore(self.most(foreign)))
