"""Several subscriptions on one connection, with one cursor (PROTOCOL.md §6).

async with Subscriptions("https://news.example") as feed:
    feed.subscribe("politics", section="politics")
    feed.subscribe("abroad", exclude={"region": "europe"})
    async for events in feed:
        for name, event in events.items():
            ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from ticker.client.backoff import Backoff
from ticker.client.connection_state import Backlog, Retry
from ticker.client.feed import DEFAULT_BACKLOG
from ticker.client.feed_connection import Feed, Token
from ticker.client.filters import Filter, keywords
from ticker.client.subscriptions_state import Events, SubscriptionsState


class Subscriptions(Feed[Events]):
    """An async iterator of dictionaries: an event for each subscription that it concerns, by name.

    The guarantees are those of ``Ticker``, for each subscription. An item that no longer matches a
    subscription arrives there as an ``expire``. Iteration ends when no subscription is left, and
    goes on if there is one again. If the server refuses one of them, that one ends and
    ``FeedRefused`` names it; iterate again to go on with the others.
    """

    def __init__(
        self,
        url: str,
        *,
        after: str | None = None,
        token: Token = "",
        on_retry: Callable[[Retry], None] | None = None,
        on_welcome: Callable[[], None] | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """Configure the connection; it is opened at the first ``anext``.

        The arguments are those of ``Ticker``. With ``after``, everything that is subscribed before
        the first ``anext`` resumes after this cursor. Raises BadAddress.
        """
        self._subscriptions = SubscriptionsState(after, backoff or Backoff(), callable(token))
        super().__init__(url, self._subscriptions, token, on_retry, on_welcome)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the subscriptions."""
        return self._subscriptions.names

    def subscribe(
        self,
        name: str,
        *,
        backlog: Backlog = DEFAULT_BACKLOG,
        **filter: Unpack[Filter],
    ) -> None:
        """Begin a subscription, with a snapshot; the filter arguments are those of ``Ticker``.

        The others go on undisturbed. Raises ValueError for a name that is in use or a misspelt
        facet, and for more than a connection holds: 16 subscriptions, 32 filters with their
        alternatives, or filters of about 4,000 characters.
        """
        self._subscriptions.subscribe(name, keywords(filter), backlog)
        self._wake()

    def unsubscribe(self, name: str) -> None:
        """End a subscription: no further event has its name. A name not in use changes nothing."""
        self._subscriptions.unsubscribe(name)
        self._wake()
