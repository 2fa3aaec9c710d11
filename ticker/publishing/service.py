"""Editorial operations on items: read, decide in ``transitions``, commit in one script call."""

from __future__ import annotations

import asyncio
import builtins
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from ticker.config import Settings
from ticker.domain.actor import current_actor
from ticker.domain.clock import parse_ms
from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.draft import Change, Draft
from ticker.domain.editor import Editor
from ticker.domain.errors import (
    FieldError,
    ImplausibleTime,
    Invalid,
    NotFound,
    Stale,
    TickerError,
    Unavailable,
)
from ticker.domain.event import WireEvent
from ticker.domain.item import Item
from ticker.domain.messages import said
from ticker.domain.plausible_time import check_change, check_draft
from ticker.domain.second_person import objection, writers
from ticker.domain.store_errors import StoreUnreachable
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions
from ticker.publishing.command_builder import CommandBuilder, provisional_id
from ticker.publishing.commit import (
    Command,
    CommitResult,
    NotYetDue,
    Outcome,
    Request,
    VersionConflict,
)
from ticker.publishing.committer import Committer
from ticker.publishing.durability import Durability, DurabilityPolicy
from ticker.publishing.importer import Importer
from ticker.publishing.locks import Locks
from ticker.publishing.repository import Archive, HistoryEntry, ItemRepository
from ticker.publishing.transitions import Permit, Step, anything
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.telemetry import traces

log = logging.getLogger(__name__)

ANSWER_WITHIN = 3.0
"""Seconds in which a change is made or refused, whatever the database does. A longer
``durability_timeout`` gets ``BESIDE_DURABILITY`` seconds more."""
BESIDE_DURABILITY = 1.0
RACES = 5
"""Attempts at one change before giving up, when other commits keep coming first."""
DELIVERY_WAIT = 1.0
"""Seconds that an answer waits for the lane; without a worker it may take for ever."""
DELIVERY_LOOK = 0.02

__all__ = ["Committed", "HistoryEntry", "ItemService", "system_clock"]


@dataclass(frozen=True, slots=True)
class Committed:
    """A change that is written and as durable as ``durability`` says.

    ``wire_id`` is None where no event was sent: scheduled and test items, or no change.
    ``repeated`` marks the stored answer to an Idempotency-Key that was used before.
    """

    item: Item
    wire_id: StreamId | None
    repeated: bool
    durability: str
    delivered: bool = False
    """Whether the event was in the lane when the commit returned."""
    changed: bool = True
    """Whether the request has changed the item: not one that was as the request makes it."""


