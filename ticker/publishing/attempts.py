"""One change of an item: read, decide, commit, and again if another commit came first."""

from __future__ import annotations

import asyncio
import builtins
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from ticker.domain.cursor import StreamId
from ticker.domain.errors import NotFound, Stale, TickerError, Unavailable
from ticker.domain.item import Item
from ticker.domain.messages import said
from ticker.domain.store_errors import StoreUnreachable
from ticker.publishing.command_builder import CommandBuilder
from ticker.publishing.commit import (
    Command,
    CommitResult,
    NotYetDue,
    Outcome,
    Request,
    VersionConflict,
)
from ticker.publishing.committer import Committer
from ticker.publishing.durability import DurabilityPolicy
from ticker.publishing.repository import ItemRepository
from ticker.publishing.transitions import Permit, Step
from ticker.telemetry import traces

log = logging.getLogger(__name__)

RACES = 5
"""Attempts at one change before giving up, when other commits keep coming first."""

T = TypeVar("T")


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


class Attempts:
    """Commits changes of items. Methods raise Unavailable when Redis is away."""

    def __init__(
        self,
        items: ItemRepository,
        builder: CommandBuilder,
        committer: Committer,
        policy: DurabilityPolicy,
        clock: Callable[[], int],
        answer_within: float,
    ) -> None:
        """``answer_within`` is the time in seconds in which a change is made or refused."""
        self._items = items
        self._builder = builder
        self._committer = committer
        self._policy = policy
        self._clock = clock
        self.answer_within = answer_within

    async def in_time(self, change: Awaitable[T]) -> T:
        """Return what ``change`` does, within ``answer_within``.

        A network that drops packets must not hold the answer up. The change may have been made: its
        key tells when it is repeated. Raises StoreUnreachable.
        """
        try:
            async with asyncio.timeout(self.answer_within):
                return await change
        except builtins.TimeoutError:
            self._policy.forget()
            raise StoreUnreachable(
                f"the store does not answer within {self.answer_within:.0f} s"
            ) from None

    async def transition(
        self,
        id: str,
        request: Request,
        decide: Callable[[Item, int], Step | None],
        permit: Permit,
        if_match: int | None,
        force: bool = False,
        check: bool = False,
    ) -> Committed:
        """Change an item as ``decide`` says, if ``permit`` allows it; ``check`` commits nothing."""

        def permitted(item: Item, now: int) -> Step | None:
            step = decide(item, now)
            if step is not None:
                permit(item, step.item)
            return None if check else step

        outcome, effective = await self.in_time(
            self._attempt(id, request, permitted, lambda item: None, if_match, force)
        )
        return committed(outcome, effective)

    async def when_due(
        self,
        id: str,
        request: Request,
        decide: Callable[[Item, int], Step | None],
        due: Callable[[Item], int | str | None],
    ) -> Committed | None:
        """Change an item whose time ``due`` has come by Redis' clock; None if it has not."""
        outcome, effective = await self._attempt(id, request, decide, due, None)
        return None if isinstance(outcome, NotYetDue) else committed(outcome, effective)

    async def commit(self, command: Command) -> tuple[Outcome, str]:
        """Commit and wait until durable. Return what happened and how durable it is."""
        with traces.span("commit"):
            [reply], effective = await self._committer.run([command])
            if isinstance(reply, CommitResult):
                traces.annotate(**{"ticker.item": reply.item.id})
        if isinstance(reply, TickerError):
            raise reply
        _log(command, reply)
        return reply, effective

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
            before = await self._items.read_for_change(id, request)
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
            outcome, effective = await self.commit(command)
            if not isinstance(outcome, VersionConflict):
                return outcome, effective
            if if_match is not None and outcome.current != if_match:
                raise Stale(outcome.current)
        raise Unavailable(said("busy-item"))


def committed(outcome: Outcome, effective: str) -> Committed:
    """Return the change that was committed. Raises Unavailable if it was not."""
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


def _log(command: Command, outcome: Outcome) -> None:
    if isinstance(outcome, CommitResult) and command.writes and not outcome.repeated:
        log.info("%s", command.request.operation, extra=command.logged(outcome))
