"""Publish a draft: at once, later, or as a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ticker.domain.draft import Draft
from ticker.domain.errors import FieldError, ImplausibleTime, Invalid, NotFound, TickerError
from ticker.domain.messages import said
from ticker.domain.plausible_time import check_draft
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing import transitions
from ticker.publishing.attempts import Attempts, Committed, committed
from ticker.publishing.command_builder import CommandBuilder, provisional_id
from ticker.publishing.commit import Command, NotYetDue, Request
from ticker.publishing.repository import ItemRepository


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes drafts with the rules of one newsroom."""

    items: ItemRepository
    attempts: Attempts
    builder: CommandBuilder
    taxonomy: Taxonomy
    two_person: frozenset[str]
    undo_ms: int
    """How long an item waits, so that it can be taken back, unless its draft says otherwise."""
    writers: Callable[[str, int], list[str]]
    """Returns the authors of what is written in a name, at a time in ms."""
    clock: Callable[[], int]
    """Returns milliseconds since 1970."""

    async def publish(self, draft: Draft, request: Request) -> Committed:
        """Publish ``draft``; see ``ItemService.publish``."""
        undo_ms = self.undo_ms if draft.break_glass is None else 0
        if draft.undo_window is not None:
            undo_ms = round(draft.undo_window * 1000)
        if draft.replaces is not None:
            await self._check_replaced(draft.replaces, draft.edition)
        now = await self.items.now_ms() if undo_ms else self.clock()
        wrong = _implausible(draft, now)
        if wrong is not None:  # by our clock; Redis' clock decides
            now = await self.items.now_ms()
            wrong = _implausible(draft, now)
        id = provisional_id(now)
        if wrong is not None:
            return await self._first_answer(self._publication(draft, request, id, now, True), wrong)
        publication = self._publication(draft, request, id, now, undo_ms=undo_ms)
        outcome, effective = await self.attempts.commit(publication)
        if isinstance(outcome, NotYetDue):  # our clock is ahead of Redis': schedule the item
            now = outcome.now_ms
            outcome, effective = await self.attempts.commit(
                self._publication(draft, request, id, now)
            )
        return committed(outcome, effective)

    async def _check_replaced(self, id: str, edition: str) -> None:
        """Raise Invalid unless an item may be replaced by a new one of ``edition``.

        Readers had it, so its id is no secret. The commit sees that it is retracted.
        """
        try:
            item = await self.items.get(id)
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
            outcome, effective = await self.attempts.commit(command)
        except NotFound:
            raise error from None
        return committed(outcome, effective)

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
            self.taxonomy,
            id=id,
            by=request.by,
            now_ms=now,
            two_person=self.two_person,
            undo_ms=undo_ms,
            writers=self.writers(request.by, now),
        )
        return self.builder.publication(request, draft, step, now_ms=now, answered=answered)


def _implausible(draft: Draft, now_ms: int) -> ImplausibleTime | None:
    try:
        check_draft(draft, now_ms)
    except ImplausibleTime as error:
        return error
    return None
