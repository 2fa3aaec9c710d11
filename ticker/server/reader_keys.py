"""Reads the keys of reader tokens, again and again, for as long as the process runs.

While they cannot be read, the last ones stay in force. A token with an unknown key has them read
at once, but at most once in ``MISSING_EVERY`` seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from ticker.config import Settings
from ticker.domain import web_address
from ticker.domain.backoff import delay
from ticker.net.client import HttpClient
from ticker.net.headers import Head
from ticker.net.reply import Unanswered
from ticker.reader_access.access import ReaderAccess
from ticker.reader_access.key_set import (
    DOCUMENT_MAX,
    BadKeys,
    KeySet,
    from_document,
    from_secret,
)

TIMEOUT = 5.0
"""Seconds for the whole request."""
MISSING_EVERY = 60.0
RETRY_MIN, RETRY_MAX = 2.0, 60.0
"""Seconds after a failure until the next attempt, doubled with each failure in a row."""

_HEAD = Head([(b"accept", b"application/jwk-set+json, application/json")])

log = logging.getLogger(__name__)


class KeySource:
    """Reads the keys from the address or the file in the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # An address of the operator, but the provider decides where its name leads.
        self._http = HttpClient(
            timeout=TIMEOUT,
            allow=settings.outbound_private_networks,
            body_max=DOCUMENT_MAX + 1,
            connections_h1=1,
        )

    @property
    def name(self) -> str:
        """Return the address or the path, for messages."""
        settings = self._settings
        if settings.reader_token_keys_url:
            return settings.reader_token_keys_url.partition("?")[0]
        return str(settings.reader_token_keys_file or settings.reader_token_secret_file)

    async def read(self) -> KeySet:
        """Return the keys as they are now. Raises BadKeys, and Unanswered or OSError."""
        settings = self._settings
        if settings.reader_token_secret_file is not None:
            return from_secret(_read(settings.reader_token_secret_file))
        if settings.reader_token_keys_file is not None:
            data = _read(settings.reader_token_keys_file)
        else:
            data = await self._fetch(settings.reader_token_keys_url)
        return from_document(data, settings.reader_token_algorithms)

    async def _fetch(self, url: str) -> bytes:
        parts = web_address.parse(url)
        origin = url[: len(url) - len(parts.path) - len(parts.fragment)]
        path = (parts.path if parts.path.startswith("/") else "/" + parts.path).encode()
        reply = await self._http.request(b"GET", origin, path, _HEAD, (), b"")
        if reply.status != 200:
            raise BadKeys(f"the answer is {reply.status}")
        return reply.body

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class ReaderKeys:
    """Keeps the keys of ``access`` current. ``clock`` is monotonic seconds."""

    def __init__(
        self,
        access: ReaderAccess,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._settings = settings
        self._clock = clock
        self._failures = 0

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Read the keys, and go on until the block ends. It begins after the first attempt."""
        if not self._access.enabled:
            yield
            return
        source = KeySource(self._settings)
        await self._read(source)
        task = asyncio.create_task(self._keep(source))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await source.aclose()

    async def _keep(self, source: KeySource) -> None:
        while True:
            began = self._clock()
            wait: float = self._settings.reader_token_refresh
            if self._failures:
                wait = min(wait, delay(self._failures, first=RETRY_MIN, last=RETRY_MAX, jitter=1.0))
            with contextlib.suppress(TimeoutError):
                # ``wait_for`` of Python 3.11 loses a cancellation at the moment of the event.
                async with asyncio.timeout(wait):
                    await self._access.missing.wait()
                # The keys may have been read a moment ago.
                await asyncio.sleep(min(wait, MISSING_EVERY) - (self._clock() - began))
            await self._read(source)

    async def _read(self, source: KeySource) -> None:
        access = self._access
        access.missing.clear()
        access.key_reads += 1
        try:
            keys = await source.read()
        except (BadKeys, Unanswered, OSError) as error:
            access.key_failures += 1
            if not self._failures:
                log.warning(
                    "the keys of reader tokens cannot be read from %s: %s", source.name, error
                )
            self._failures += 1
        else:
            if self._failures:
                log.warning("the keys of reader tokens can be read again")
            self._failures = 0
            access.use(keys)
        finally:
            access.settle()


def _read(path: Path) -> bytes:
    """Return the contents of a small file. Raises OSError."""
    with path.open("rb") as file:
        return file.read(DOCUMENT_MAX + 1)
