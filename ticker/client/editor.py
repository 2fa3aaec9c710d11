"""The editors' API over HTTP: publish, correct, retract, pin, look, import.

Every act carries an idempotency key, so that asking again after a lost answer is safe: the server
returns its first answer and publishes nothing. That is why this client retries by itself.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import quote

import httpx
import orjson

from ticker.client.backoff import Backoff
from ticker.client.batches import BATCH_LINES, Batch, batches
from ticker.client.errors import (
    BadAddress,
    ClientError,
    Misunderstood,
    TooLarge,
    Unavailable,
    Unreachable,
    in_words,
    refusal,
)
from ticker.client.results import (
    BatchResult,
    Detail,
    Fields,
    LineResult,
    Listing,
    Published,
    Receipts,
)

ATTEMPTS = 4
TIMEOUT = 10.0
LONGEST_PAUSE = 4.0
"""Seconds between two attempts, whatever the server's ``Retry-After`` says: a person waits."""
IN_FLIGHT = 3
"""Batches of an import under way at once: while the server commits one it can read the next."""
T = TypeVar("T")
NO_FIELDS: Mapping[str, Any] = {}


class Editor:
    """One editor's connection to a newsroom; use it as an async context manager.

    Each call is tried up to ``attempts`` times, with the same idempotency key, when the connection
    is lost or a part of the newsroom is away. Raises the ``Refused`` exception of the server's
    problem document, ``Unreachable`` if nothing answered, ``Misunderstood`` if something else did.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        attempts: int = ATTEMPTS,
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare calls to the server at ``url``; ``timeout`` is in seconds, for each attempt.

        Raises BadAddress for a URL that is none.
        """
        self.url = url.rstrip("/")
        self._attempts = attempts
        headers = {"Accept": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        try:
            self._http = httpx.AsyncClient(
                base_url=self.url, headers=headers, timeout=timeout, transport=transport
            )
        except httpx.InvalidURL as error:
            raise BadAddress(url) from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def publish(
        self, headline: str, edition: str, *, key: str | None = None, **fields: Unpack[Fields]
    ) -> Published:
        """Publish a line. ``key`` is the idempotency key; a new one by default.

        Raises Invalid for wrong fields, Duplicate if the same line is out already.
        """
        draft = {"headline": headline, "edition": edition, **fields}
        return await self.publish_draft(draft, key=key)

    async def publish_draft(self, draft: Mapping[str, Any], *, key: str | None = None) -> Published:
        """Publish a draft that is JSON already; else like ``publish``."""
        return _typed(Published.read, await self._act("POST", "/v1/items", draft, key=key))

    async def change(
        self,
        item_id: str,
        changes: Mapping[str, Any],
        *,
        if_match: int | None = None,
        key: str | None = None,
    ) -> Published:
        """Change fields of an item; with ``correction`` among them readers see that it was wrong.

        With ``if_match``, raises Stale if the item is not at that version any more.
        """
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        data = await self._act("PATCH", _path(item_id), changes, key=key, headers=headers)
        return _typed(Published.read, data)

    async def correct(
        self,
        item_id: str,
        correction: str,
        *,
        if_match: int | None = None,
        key: str | None = None,
        **changes: Any,
    ) -> Published:
        """Correct an item; ``correction`` is what readers are told, ``changes`` what is new."""
        return await self.change(
            item_id, {**changes, "correction": correction}, if_match=if_match, key=key
        )

    async def retract(self, item_id: str, reason: str, *, key: str | None = None) -> Published:
        """Take an item back: gone from every screen and replay. ``reason`` stays inside."""
        return _typed(
            Published.read,
            await self._act("POST", _path(item_id, "retract"), {"reason": reason}, key=key),
        )

    async def pin(self, item_id: str, *, key: str | None = None) -> Published:
        """Keep an item above the others."""
        return _typed(
            Published.read, await self._act("POST", _path(item_id, "pin"), NO_FIELDS, key=key)
        )

    async def unpin(self, item_id: str, *, key: str | None = None) -> Published:
        """Let a pinned item go back to its place."""
        return _typed(
            Published.read, await self._act("POST", _path(item_id, "unpin"), NO_FIELDS, key=key)
        )

    async def release(self, item_id: str, *, key: str | None = None) -> Published:
        """Publish a scheduled item now."""
        return _typed(
            Published.read, await self._act("POST", _path(item_id, "release"), NO_FIELDS, key=key)
        )

    async def get(self, item_id: str) -> Detail:
        """Return an item. Raises NotFound, or Retracted for one that was taken back."""
        return _typed(Detail.read, await self._ask("GET", _path(item_id)))

    async def receipts(self, item_id: str) -> Receipts:
        """Return what became of an item at the bridges. Raises NotFound."""
        return _typed(Receipts.read, await self._ask("GET", _path(item_id, "receipts")))

    async def list(
        self,
        *,
        edition: Iterable[str] = (),
        section: Iterable[str] = (),
        region: Iterable[str] = (),
        tag: Iterable[str] = (),
        story: Iterable[str] = (),
        level: str | None = None,
        limit: int | None = None,
        all: bool = False,
    ) -> Listing:
        """Return what is out, in display order; ``all`` (needs a key) adds what is scheduled."""
        query = [
            *(("edition", value) for value in edition),
            *(("section", value) for value in section),
            *(("region", value) for value in region),
            *(("tag", value) for value in tag),
            *(("story", value) for value in story),
        ]
        if level is not None:
            query.append(("level", level))
        if limit is not None:
            query.append(("limit", str(limit)))
        if all:
            query.append(("all", "true"))
        return _typed(Listing.read, await self._ask("GET", "/v1/items", params=query))

    async def import_lines(
        self,
        drafts: Iterable[Mapping[str, Any]],
        *,
        in_flight: int = IN_FLIGHT,
        batch_lines: int = BATCH_LINES,
    ) -> AsyncIterator[BatchResult]:
        """Publish many drafts; yield what became of each batch, in the order of ``drafts``.

        A draft may carry its own idempotency ``key``. At most ``in_flight`` batches are under way,
        so the lane has neighbouring batches interleaved: give ``published_at`` where order matters.
        """
        pending: deque[asyncio.Task[BatchResult]] = deque()
        try:
            for batch in batches(drafts, uuid.uuid4().hex, batch_lines):
                if len(pending) >= in_flight:
                    yield await pending.popleft()
                pending.append(asyncio.create_task(self._import(batch)))
            while pending:
                yield await pending.popleft()
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _import(self, batch: Batch) -> BatchResult:
        try:
            data = await self._ask(
                "POST",
                "/v1/import",
                content=batch.body,
                headers={"Content-Type": "application/x-ndjson"},
            )
        except TooLarge as error:
            if batch.lines > 1:
                raise
            too_large = LineResult(batch.first_line, 413, None, (), error.detail or error.title)
            return BatchResult(1, 0, 0, 1, (too_large,))
        return _typed(lambda answer: BatchResult.read(answer, batch.first_line, batch.lines), data)

    async def _act(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        key: str | None,
        headers: Mapping[str, str] = NO_FIELDS,
    ) -> dict[str, Any]:
        return await self._ask(
            method,
            path,
            content=orjson.dumps(body),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": key or uuid.uuid4().hex,
                **headers,
            },
        )

    async def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """Send a request that may be repeated, and repeat it where that may help."""
        backoff = Backoff(first=0.25, last=LONGEST_PAUSE)
        while True:
            ordered: float | None = None
            problem: ClientError
            try:
                answer = await self._http.request(method, path, **request)
                return _read(answer)
            except Unavailable as error:
                problem = error
                ordered = error.retry_after
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise BadAddress(self.url) from error
            except httpx.TransportError as error:
                problem = Unreachable(self.url, in_words(error))
                problem.__cause__ = error
            if backoff.failures + 1 >= self._attempts:
                raise problem
            await asyncio.sleep(min(backoff.failed(ordered), LONGEST_PAUSE))


def _typed(read: Callable[[dict[str, Any]], T], data: dict[str, Any]) -> T:
    """Return ``data`` as what it should be. Raises Misunderstood if it is something else."""
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Misunderstood(f"the server's answer cannot be read: {error!r}") from error


def _path(item_id: str, act: str | None = None) -> str:
    path = f"/v1/items/{quote(item_id, safe='')}"
    return path if act is None else f"{path}/{act}"


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        data = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        data = None
    if answer.status_code == 204:
        return {}
    if answer.is_success:
        if isinstance(data, dict):
            return data
        raise Misunderstood(f"{answer.url} does not answer like a Ticker server")
    if not isinstance(data, dict):
        data = {"title": f"HTTP {answer.status_code} {answer.reason_phrase}".strip()}
    after = answer.headers.get("Retry-After", "")
    raise refusal(answer.status_code, data, float(after) if after.isdecimal() else None)
