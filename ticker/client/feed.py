"""``async for event in Ticker(url, edition="en")``: the live feed over a WebSocket, with resume.

``resume`` and ``backoff`` make the decisions, ``feed_connection`` does the I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from ticker.client.backoff import Backoff
from ticker.client.connection_state import Backlog, Retry
from ticker.client.events import Event
from ticker.client.feed_connection import Feed, Token
from ticker.client.filters import Filter, keywords, query_of
from ticker.client.resume import ResumeState

DEFAULT_BACKLOG = 20


class Ticker(Feed[Event]):
    """The live feed of one newsroom: an async iterator of ``Snapshot`` and ``ItemEvent``.

    Every event arrives exactly once and in order, across any number of disconnects; if events were
    missed, a ``Snapshot`` with ``reset=True`` comes instead. The feed reconnects without a limit,
    after waits with full jitter of up to 30 seconds. Iteration raises ``FeedRefused`` when the
    server refuses the feed for good and ``ProtocolError`` when the responses repeatedly do not
    follow the protocol; it ends (``StopAsyncIteration``) after ``aclose``.

    Cancelling ``anext`` (``asyncio.timeout``) loses no event.
    """

    def __init__(
        self,
        url: str,
        *,
        after: str | None = None,
        backlog: Backlog = DEFAULT_BACKLOG,
        token: Token = "",
        on_retry: Callable[[Retry], None] | None = None,
        on_welcome: Callable[[], None] | None = None,
        backoff: Backoff | None = None,
        **filter: Unpack[Filter],
    ) -> None:
        """Configure the feed; it connects at the first ``anext``.

        ``url`` is the server's address (http, https, ws or wss). ``filter`` has ``edition``,
        ``section``, ``region``, ``tag`` and ``story``, each a value or several, ``level``,
        ``exclude`` and ``any`` (``filters.Filter``): an item must match every one that is given,
        and one of its values; ``level`` is a minimum. It must have none of the values in
        ``exclude``, and match one of ``any``, if there are some. ``after`` resumes after
        a stored cursor; without it the feed begins with a snapshot of the first ``backlog`` items,
        up to 200, or with all of them (``"all"``). After a reset a feed with 0 gets all items, too.
        ``token`` is for protected editions. A function is called before each connection, and when
        the server says that the token expires soon; a ``TimeoutError`` or ``OSError`` of it counts
        as a lost connection, another exception ends the iteration. ``on_retry`` is called after a
        lost or refused connection, before the wait; an exception that it raises ends the iteration.
        Raises BadAddress for a URL that is not valid, and ValueError for a misspelt facet.
        """
        query = query_of(keywords(filter))
        state = ResumeState(query, after, backlog, backoff or Backoff(), callable(token))
        super().__init__(url, state, token, on_retry, on_welcome)
