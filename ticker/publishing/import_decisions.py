"""Decisions of an import: publish an entry, update or withdraw its item, or leave it as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from ticker.config import Settings
from ticker.domain.actor import current_actor
from ticker.domain.clock import rfc3339
from ticker.domain.draft import Change, Draft
from ticker.domain.errors import Conflict, UnreadableItem
from ticker.domain.item import Correction, Item
from ticker.domain.messages import said
from ticker.domain.plausible_time import check_change, check_draft
from ticker.domain.second_person import writers
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.wire_author import is_wire_draft
from ticker.publishing import transitions
from ticker.publishing.command_builder import CommandBuilder, provisional_id
from ticker.publishing.commit import Command, Request, SourceRecord
from ticker.publishing.import_record import (
    WITHDRAWN,
    ImportedBefore,
    Incoming,
    record_of,
    source_changes,
)
from ticker.publishing.import_result import Imported
from ticker.publishing.repository import ItemRepository
from ticker.publishing.transitions import Permit, Step

REASON = "withdrawn by its source"
UNREADABLE = "what is kept about the last import of this entry cannot be read; change its item"


class ImportDecisions:
    """Turns entries into commands, by what is known of them and of their items."""

    def __init__(
        self,
        items: ItemRepository,
        taxonomy: Taxonomy,
        builder: CommandBuilder,
        settings: Settings,
    ) -> None:
        self._items = items
        self._taxonomy = taxonomy
        self._builder = builder
        self._two_person = frozenset(settings.two_person_levels)
        self._second_person_after = settings.second_person_after * 1000

    async def decide(
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
            return self.publication(entry, entry.draft, request, before, now, permit, writers)
        id = before.item
        if before.fingerprint == request.fingerprint:
            return Imported("unchanged", id, None)
        if entry.draft is not None and before.fingerprint == WITHDRAWN:
            return self.publication(entry, entry.draft, request, before, now, permit, writers)
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

    def publication(
        self,
        entry: Incoming,
        draft: Draft,
        request: Request,
        before: ImportedBefore,
        now: int,
        permit: Permit,
        writers: Sequence[str],
    ) -> Command:
        """Return the command that publishes ``draft`` as a new item, and keeps its record."""
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

    def writers(self, by: str, now: int) -> list[str]:
        """Return the authors of what is imported now in the name ``by``."""
        if not self._two_person:
            return [by]
        return writers(by, current_actor(), now, self._second_person_after)


def _of_an_editor(item: Item, entry: Incoming) -> Imported:
    """Return the result for an entry whose item the source may not change any more."""
    if item.state in ("retracted", "expired"):
        return Imported("unchanged", item.id, item.state)
    did: Literal["changed", "withdrawn"] = "withdrawn" if entry.draft is None else "changed"
    note = f"its item is {item.state}, and the source has {did} the entry since"
    return Imported("unchanged", item.id, item.state, note, source_did=did)


def _corrected(step: Step, text: str, now_ms: int) -> Step:
    """Return the publication of an item that its source has corrected already."""
    correction = Correction(text=text, at=rfc3339(now_ms))
    item = step.item.model_copy(update={"correction": correction})
    event = None if step.event is None else replace(step.event, item=item)
    private = None if step.private is None else replace(step.private, item=item)
    return Step(item, event, private)
