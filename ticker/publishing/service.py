"""Editorial operations on items: read, decide in ``transitions``, commit in one script call."""

from __future__ import annotations

import time
from collections.abc import Callable

from ticker.config import Settings
from ticker.domain.actor import current_actor
from ticker.domain.cursor import StreamId
from ticker.domain.draft import Change, Draft
from ticker.domain.editor import Editor
from ticker.domain.errors import (
    ImplausibleTime,
    Stale,
)
from ticker.domain.event import WireEvent
from ticker.domain.item import Item
from ticker.domain.plausible_time import check_change
from ticker.domain.second_person import objection, writers
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions
from ticker.publishing.alert_index import AlertIndex
from ticker.publishing.attempts import Attempts, Committed
from ticker.publishing.command_builder import CommandBuilder
from ticker.publishing.commit import (
    CommitResult,
    Request,
)
from ticker.publishing.committer import Committer
from ticker.publishing.due_items import DueItems
from ticker.publishing.durability import Durability, DurabilityPolicy
from ticker.publishing.importer import Importer
from ticker.publishing.locks import Locks
from ticker.publishing.publisher import Publisher
from ticker.publishing.repository import Archive, ItemRepository
from ticker.publishing.transitions import Permit, Step, anything
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

ANSWER_WITHIN = 3.0
"""Seconds in which a change is made or refused, whatever the database does. A longer
``durability_timeout`` gets ``BESIDE_DURABILITY`` seconds more."""
BESIDE_DURABILITY = 1.0


