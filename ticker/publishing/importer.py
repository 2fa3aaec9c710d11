"""Imports: publish the entries of a source, update those that it changed, follow withdrawals.

What is kept about an entry, and how it is recognised, is in ``import_record``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from ticker.config import Settings
from ticker.domain.actor import current_actor
from ticker.domain.clock import rfc3339
from ticker.domain.draft import Change, Draft
from ticker.domain.errors import Conflict, ImplausibleTime, TickerError, Unavailable, UnreadableItem
from ticker.domain.item import Correction, Item
from ticker.domain.messages import said
from ticker.domain.plausible_time import check_change, check_draft
from ticker.domain.second_person import writers
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.wire_author import is_wire_draft
from ticker.publishing import transitions
from ticker.publishing.command_builder import CommandBuilder, provisional_id
from ticker.publishing.commit import (
    Command,
    CommitResult,
    NotYetDue,
    Outcome,
    Request,
    SourceRecord,
)
from ticker.publishing.committer import Committer
from ticker.publishing.import_record import (
    WITHDRAWN,
    ImportedBefore,
    Incoming,
    record_of,
    request_of,
    source_changes,
)
from ticker.publishing.import_result import Action, Imported
from ticker.publishing.repository import ItemRepository
from ticker.publishing.transitions import Permit, Step, anything
from ticker.telemetry import traces

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

RACES = 5
"""Attempts at one entry before giving up, when others keep changing its item."""
PAUSE_AFTER = 50
"""Entries prepared without a pause: a large import must not hold up other requests."""
REASON = "withdrawn by its source"
UNREADABLE = "what is kept about the last import of this entry cannot be read; change its item"


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
        self._taxonomy = taxonomy
        self._builder = builder
        self._committer = committer
        self._clock = clock
        self._kept_ms = settings.archive_ttl * 1000
        self._two_person = frozenset(settings.two_person_levels)
        self._second_person_after = settings.second_person_after * 1000

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
        writers = authors or self._writers(by, self._clock())
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
                    new[place] = self._publication(
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
                command = await self._decide(
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

    async def _decide(
        self,
        entry: Incoming,
        request: Request,
        before: ImportedBefore,
        now: int,
        permit: Permit,
        wire_only: bool,
        writers: Sequence[str],
    ) -> Command | Imported:
        """Return the command for an entry, or its result if there is nothing to do.

        Raises UnreadableItem if what is kept about the entry or its item cannot be read.
        """
        if before.unreadable:
            raise UnreadableItem("", UNREADABLE)
        if not before.fingerprint:
            if entry.draft is None:
                return Imported("unknown", None, None)
            return self._publication(entry, entry.draft, request, before, now, permit, writers)
        id = before.item
        if before.fingerprint == request.fingerprint:
            return Imported("unchanged", id, None)
        if entry.draft is not None and before.fingerprint == WITHDRAWN:
            return self._publication(entry, entry.draft, request, before, now, permit, writers)
        kept = await self._items.read_for_change(id, request)
        item = kept.item
        if item is None:
            return Imported("unchanged", id, None, "its item is not kept any more")
        step: Step | None
        if wire_only and not is_wire_draft(item):
            return _of_an_editor(item, entry)
        if wire_only and item.created_by != request.by:
            note = "its draft came from another feed, which updates it"
            return Imported("unchanged", id, item.state, note)
        if entry.draft is None:
            step = transitions.retract(item, REASON, by=request.by, now_ms=now)
        else:
            if item.state in ("retracted", "expired"):
                note = f"its item is {item.state}; the source has changed it since"
                return Imported("unchanged", id, item.state, note)
            by = request.by
            step = self._change(entry, entry.draft, item, before.fields, by, now, writers)
        if step is None:
            return Imported("unchanged", id, item.state)
        permit(item, step.item)
        source = SourceRecord(record_of(id, entry), before.fingerprint)
        return self._builder.build(request, item, step, now_ms=now, epoch=kept.epoch, source=source)

    def _publication(
        self,
        entry: Incoming,
        draft: Draft,
        request: Request,
        before: ImportedBefore,
        now: int,
        permit: Permit,
        writers: Sequence[str],
    ) -> Command:
        id = provisional_id(now)
        check_draft(draft, now)
        step = transitions.publish(
            draft,
            self._taxonomy,
            id=id,
            by=request.by,
            now_ms=now,
            two_person=self._two_person,
            writers=writers,
        )
        permit(None, step.item)
        if entry.correction is not None:
            step = _corrected(step, entry.correction, now)
        source = SourceRecord(record_of(id, entry), before.fingerprint) if entry.key else None
        return self._builder.publication(request, draft, step, now_ms=now, source=source)

    def _change(
        self,
        entry: Incoming,
        draft: Draft,
        item: Item,
        before: Mapping[str, str],
        by: str,
        now_ms: int,
        writers: Sequence[str],
    ) -> Step | None:
        """Return the item with what its source changed; None if that is nothing of the item.

        Raises Conflict for an entry in another edition: two feeds may use one key.
        """
        if draft.edition != item.edition:
            raise Conflict(said("edition-of-key", id=item.id, edition=item.edition))
        edition = self._taxonomy.editions[draft.edition]
        changes = source_changes(entry, draft, item, before, edition)
        if not changes:
            return None
        change = Change.model_validate(changes)
        transitions.check_versions(item)
        check_change(item, change, now_ms)
        return transitions.change(
            item,
            change,
            by=by,
            now_ms=now_ms,
            two_person=self._two_person,
            writers=writers,
        )

    def _writers(self, by: str, now: int) -> list[str]:
        """Return the authors of what is imported now in the name ``by``."""
        if not self._two_person:
            return [by]
        return writers(by, current_actor(), now, self._second_person_after)

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


def _of_an_editor(item: Item, entry: Incoming) -> Imported:
    """Return the result for an entry whose item the source may not change any more."""
    if item.state in ("retracted", "expired"):
        return Imported("unchanged", item.id, item.state)
    did: Literal["changed", "withdrawn"] = "withdrawn" if entry.draft is None else "changed"
    note = f"its item is {item.state}, and the source has {did} the entry since"
    return Imported("unchanged", item.id, item.state, note, source_did=did)


def _done(action: Action, outcome: CommitResult) -> Imported:
    item = outcome.item
    written = None if action == "withdrawn" else item
    return Imported(action, item.id, item.state, None, outcome.wire_id, outcome.delivered, written)


def _corrected(step: Step, text: str, now_ms: int) -> Step:
    """Return the publication of an item that its source has corrected already."""
    correction = Correction(text=text, at=rfc3339(now_ms))
    item = step.item.model_copy(update={"correction": correction})
    event = None if step.event is None else replace(step.event, item=item)
    private = None if step.private is None else replace(step.private, item=item)
    return Step(item, event, private)
