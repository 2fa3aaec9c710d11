"""The push context of a worker process: stores, senders, and bounds on requests in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ticker.publishing.repository import ItemRepository
from ticker.push.model.note import Strings
from ticker.push.model.subscription import ProviderName
from ticker.push.store.alerts import AlertStore
from ticker.push.store.gone_watches import GoneWatches
from ticker.push.store.progress import ProgressStore
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.subscriptions import Subscriptions
from workers.push.breaker import Breaker
from workers.push.rate import RateLimiter
from workers.push.sender import Sender

UNTRUSTED_SHARE = 8
"""One in so many requests in flight may be to untrusted servers, in addition to the others."""
TOKENS_MAX = 20_000
"""Requests after which the counts of tokens are halved, so that they describe the recent past."""

AnySender: TypeAlias = Sender[Any]
"""A sender whose message type is its own business."""


@dataclass(slots=True)
class PushContext:
    """The stores, senders and bounds that all shards of one worker process share."""

    items: ItemRepository
    alerts: AlertStore
    providers: ProviderStates
    subscriptions: Subscriptions
    progress: ProgressStore
    gone: GoneWatches
    senders: Mapping[ProviderName, AnySender]
    strings: Callable[[str], Strings]
    """The newsroom's own texts in an edition."""
    public_url: str
    """The newsroom's address, empty if it has none."""
    clock_ms: Callable[[], int]
    monotonic: Callable[[], float]
    concurrency: int
    """Requests in flight to one provider, over all shards."""
    run_limit: float = 30.0
    """Seconds after which a run, and every request of it, has ended."""
    rates: Mapping[ProviderName, RateLimiter] = field(default_factory=dict)
    """The limits of requests a second; a provider that is absent has none."""
    breakers: dict[ProviderName, Breaker] = field(default_factory=dict)
    limits: dict[tuple[ProviderName, bool], asyncio.Semaphore] = field(default_factory=dict)
    tokens: dict[ProviderName, tuple[int, int]] = field(default_factory=dict)
    """Tokens asked, and those among them that did not fit."""

    def count_tokens(
        self, provider: ProviderName, asked: int, mismatched: int = 0
    ) -> tuple[int, int]:
        """Add to the counts of tokens asked and mismatched; return both, of the recent past."""
        before = self.tokens.get(provider, (0, 0))
        asked, mismatched = before[0] + asked, before[1] + mismatched
        halved = asked > TOKENS_MAX
        self.tokens[provider] = (asked // 2, mismatched // 2) if halved else (asked, mismatched)
        return asked, mismatched

    def reset_token_counts(self, provider: ProviderName) -> None:
        """Begin to count tokens anew, after the provider was stopped for them."""
        self.tokens.pop(provider, None)

    async def turn(self, provider: ProviderName, ends: float) -> float:
        """Wait until the provider's rate permits a request (see ``RateLimiter.take``)."""
        limiter = self.rates.get(provider)
        return 0.0 if limiter is None else await limiter.take(ends)

    async def resume_changed(self) -> list[ProviderName]:
        """Resume providers that were stopped with other credentials than those of this process.

        Returns them. Raises Unavailable.
        """
        resumed = []
        for provider, sender in self.senders.items():
            stop = await self.providers.stopped(provider)
            if stop is not None and stop.setup != sender.setup:
                await self.providers.resume(provider)
                resumed.append(provider)
        return resumed

    def breaker(self, provider: ProviderName) -> Breaker:
        """Return the circuit breaker of a provider."""
        return self.breakers.setdefault(provider, Breaker(self.monotonic))

    def limit(self, untrusted: bool) -> int:
        """Return how many requests may be in flight to trusted or untrusted servers."""
        return max(1, self.concurrency // UNTRUSTED_SHARE) if untrusted else self.concurrency

    def semaphore(self, provider: ProviderName, untrusted: bool) -> asyncio.Semaphore:
        """Return the semaphore that bounds these requests over all shards."""
        key = (provider, untrusted)
        return self.limits.setdefault(key, asyncio.Semaphore(self.limit(untrusted)))