def system_clock() -> int:
    """Return milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class ItemService(ItemRepository):
    """Editorial operations on items, committed atomically in Redis.

    Methods raise Unavailable when Redis is away. Its text says "written" after a write that could
    not be made durable in time: repeated with the same key, the method waits again and returns the
    first answer. Methods for editors ask ``permit`` about the change that they commit.
    """

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        taxonomy: Taxonomy,
        settings: Settings,
        clock: Callable[[], int] = system_clock,
        archive: Archive | None = None,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """``clock`` returns milliseconds since 1970. Redis' own clock decides embargoes.

        ``archive`` has the items that Redis does not keep any more: they too can be retracted.
        ``committed`` is called when a commit may have put events into the lane.
        """
        self._policy = DurabilityPolicy(
            redis, keys, settings.durability, settings.replicas, settings.durability_timeout
        )
        super().__init__(redis, keys, archive)
        self._taxonomy = taxonomy
        self._two_person = frozenset(settings.two_person_levels)
        self._undo_ms = round(settings.undo_window * 1000)
        self._second_person_after = settings.second_person_after * 1000
        self._builder = CommandBuilder(keys, settings)
        self._committer = Committer(redis, keys, self._policy, committed)
        self._clock = clock
        within = max(ANSWER_WITHIN, settings.durability_timeout + BESIDE_DURABILITY)
        self.attempts = Attempts(self, self._builder, self._committer, self._policy, clock, within)
        """Commits the changes that this service decides."""
        self._publisher = Publisher(
            self,
            self.attempts,
            self._builder,
            taxonomy,
            self._two_person,
            self._undo_ms,
            self._writers,
            clock,
        )
        self.due = DueItems(self.attempts)
        """Releases and expires what is due."""
        self.locks = Locks(redis, keys)
        """Who is at which item."""
        self.alerts = AlertIndex(redis, keys)
        """Which alerts each edition had."""
        self.importer = Importer(self, taxonomy, self._builder, self._committer, settings, clock)
        """Imports entries of other people's feeds."""

    async def durability(self) -> Durability:
        """Return what an acknowledgement promises with this server."""
        return await self._policy.durability()

    async def check_writes(self) -> Durability:
        """Return the same after a write without meaning; ``refused`` says why each one is refused.

        Raises StoreError if the server refuses it.
        """
        return await self._policy.check_writes()

    async def recheck_durability(self) -> Durability:
        """Ask the server again what it can promise, and return it."""
        self._policy.forget()
        return await self._policy.durability()

    async def publish(self, draft: Draft, *, by: str, key: str | None = None) -> Committed:
        """Publish, schedule or test ``draft``.

        With an undo window it is scheduled for its end, by Redis' clock, and goes out then. A
        broken glass cannot wait: it has a window only if the draft itself asks for one.

        Raises Duplicate when an identical item is live or scheduled, ImplausibleTime for a time
        that is probably wrong, IdempotencyMismatch when ``key`` was used for another draft.
        """
        request = Request.to_publish(draft, by, key)
        return await self.attempts.in_time(self._publisher.publish(draft, request))

    async def change(
        self,
        id: str,
        change: Change,
        *,
        by: str,
        if_match: int | None = None,
        key: str | None = None,
        check: bool = False,
        permit: Permit = anything,
    ) -> Committed:
        """Correct or update an item; with ``check``, only raise what that would.

        Raises NotFound, Conflict, ImplausibleTime, Stale (``if_match``).
        """
        body = change.model_dump_json(exclude_unset=True).encode()

        def decide(item: Item, now: int) -> Step | None:
            transitions.check_versions(item)
            check_change(item, change, redis_now or now)
            return transitions.change(
                item,
                change,
                by=by,
                now_ms=now,
                two_person=self._two_person,
                writers=self._writers(by, now),
            )

        request = Request.of("change", id, body, by, key)
        redis_now: int | None = None
        try:
            return await self.attempts.transition(
                id, request, decide, permit, if_match, check=check
            )
        except ImplausibleTime:  # by our clock; Redis' clock decides
            redis_now = await self.now_ms()
            return await self.attempts.transition(
                id, request, decide, permit, if_match, check=check
            )

    async def without_picture(self, id: str, picture: str, *, by: str) -> Committed:
        """Take a stored picture out of an item. Raises NotFound."""
        return await self.attempts.transition(
            id,
            Request.of("change", id, b"", by, None),
            lambda item, now: transitions.without_picture(item, picture, by=by, now_ms=now),
            anything,
            None,
        )

    async def retract(
        self,
        id: str,
        reason: str | None,
        *,
        by: str,
        if_match: int | None = None,
        key: str | None = None,
        permit: Permit = anything,
    ) -> Committed:
        """Retract an item for good. Changes nothing if it is retracted already.

        An item that only the archive has is retracted too: Redis keeps it again, as retracted,
        so that nobody is shown it while the archive is behind.
        """
        return await self.attempts.transition(
            id,
            Request.of("retract", id, (reason or "").encode(), by, key),
            lambda item, now: transitions.retract(item, reason, by=by, now_ms=now),
            permit,
            if_match,
        )

    async def pin(
        self,
        id: str,
        pinned: bool,
        *,
        by: str,
        if_match: int | None = None,
        key: str | None = None,
        permit: Permit = anything,
    ) -> Committed:
        """Pin an item above the others, or unpin it. Raises Conflict unless it is live."""

        def decide(item: Item, now: int) -> Step | None:
            if pinned:
                transitions.check_versions(item)
            return transitions.pin(item, pinned, by=by, now_ms=now)

        operation = "pin" if pinned else "unpin"
        return await self.attempts.transition(
            id, Request.of(operation, id, b"", by, key), decide, permit, if_match
        )

    async def release(
        self,
        id: str,
        *,
        by: str,
        if_match: int | None = None,
        key: str | None = None,
        check: bool = False,
        permit: Permit = anything,
    ) -> Committed:
        """Release a scheduled item now, whatever its time.

        With ``check``, only raise what that would.
        """
        return await self.attempts.transition(
            id,
            Request.of("release", id, b"", by, key),
            lambda item, now: transitions.release(item, by=by, now_ms=now),
            permit,
            if_match,
            check=check,
        )

    async def approve(
        self,
        id: str,
        *,
        by: str,
        if_match: int | None = None,
        key: str | None = None,
        check: bool = False,
        force: bool = False,
        break_glass: str | None = None,
        editor: Editor | None = None,
        permit: Permit = anything,
    ) -> Committed:
        """Publish a draft, or schedule it if its time is still to come or there is an undo window.

        ``check`` only raises what the approval would, and changes nothing; it needs no key.
        ``force`` publishes a duplicate; ``break_glass`` is the reason to do without a second
        person. ``editor`` is whose key or account it is, to see whether that is another person than
        the authors; by default the name is enough. Raises Conflict, Duplicate when an identical
        item is live.
        """
        now = await self.now_ms()  # Redis' clock decides whether an embargo is over

        def decide(item: Item, _: int) -> Step | None:
            transitions.check_versions(item)
            return transitions.approve(
                item,
                by=by,
                now_ms=now,
                two_person=self._two_person,
                break_glass=break_glass,
                undo_ms=self._undo_ms,
                objects=None
                if editor is None
                else lambda authors: objection(editor, authors, now, self._second_person_after),
            )

        body = f"{force} {break_glass or ''}".encode()
        request = Request.of("approve", id, body, by, key)
        try:
            return await self.attempts.transition(
                id, request, decide, permit, if_match, force, check
            )
        except Stale:
            # Approved by somebody meanwhile, or by a first click: say so.
            def settled(item: Item, now: int) -> Step | None:
                if item.state == "draft" or item.proposed is not None:
                    raise Stale(item.version)
                return decide(item, now)

            return await self.attempts.transition(id, request, settled, permit, None, force, check)

    async def expire(
        self,
        id: str,
        *,
        by: str,
        if_match: int | None = None,
        key: str | None = None,
        permit: Permit = anything,
    ) -> Committed:
        """Expire a live item now, whatever its time. Changes nothing if it has expired already."""
        return await self.attempts.transition(
            id,
            Request.of("expire", id, b"", by, key),
            lambda item, now: transitions.end(item, by=by, now_ms=now),
            permit,
            if_match,
        )

    async def resend(self, item: Item, event: WireEvent) -> StreamId | None:
        """Put ``event`` about ``item`` as it is on the wire again: a repair, no new version.

        Returns the event's id, or None if the item has changed since: then nothing was sent.
        """
        request = Request.of("resend", item.id, b"", event.by, None)
        step = Step(item, event)
        command = self._builder.build(request, item, step, now_ms=self._clock())
        outcome, _ = await self.attempts.commit(command)
        return outcome.wire_id if isinstance(outcome, CommitResult) else None

    async def adopt(self, item: Item, event: WireEvent) -> StreamId | None:
        """Do the same as ``resend`` for an item of which nothing is kept any more."""
        request = Request.of("adopt", item.id, b"", event.by, None)
        command = self._builder.build(request, None, Step(item, event), now_ms=self._clock())
        outcome, _ = await self.attempts.commit(command)
        return outcome.wire_id if isinstance(outcome, CommitResult) else None

    def writers(self, by: str, now: int) -> list[str]:
        """Return the authors of what is written now (ms) in the name ``by``, in a request."""
        return writers(by, current_actor(), now, self._second_person_after)

    def _writers(self, by: str, now: int) -> list[str]:
        return self.writers(by, now) if self._two_person else [by]