def system_clock() -> int:
    """Return milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Sent(Protocol):
    """A change that may have an event on its way to readers."""

    @property
    def wire_id(self) -> StreamId | None:
        """The event's id, or None if there is none."""

    @property
    def delivered(self) -> bool:
        """Whether it was seen in the lane."""


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
        self.answer_within = max(ANSWER_WITHIN, settings.durability_timeout + BESIDE_DURABILITY)
        self.locks = Locks(redis, keys)
        """Who is at which item."""
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

    async def delivered(self, *committed: Sent) -> list[bool | None]:
        """Return whether each event is in the lane, after ``DELIVERY_WAIT`` seconds in all at most.

        None: there is no event that readers could get.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + DELIVERY_WAIT
        waits = [one.wire_id for one in committed if one.wire_id and not one.delivered]
        last, top = max(waits, default=ZERO), ZERO
        while top < last and loop.time() < until:
            await asyncio.sleep(DELIVERY_LOOK)
            try:
                top = await self.lane_top()
            except Unavailable:
                break  # they are committed; the lane cannot be asked now
        return [
            None if one.wire_id is None else one.delivered or one.wire_id <= top
            for one in committed
        ]

    async def recheck_durability(self) -> Durability:
        """Ask the server again what it can promise, and return it."""
        self._policy.forget()
        return await self._policy.durability()

    async def publish(self, draft: Draft, *, by: str, key: str | None = None) -> Committed:
        """Publish, schedule or test ``draft``.

        With an undo window it is scheduled for its end, by Redis' clock, and goes out then. A
        broken glass cannot wait: it has a window only if the draft itself asks for one.

        Raises Duplicate when an identical item is live, ImplausibleTime for a time that is probably
        wrong, IdempotencyMismatch when ``key`` was used for another draft.
        """
        request = Request.to_publish(draft, by, key)
        try:
            async with asyncio.timeout(self.answer_within):
                return await self._publish(draft, request)
        except builtins.TimeoutError:
            raise self._late() from None

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
            return await self._transition(id, request, decide, permit, if_match, check=check)
        except ImplausibleTime:  # by our clock; Redis' clock decides
            redis_now = await self.now_ms()
            return await self._transition(id, request, decide, permit, if_match, check=check)

    async def without_picture(self, id: str, picture: str, *, by: str) -> Committed:
        """Take a stored picture out of an item. Raises NotFound."""
        return await self._transition(
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
        return await self._transition(
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
        return await self._transition(
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
        return await self._transition(
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
            return await self._transition(id, request, decide, permit, if_match, force, check)
        except Stale:
            # Approved by somebody meanwhile, or by a first click: say so.
            def settled(item: Item, now: int) -> Step | None:
                if item.state == "draft" or item.proposed is not None:
                    raise Stale(item.version)
                return decide(item, now)

            return await self._transition(id, request, settled, permit, None, force, check)

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
        return await self._transition(
            id,
            Request.of("expire", id, b"", by, key),
            lambda item, now: transitions.end(item, by=by, now_ms=now),
            permit,
            if_match,
        )

    async def release_due(
        self, id: str, *, by: str, without: Collection[str] = ()
    ) -> Committed | None:
        """Release a scheduled item if its time has come by Redis' clock; None if it has not.

        ``without`` are ids of stored pictures that are no more: it goes out without them.
        """
        return await self._when_due(
            id,
            Request.of("release", id, b"", by, None),
            lambda item, now: transitions.release(item, by=by, now_ms=now, without=without),
            lambda item: item.embargo_until and parse_ms(item.embargo_until),
        )

    async def expire_due(self, id: str, *, by: str) -> Committed | None:
        """Expire an item that ``due`` named; None if its expiry was moved since."""

        def decide(item: Item, now: int) -> Step | None:
            if item.pinned and item.expires_at is None:
                return None  # pinned meanwhile
            return transitions.expire(item, by=by, now_ms=now)

        return await self._when_due(
            id, Request.of("expire", id, b"", by, None), decide, lambda item: item.expires_ms
        )

    async def resend(self, item: Item, event: WireEvent) -> StreamId | None:
        """Put ``event`` about ``item`` as it is on the wire again: a repair, no new version.

        Returns the event's id, or None if the item has changed since: then nothing was sent.
        """
        request = Request.of("resend", item.id, b"", event.by, None)
        step = Step(item, event)
        command = self._builder.build(request, item, step, now_ms=self._clock())
        outcome, _ = await self._commit(command)
        return outcome.wire_id if isinstance(outcome, CommitResult) else None

    async def adopt(self, item: Item, event: WireEvent) -> StreamId | None:
        """Do the same as ``resend`` for an item of which nothing is kept any more."""
        request = Request.of("adopt", item.id, b"", event.by, None)
        command = self._builder.build(request, None, Step(item, event), now_ms=self._clock())
        outcome, _ = await self._commit(command)
        return outcome.wire_id if isinstance(outcome, CommitResult) else None

    # How a command is built and committed.

    async def _publish(self, draft: Draft, request: Request) -> Committed:
        undo_ms = self._undo_ms if draft.break_glass is None else 0
        if draft.undo_window is not None:
            undo_ms = round(draft.undo_window * 1000)
        if draft.replaces is not None:
            await self._check_replaced(draft.replaces, draft.edition)
        now = await self.now_ms() if undo_ms else self._clock()
        wrong = _implausible(draft, now)
        if wrong is not None:  # by our clock; Redis' clock decides
            now = await self.now_ms()
            wrong = _implausible(draft, now)
        id = provisional_id(now)
        if wrong is not None:
            return await self._first_answer(self._publication(draft, request, id, now, True), wrong)
        publication = self._publication(draft, request, id, now, undo_ms=undo_ms)
        outcome, effective = await self._commit(publication)
        if isinstance(outcome, NotYetDue):  # our clock is ahead of Redis': schedule the item
            now = outcome.now_ms
            outcome, effective = await self._commit(self._publication(draft, request, id, now))
        return _committed(outcome, effective)

    async def _check_replaced(self, id: str, edition: str) -> None:
        """Raise Invalid unless an item may be replaced by a new one of ``edition``.

        Readers had it, so its id is no secret. The commit sees that it is retracted.
        """
        try:
            item = await self.get(id)
        except NotFound:
            item = None
        if item is None or not item.went_out or item.edition != edition:
            raise Invalid([FieldError("replaces", said("replaces-not-retracted"))])

    async def _first_answer(self, command: Command, error: TickerError) -> Committed:
        """Return the answer that the request's key has; raise ``error`` if it has none.

        A time that was in the future at the first request may be in the past at its repetition.
        """
        if command.request.own:
            raise error
        try:
            outcome, effective = await self._commit(command)
        except NotFound:
            raise error from None
        return _committed(outcome, effective)

    def _publication(
        self,
        draft: Draft,
        request: Request,
        id: str,
        now: int,
        answered: bool = False,
        undo_ms: int = 0,
    ) -> Command:
        """Return the command that publishes ``draft``; ``answered`` only fetches a kept answer."""
        step = transitions.publish(
            draft,
            self._taxonomy,
            id=id,
            by=request.by,
            now_ms=now,
            two_person=self._two_person,
            undo_ms=undo_ms,
            writers=self._writers(request.by, now),
        )
        return self._builder.publication(request, draft, step, now_ms=now, answered=answered)

    async def _transition(
        self,
        id: str,
        request: Request,
        decide: Callable[[Item, int], Step | None],
        permit: Permit,
        if_match: int | None,
        force: bool = False,
        check: bool = False,
    ) -> Committed:
        def permitted(item: Item, now: int) -> Step | None:
            step = decide(item, now)
            if step is not None:
                permit(item, step.item)
            return None if check else step

        try:
            async with asyncio.timeout(self.answer_within):
                outcome, effective = await self._attempt(
                    id, request, permitted, lambda item: None, if_match, force
                )
        except builtins.TimeoutError:
            raise self._late() from None
        return _committed(outcome, effective)

    async def _when_due(
        self,
        id: str,
        request: Request,
        decide: Callable[[Item, int], Step | None],
        due: Callable[[Item], int | str | None],
    ) -> Committed | None:
        outcome, effective = await self._attempt(id, request, decide, due, None)
        return None if isinstance(outcome, NotYetDue) else _committed(outcome, effective)

    async def _attempt(
        self,
        id: str,
        request: Request,
        decide: Callable[[Item, int], Step | None],
        due: Callable[[Item], int | str | None],
        if_match: int | None,
        force: bool = False,
    ) -> tuple[Outcome, str]:
        for _ in range(RACES):
            before = await self.read_for_change(id, request)
            item, answered = before.item, before.answered
            if item is None:
                raise NotFound(said("no-item", id=id))
            now = self._clock()
            step = None
            if not answered:  # else the script returns the first answer, whatever holds now
                if if_match is not None and item.version != if_match:
                    raise Stale(item.version)
                step = decide(item, now)
            command = self._builder.build(
                request,
                item if before.kept or step is None else None,
                step,
                now_ms=now,
                not_before=int(due(item) or 0) if step is not None else 0,
                force=force,
                answered=answered,
                epoch=before.epoch,
            )
            outcome, effective = await self._commit(command)
            if not isinstance(outcome, VersionConflict):
                return outcome, effective
            if if_match is not None and outcome.current != if_match:
                raise Stale(outcome.current)
        raise Unavailable(said("busy-item"))

    def writers(self, by: str, now: int) -> list[str]:
        """Return the authors of what is written now (ms) in the name ``by``, in a request."""
        return writers(by, current_actor(), now, self._second_person_after)

    def _writers(self, by: str, now: int) -> list[str]:
        return self.writers(by, now) if self._two_person else [by]

    def _late(self) -> StoreUnreachable:
        """Return the error of a change that took longer than ``answer_within``.

        A network that drops packets must not hold the answer up. The change may have been made: its
        key tells when it is repeated.
        """
        self._policy.forget()
        return StoreUnreachable(f"the store does not answer within {self.answer_within:.0f} s")

    async def _commit(self, command: Command) -> tuple[Outcome, str]:
        """Commit and wait until durable. Return what happened and how durable it is."""
        with traces.span("commit"):
            [reply], effective = await self._committer.run([command])
            if isinstance(reply, CommitResult):
                traces.annotate(**{"ticker.item": reply.item.id})
        if isinstance(reply, TickerError):
            raise reply
        _log(command, reply)
        return reply, effective


def _implausible(draft: Draft, now_ms: int) -> ImplausibleTime | None:
    try:
        check_draft(draft, now_ms)
    except ImplausibleTime as error:
        return error
    return None


def _log(command: Command, outcome: Outcome) -> None:
    if isinstance(outcome, CommitResult) and command.writes and not outcome.repeated:
        log.info("%s", command.request.operation, extra=command.logged(outcome))


def _committed(outcome: Outcome, effective: str) -> Committed:
    if not isinstance(outcome, CommitResult):
        raise Unavailable(said("item-unwritten"))
    return Committed(
        outcome.item,
        outcome.wire_id,
        outcome.repeated,
        effective,
        outcome.delivered,
        outcome.changed,
    )
