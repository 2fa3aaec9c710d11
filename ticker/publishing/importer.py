"""Imports: publish the entries of a source, update those that it changed, follow withdrawals.

What is kept about an entry, and how it is recognised, is in ``import_record``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from ticker.config import Settings
from ticker.domain.errors import ImplausibleTime, TickerError, Unavailable
from ticker.domain.messages import said
from ticker.domain.plausible_time import check_draft
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.command_builder import CommandBuilder
from ticker.publishing.commit import Command, CommitResult, NotYetDue, Outcome, Request
from ticker.publishing.committer import Committer
from ticker.publishing.import_decisions import ImportDecisions
from ticker.publishing.import_record import ImportedBefore, Incoming, request_of
from ticker.publishing.import_result import Action, Imported
from ticker.publishing.repository import ItemRepository
from ticker.publishing.transitions import Permit, anything
from ticker.telemetry import traces

log = logging.getLogger(__name__)

RACES = 5
"""Attempts at one entry before giving up, when others keep changing its item."""
PAUSE_AFTER = 50
"""Entries prepared without a pause: a large import must not hold up other requests."""


class Importer:
    """Imports entries. Methods raise Unavailable when Redis is away."""

    def __init__(
        self,
        items: ItemRepository,
        taxonomy: Taxonomy,
        builder: CommandBuilder,
        committer: Committer,
        settings: Settings,
        clock: Callable[[], int],
    ) -> None:
        self._items = items
        self._decisions = ImportDecisions(items, taxonomy, builder, settings)
        self._committer = committer
        self._clock = clock
        self._kept_ms = settings.archive_ttl * 1000

    async def run(
        self,
        entries: Sequence[Incoming],
        *,
        by: str,
        permit: Permit = anything,
        wire_only: bool = False,
        authors: Sequence[str] = (),
    ) -> list[Imported | TickerError]:
        """Import entries in order. Return one result for each: what happened, or the error.

        New entries are committed together; each one that is known already, on its own. ``permit``
        is asked before each change. ``wire_only`` changes no item but drafts of the wire desk: what
        an editor has approved or written is the editor's. ``authors`` are those of the drafts, by
        default ``by`` and who knows the key.
        """
        writers = authors or self._decisions.writers(by, self._clock())
        requests = [request_of(entry, by) for entry in entries]
        known = await self._items.imported(requests, self._kept_ms)
        results: list[Imported | TickerError | None] = [None] * len(entries)
        now = await self._plausible_now(entries)
        new: dict[int, Command] = {}
        keys: set[str | None] = set()
        for place, (entry, request, before) in enumerate(
            zip(entries, requests, known, strict=True)
        ):
            first = not before.fingerprint and not before.unreadable
            if first and entry.draft is not None and entry.key not in keys:
                try:
                    new[place] = self._decisions.publication(
                        *(entry, entry.draft, request, before, now, permit, writers)
                    )
                except TickerError as error:
                    results[place] = error
                if len(new) % PAUSE_AFTER == 0:
                    await asyncio.sleep(0)
            # What follows an entry of the same key, a withdrawal too, is done after it.
            keys |= {entry.key} - {None}
        outcomes: Sequence[Outcome | TickerError]
        try:
            outcomes = await self._commit(list(new.values()))
        except Unavailable as error:
            outcomes = [error] * len(new)
        for place, outcome in zip(new, outcomes, strict=True):
            if isinstance(outcome, TickerError):
                results[place] = outcome
            elif isinstance(outcome, CommitResult):
                results[place] = _done("published", outcome)
        for place, (entry, request) in enumerate(zip(entries, requests, strict=True)):
            if results[place] is None:
                results[place] = await self._one(
                    *(entry, request, known[place], permit, wire_only, writers)
                )
        found = [result for result in results if result is not None]
        return await self._with_states(found)

    async def _one(
        self,
        entry: Incoming,
        request: Request,
        before: ImportedBefore,
        permit: Permit,
        wire_only: bool,
        writers: Sequence[str],
    ) -> Imported | TickerError:
        """Import one entry that is known, or that another import has at the same time."""
        now = self._clock()
        for attempt in range(RACES):
            if attempt or not before.fingerprint:
                [before] = await self._items.imported([request], self._kept_ms)
            try:
                command = await self._decisions.decide(
                    *(entry, request, before, now, permit, wire_only, writers)
                )
                if isinstance(command, Imported):
                    return command
                [outcome] = await self._commit([command])
            except TickerError as error:
                return error
            if isinstance(outcome, TickerError):
                return outcome
            if isinstance(outcome, NotYetDue):
                now = outcome.now_ms  # our clock is ahead of Redis': schedule the item
            if isinstance(outcome, CommitResult):
                action: Action = "updated"
                if command.retracts or entry.draft is None:
                    action = "withdrawn"
                elif outcome.item.version == 1:
                    action = "published"
                return _done(action, outcome)
        return Unavailable(said("entry-busy"))

    async def _plausible_now(self, entries: Sequence[Incoming]) -> int:
        """Return our time, or Redis' time if ours makes a time of an entry implausible."""
        now = self._clock()
        try:
            for entry in entries:
                if entry.draft is not None:
                    check_draft(entry.draft, now)
        except ImplausibleTime:
            return await self._items.now_ms()
        return now

    async def _commit(self, commands: list[Command]) -> list[Outcome | TickerError]:
        if not commands:
            return []
        with traces.span("commit", **{"ticker.items": len(commands)}):
            outcomes, _ = await self._committer.run(commands)
        for command, outcome in zip(commands, outcomes, strict=True):
            if isinstance(outcome, CommitResult):
                log.info("import", extra=command.logged(outcome))
        return outcomes

    async def _with_states(
        self, results: list[Imported | TickerError]
    ) -> list[Imported | TickerError]:
        """Return the results with the states and last events of unchanged items."""
        unchanged = [
            place
            for place, one in enumerate(results)
            if isinstance(one, Imported) and one.action == "unchanged"
        ]
        if not unchanged:
            return results
        ids = [getattr(results[place], "id", None) or "" for place in unchanged]
        for place, (state, wire) in zip(unchanged, await self._items.states(ids), strict=True):
            one = results[place]
            if isinstance(one, Imported):
                results[place] = replace(one, state=state, wire_id=wire)
        return results


def _done(action: Action, outcome: CommitResult) -> Imported:
    item = outcome.item
    written = None if action == "withdrawn" else item
    return Imported(action, item.id, item.state, None, outcome.wire_id, outcome.delivered, written)
