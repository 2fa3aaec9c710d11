"""One signed request to a webhook endpoint, bounded in time and size, and the verdict on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from ticker import __version__
from ticker.domain.text import shortened
from ticker.net.client import HttpClient
from ticker.net.headers import Head
from ticker.net.reply import BODY_MAX, Forbidden, TimedOut, Unanswered
from ticker.net.resolver import split_url
from ticker.net.ssrf_guard import Network
from ticker.webhooks.retry_policy import Later, Verdict, judge

TIMEOUT = 15.0
"""Seconds for all of a request: name, connection, TLS, sending, answer."""
ANSWER_MAX = BODY_MAX
"""Bytes of an answer's body that are read."""
ANSWER_TIME = 1.0
"""Seconds for the same. Its status counts, whatever becomes of the body."""
KEEP_FOR = 30.0
"""Seconds that an unused connection is kept."""
ERROR_MAX = 300
"""Characters of an error that are kept."""

_HEAD = Head(
    [
        (b"content-type", b"application/json"),
        (b"user-agent", f"Ticker/{__version__} (webhooks)".encode()),
    ]
)


class Sender:
    """Sends to endpoints. One a process; ``aclose`` once at the end.

    ``allow`` names the private networks that endpoints may be in.
    """

    def __init__(
        self,
        allow: Iterable[Network] = (),
        *,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._timeout = timeout
        self._clock = clock
        self._client = HttpClient(
            timeout=timeout,
            allow=allow,
            connect_timeout=timeout,
            body_timeout=ANSWER_TIME,
            idle=KEEP_FOR,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, url: str, signed: Mapping[str, str], body: bytes) -> Verdict:
        """Post ``body`` to ``url`` and return the verdict. Redirects are not followed."""
        extra = [(name.encode(), value.encode()) for name, value in signed.items()]
        try:
            origin, path = split_url(url)
            reply = await self._client.post(origin, path, _HEAD, extra, body)
        except TimedOut:
            return Later(f"no answer within {self._timeout:g} seconds")
        except Forbidden as error:
            return Later(shortened(error.why, ERROR_MAX))
        except Unanswered as error:
            return Later(shortened(f"no connection, or a broken one: {error.why}", ERROR_MAX))
        after = reply.headers.get(b"retry-after", b"").decode("latin-1")
        return judge(reply.status, after or None, self._clock())
