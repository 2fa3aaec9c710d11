"""One signed request, and what its answer means. Nothing the receiver does takes longer or more."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

import httpcore

from ticker import __version__
from ticker.net.ssrf_guard import Network
from ticker.webhooks.retry_policy import Later, Verdict, judge
from workers.webhooks.guarded_transport import Forbidden, GuardedBackend

TIMEOUT = 15.0
"""Seconds for all of a request: name, connection, TLS, sending, answer."""
ANSWER_MAX = 4_096
"""Bytes of an answer's body that are read, so that its connection can be used again; one with more
is closed."""
ANSWER_TIME = 1.0
"""Seconds for the same."""
CONNECTIONS = 50
KEEP = 20
KEEP_FOR = 30.0
"""Connections at once, those kept idle, and for how many seconds."""
ERROR_MAX = 300
"""Characters of an error that are kept."""


class Sender:
    """Sends to endpoints. One a process; ``aclose`` once at the end."""

    def __init__(
        self,
        allow: Iterable[Network] = (),
        *,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        allow = tuple(allow)
        self._timeout = timeout
        self._clock = clock
        self._pools = {
            scheme: httpcore.AsyncConnectionPool(
                max_connections=CONNECTIONS,
                max_keepalive_connections=KEEP,
                keepalive_expiry=KEEP_FOR,
                network_backend=GuardedBackend(scheme, allow),
            )
            for scheme in ("http", "https")
        }

    async def aclose(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            await pool.aclose()

    async def send(self, url: str, signed: Mapping[str, str], body: bytes) -> Verdict:
        """Post ``body`` to ``url``; return what became of it. Redirects are not followed."""
        parts = urlsplit(url)
        headers: list[tuple[bytes | str, bytes | str]] = [
            ("host", parts.netloc),
            ("content-type", "application/json"),
            ("user-agent", f"Ticker/{__version__} (webhooks)"),
            *signed.items(),
        ]
        pool = self._pools[parts.scheme]
        try:
            async with (
                asyncio.timeout(self._timeout),
                pool.stream("POST", url, headers=headers, content=body) as answer,
            ):
                verdict = judge(answer.status, _retry_after(answer), self._clock())
                await _read(answer)
                return verdict
        except TimeoutError:
            return Later(f"no answer within {self._timeout:g} seconds")
        except Forbidden as error:
            return Later(str(error)[:ERROR_MAX])
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            text = str(error) or type(error).__name__
            return Later(f"no connection, or a broken one: {text}"[:ERROR_MAX])


async def _read(answer: httpcore.Response) -> None:
    """Read the body, or as much of it as is read: what was said already counts."""
    size = 0
    with contextlib.suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout(ANSWER_TIME):
            async for piece in answer.aiter_stream():
                size += len(piece)
                if size > ANSWER_MAX:
                    return


def _retry_after(answer: httpcore.Response) -> str | None:
    for name, value in answer.headers:
        if name.lower() == b"retry-after":
            return value.decode("latin-1")
    return None
