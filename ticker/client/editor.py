"""The editors' API over HTTP: publish, correct, retract, pin, list and import items."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Unpack
from urllib.parse import quote

import orjson

from ticker.client.api_requests import NO_FIELDS, ApiRequests, typed
from ticker.client.errors import TooLarge, Unreachable
from ticker.client.import_batches import BATCH_ITEMS, ImportBatch, split
from ticker.client.results import (
    BatchResult,
    Detail,
    DraftResult,
    ItemFields,
    Listing,
    Published,
    Receipts,
)

IN_FLIGHT = 3
"""Import requests in flight at once: the server can read one while it commits another."""


class Editor(ApiRequests):
    """The editors' API of one newsroom, by ``ApiRequests``."""

    async def publish(
        self, headline: str, edition: str, *, key: str | None = None, **fields: Unpack[ItemFields]
    ) -> Published:
        """Publish an item. ``key`` is the idempotency key; by default a new one.

        Raises Invalid for invalid fields and Duplicate if an identical item is out or due.
        """
        draft = {"headline": headline, "edition": edition, **fields}
        return await self.publish_draft(draft, key=key)

    async def publish_draft(self, draft: Mapping[str, Any], *, key: str | None = None) -> Published:
        """Publish a draft given as a dictionary of JSON values; otherwise like ``publish``."""
        return typed(Published.read, await self._act("POST", "/v1/items", draft, key=key))

    async def preview(
        self, draft: Mapping[str, Any], *, since: datetime | None = None
    ) -> dict[str, Any]:
        """Return a draft as every channel would get it, and whom it would interrupt (``Preview``).

        Nothing is published. The alerts of today are those from ``since`` on, by default from the
        last midnight of UTC.
        """
        content = orjson.dumps(dict(draft))
        headers = {"content-type": "application/json"}
        params = () if since is None else (("since", since.astimezone(UTC).isoformat()),)
        return await self._ask(
            "POST", "/v1/preview", params=params, content=content, headers=headers
        )

    async def change(
        self,
        item_id: str,
        changes: Mapping[str, Any],
        *,
        check: bool = False,
        if_match: int | None = None,
        key: str | None = None,
    ) -> Published:
        """Change fields of an item. A ``correction`` among them is shown to readers.

        ``check`` changes nothing: it raises what the change would raise. With ``if_match``, raises
        Stale if the item is no longer at that version.
        """
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        body = {**changes, "check": True} if check else changes
        data = await self._act("PATCH", _path(item_id), body, key=key, headers=headers)
        return typed(Published.read, data)

    async def correct(
        self,
        item_id: str,
        correction: str,
        *,
        if_match: int | None = None,
        key: str | None = None,
        **changes: Any,
    ) -> Published:
        """Correct an item. ``correction`` is the public note, ``changes`` are the new fields."""
        return await self.change(
            item_id, {**changes, "correction": correction}, if_match=if_match, key=key
        )

    async def retract(
        self, item_id: str, reason: str, *, if_match: int | None = None, key: str | None = None
    ) -> Published:
        """Retract an item: remove it from every screen, list and replay. ``reason`` is internal.

        With ``if_match``, raises Stale if the item is no longer at that version: so an item that
        waits for the end of its undo window is taken back only while nobody has it.
        """
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        path, body = _path(item_id, "retract"), {"reason": reason}
        return typed(Published.read, await self._act("POST", path, body, key=key, headers=headers))

    async def pin(self, item_id: str, *, key: str | None = None) -> Published:
        """Pin an item above the others."""
        return typed(
            Published.read, await self._act("POST", _path(item_id, "pin"), NO_FIELDS, key=key)
        )

    async def unpin(self, item_id: str, *, key: str | None = None) -> Published:
        """Unpin an item: it returns to its place in the list."""
        return typed(
            Published.read, await self._act("POST", _path(item_id, "unpin"), NO_FIELDS, key=key)
        )

    async def approve(
        self,
        item_id: str,
        *,
        if_match: int,
        check: bool = False,
        force: bool = False,
        break_glass: str | None = None,
        key: str | None = None,
    ) -> Published:
        """Publish a draft, or schedule it if it has a time that is still to come.

        ``if_match`` is the version that you have read: it is the text that you approve.
        ``check`` changes nothing: it raises what the approval would raise, but for Duplicate.
        ``break_glass`` is the reason to do without the second person that its level needs. Raises
        Conflict if you are one of its authors and it needs one, or if it is no draft; Duplicate if
        an identical item is live, unless ``force``; Stale if it is no longer at ``if_match``.
        """
        body: dict[str, Any] = {"force": True} if force else {}
        if check:
            body["check"] = True
        if break_glass is not None:
            body["break_glass"] = break_glass
        headers = {"If-Match": f'"{if_match}"'}
        data = await self._act("POST", _path(item_id, "approve"), body, key=key, headers=headers)
        return typed(Published.read, data)

    async def release(
        self, item_id: str, *, check: bool = False, key: str | None = None
    ) -> Published:
        """Publish a scheduled item now. ``check`` only raises what that would raise."""
        body = {"check": True} if check else NO_FIELDS
        data = await self._act("POST", _path(item_id, "release"), body, key=key)
        return typed(Published.read, data)

    async def expire(self, item_id: str, *, key: str | None = None) -> Published:
        """Expire a live item now, before its time."""
        return typed(
            Published.read,
            await self._act("POST", _path(item_id, "expire"), NO_FIELDS, key=key),
        )

    async def silent_hop(self) -> str | None:
        """Return the first hop that passes no events, and its state, as ``/readyz`` says.

        None if events travel, or if the server does not answer: this explains another answer.
        """
        try:
            answer = await self._http.send("GET", "/readyz", headers=self._headers)
            report = orjson.loads(answer.content)
            name = report["silent"]
            return None if name is None else f"{name}: {report['hops'][name]['detail']}"
        except (Unreachable, orjson.JSONDecodeError, KeyError, TypeError):
            return None

    async def audience(self) -> dict[str, Any]:
        """Return how many readers there are now, by edition, section and story."""
        return await self._ask("GET", "/v1/audience")

    async def audit(
        self,
        *,
        by: str | None = None,
        item: str | None = None,
        action: str | None = None,
        since: str | None = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> dict[str, Any]:
        """Return who did what: ``entries``, the newest first, and the place of the ``next`` page.

        Needs a chief's key.
        """
        given = {"by": by, "item": item, "action": action, "since": since, "before": before}
        query = [(name, value) for name, value in given.items() if value is not None]
        if limit is not None:
            query.append(("limit", str(limit)))
        return await self._ask("GET", "/v1/audit", params=query)

    async def get(self, item_id: str) -> Detail:
        """Return an item. Raises NotFound, or without a key Retracted for a retracted item."""
        return typed(Detail.read, await self._ask("GET", _path(item_id)))

    async def receipts(self, item_id: str) -> Receipts:
        """Return the push and webhook deliveries of an item. Raises NotFound."""
        return typed(Receipts.read, await self._ask("GET", _path(item_id, "receipts")))

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
        scheduled: bool = False,
        drafts: bool = False,
        state: str | None = None,
        before: str | None = None,
    ) -> Listing:
        """Return the live items in display order.

        ``all`` (needs a key): the newest items in every state. ``scheduled`` (needs a key): those
        that wait for their time, the next one first. ``drafts`` (needs a key): those that wait for
        an approval, the last changed one first. ``state`` (needs a key): retracted or test ones.
        ``before``: older items, live and expired ones, or with ``all`` or ``state`` of this list;
        the ``next`` of another listing, an item's id or a time.
        """
        query = _filters(edition, section, region, tag, story, level)
        if limit is not None:
            query.append(("limit", str(limit)))
        if scheduled or drafts:
            state = "scheduled" if scheduled else "draft"
        if all or state is not None:
            query.append(("all", "true"))
        if state is not None:
            query.append(("state", state))
        if before is not None:
            query.append(("before", before))
        return typed(Listing.read, await self._ask("GET", "/v1/items", params=query))

    async def with_id(self, part: str) -> Listing:
        """Return the items whose id begins or ends with ``part``, 4 to 26 characters.

        With a key, items in every state. Raises NotFound if it cannot be a part of an id.
        """
        return typed(Listing.read, await self._ask("GET", f"/v1/ids/{quote(part, safe='')}"))

    async def search(
        self,
        text: str,
        *,
        edition: Iterable[str] = (),
        section: Iterable[str] = (),
        region: Iterable[str] = (),
        tag: Iterable[str] = (),
        story: Iterable[str] = (),
        level: str | None = None,
        limit: int | None = None,
        before: str | None = None,
    ) -> Listing:
        """Return items that were ever live and match ``text``, newest first.

        ``before`` is the ``next`` of the page before. Raises NotFound without an archive.
        """
        query = [("q", text), *_filters(edition, section, region, tag, story, level)]
        if limit is not None:
            query.append(("limit", str(limit)))
        if before is not None:
            query.append(("before", before))
        return typed(Listing.found, await self._ask("GET", "/v1/search", params=query))

    async def import_drafts(
        self,
        drafts: Iterable[Mapping[str, Any]],
        *,
        in_flight: int = IN_FLIGHT,
        batch_size: int = BATCH_ITEMS,
    ) -> AsyncIterator[BatchResult]:
        """Publish many drafts; yield the result of each batch, in the order of ``drafts``.

        A draft may carry its own idempotency ``key``. Up to ``in_flight`` batches are sent at once,
        so their events may be interleaved in the lane: set ``published_at`` if the order matters.
        """
        pending: deque[asyncio.Task[BatchResult]] = deque()
        try:
            for batch in split(drafts, uuid.uuid4().hex, batch_size):
                if len(pending) >= in_flight:
                    yield await pending.popleft()
                pending.append(asyncio.create_task(self._import(batch)))
            while pending:
                yield await pending.popleft()
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _import(self, batch: ImportBatch) -> BatchResult:
        try:
            data = await self._ask(
                "POST",
                "/v1/import",
                content=batch.body,
                headers={"Content-Type": "application/x-ndjson"},
            )
        except TooLarge as error:
            if batch.count > 1:
                raise
            too_large = DraftResult(batch.first, 413, None, (), error.detail or error.title)
            return BatchResult(1, 0, 0, 1, (too_large,))
        return typed(lambda found: BatchResult.read(found, batch.first, batch.count), data)


def _filters(
    edition: Iterable[str],
    section: Iterable[str],
    region: Iterable[str],
    tag: Iterable[str],
    story: Iterable[str],
    level: str | None,
) -> list[tuple[str, str]]:
    facets = {"edition": edition, "section": section, "region": region, "tag": tag, "story": story}
    query = [(name, value) for name, values in facets.items() for value in values]
    return query if level is None else [*query, ("level", level)]


def _path(item_id: str, action: str | None = None) -> str:
    path = f"/v1/items/{quote(item_id, safe='')}"
    return path if action is None else f"{path}/{action}"
