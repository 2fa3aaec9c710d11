"""Turns decisions about items into commands for the ``commit`` script."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import count

import orjson

from ticker.config import Settings
from ticker.domain import clock
from ticker.domain.actor import Actor, current_actor
from ticker.domain.clock import parse_ms, to_ms
from ticker.domain.draft import Draft
from ticker.domain.event import REMOVALS
from ticker.domain.item import Item, Level
from ticker.domain.request_context import RequestContext
from ticker.domain.wire_author import is_feed, is_wire_draft
from ticker.publishing.alert_index import ALERTING, ALERTS_KEPT_MS, ALERTS_MAX
from ticker.publishing.audit_entry import AuditEntry, of_item
from ticker.publishing.commit import Command, Request, SourceRecord
from ticker.publishing.content_key import content_claim
from ticker.publishing.index_changes import index_changes
from ticker.publishing.private_version import PRIVATE_MAX
from ticker.publishing.transitions import Step
from ticker.readership.scores import WINDOWS
from ticker.storage.keys import Keys
from ticker.telemetry.context import current, new_id
from ticker.telemetry.traces import traceparent

LATEST_MAX = 10_000
"""Items in the ``latest`` index."""
WIRE_DRAFTS_MAX = 2_000
"""Drafts as feeds wrote them. Of more, those that were changed first are deleted."""
WIRE_DRAFT_TTL_MS = 48 * 3_600_000
"""How long such a draft is kept after its last change, if no editor approves it."""
WIRE_RECORD_TTL_MS = 7 * 86_400_000
"""How long the record of its entry is kept: longer than feeds name an entry."""
RETRY_TTL_MS = 120_000
"""How long the answer to a request without an Idempotency-Key is kept, in milliseconds: it has to
outlive our own retries."""

HIGHEST_LEVEL = max(Level)


class CommandBuilder:
    """Turns steps of ``transitions`` into commands."""

    def __init__(self, keys: Keys, settings: Settings) -> None:
        self._keys = keys
        self._ttl_ms = settings.item_ttl * 1000
        self._archive_ms = settings.archive_ttl * 1000
        self._wire_ms = min(self._archive_ms, WIRE_DRAFT_TTL_MS)
        self._wire_record_ms = min(self._archive_ms, WIRE_RECORD_TTL_MS)
        self._answer_ms = settings.idempotency_ttl * 1000
        self._duplicate_ms = settings.duplicate_window * 1000
        self._hold = settings.durability == "replicated"
        self._audit_ms = settings.audit_days * 86_400_000
        self._forgets = settings.audit_retracted == "hash"

    def build(
        self,
        request: Request,
        before: Item | None,
        step: Step | None,
        *,
        now_ms: int,
        not_before: int = 0,
        force: bool = False,
        answered: bool = False,
        epoch: str | None = None,
        source: SourceRecord | None = None,
        given_ms: int | None = None,
        replaces: str | None = None,
    ) -> Command:
        """Return the command that makes ``before`` (None: a new item) what ``step`` says.

        Without a step nothing changes; the answer is still kept under the request's key and made
        durable. ``not_before`` is checked against Redis' clock. ``force`` skips the duplicate
        check. With ``epoch`` the commit is a conflict in every other epoch. ``answered`` only
        fetches the kept answer: it matches no version, so it writes nothing. ``source`` is kept in
        place of the answer, for as long as the archive keeps an item. A change gets its time from
        Redis, and a new item its id as well, also in ``source``; ``given_ms`` is a time that
        it brings along, which is kept unless it is in the future. ``replaces`` is a retracted item,
        which names the new one from then on. Raises ValueError for a step that no history would
        have, or that two would have.
        """
        item = _either(before, step)
        if step is not None and (step.event is None) == (step.private is None):
            raise ValueError("a step has an event or a private version")
        doc = item.to_json()
        rest = public = private = b""
        shown = 0
        event = None if step is None else step.event
        if event is not None:
            rest = event.rest()
            shown, public = event.public_parts(doc)
        if step is not None and step.private is not None:
            private = step.private.encoded(doc)
        # A live item, which must not wait, is not asked whether it is a draft.
        wire = item.state == "draft" and is_wire_draft(item)
        was_wire = before is not None and before.state == "draft" and is_wire_draft(before)
        content, content_before, mode, content_ttl = content_claim(
            item, before, step, now_ms=now_ms, window_ms=self._duplicate_ms, force=force
        )
        if wire and before is None and self._duplicate_ms:
            # Two feeds with the same words make one draft.
            content = content_before = f"wire-{content}"
            mode, content_ttl = "claim", self._duplicate_ms
        # An item that only the archive had is as old in the ``latest`` index as it is.
        from_archive = before is None and request.operation == "retract"
        places = index_changes(before, step, ttl_ms=self._ttl_ms)
        token = request.key[:16] if request.own else os.urandom(8).hex()
        listed = before is None and not answered
        if wire:
            places, listed = {"wire_drafts": {"after": 0}}, False
        elif was_wire and step is not None:
            # One that an editor has dismissed is not listed; one that goes on is as good as new.
            places, listed = {**places, "wire_drafts": {"remove": True}}, item.state != "retracted"
        removed = "remove" in places.get("published", ())
        fields: dict[str, object] = {
            "fingerprint": request.fingerprint,
            "answer_ttl": (self._wire_record_ms if wire else self._archive_ms)
            if source
            else RETRY_TTL_MS
            if request.own
            else self._answer_ms,
            "keeps_answer": not request.own,
            "hold": self._hold,
            "item": item.id,
            "expected": -1 if answered else 0 if before is None else before.version,
            **({} if epoch is None else {"epoch": epoch}),
            **({} if replaces is None else {"instead_of": replaces}),
            **({} if source is None else {"record": source.text, "replaces": source.replaces}),
            "not_before": not_before,
            "writes": step is not None,
            "version": item.version,
            "state": item.state,
            "content": {"mode": mode, "ttl": content_ttl},
            "created": parse_ms(item.published_at) if from_archive else now_ms,
            "latest_max": LATEST_MAX,
            "listed": listed,
            "wire_drafts_max": WIRE_DRAFTS_MAX,
            "private_max": PRIVATE_MAX,
            "token": token,
            **places,
        }
        if event is not None:
            shows = event.action not in REMOVALS
            fields |= {"action": event.action, "shows": shows, "public_item": shown}
        if step is not None and request.operation not in ("resend", "adopt"):
            fields["updated"] = item.updated_at
        new = before is None and request.operation in ("publish", "import")
        released = request.operation in ("release", "approve") and item.state == "live"
        released = released and before is not None and before.state != "live"
        if new or (released and step is not None):
            fields["stamp"] = {
                "new": new,
                "published": item.published_at,
                **({} if given_ms is None else {"given": given_ms}),
            }
        if step is not None and item.state in ("draft", "expired", "retracted", "test"):
            briefly = wire or (was_wire and item.state == "retracted")
            fields["archive_ttl"] = self._wire_ms if briefly else self._archive_ms
        elif step is not None and before is not None and before.state == "draft":
            fields["persist"] = True
        # What no request made began when it was due.
        context = current() or RequestContext(not_before or now_ms, new_id())
        if trace := traceparent():
            context = replace(context, trace=trace)
        audit = AuditEntry(b"")
        # What a feed writes is no act of an editor until one approves or changes it.
        by_feed = wire and (before is None or was_wire) and is_feed(request.by)
        if step is not None and not by_feed and request.operation not in ("resend", "adopt"):
            actor = current_actor() or Actor(request.by)
            action = _action(request.operation, step)
            # What an editor writes beside a change is one of its texts, also once it is approved.
            reason = None if request.operation == "change" else _note(step)
            if request.operation == "approve" and reason != item.break_glass:
                reason = None
            audit = of_item(action, actor, context.id, before, item, reason)
            fields["audit_ttl"] = self._audit_ms
            fields["forget"] = self._forgets and item.state == "retracted"
        keys = self._keys
        indexes: tuple[str, ...] = ()
        if removed:
            indexes = tuple(keys.reads(window) for window in WINDOWS)
        elif (
            item.push
            and item.state == "live"
            and event
            and event.may_alert
            and event.action in ALERTING
        ):
            indexes = (keys.alerts(item.edition),)
            fields |= {
                "alert": Level[item.level],
                "highest_level": HIGHEST_LEVEL,
                "alerts_ttl": ALERTS_KEPT_MS,
                "alerts_max": ALERTS_MAX,
            }
        return Command(
            request,
            item,
            doc,
            (
                request.answer_key(keys),
                keys.item(item.id),
                keys.log(item.id),
                keys.wire,
                keys.latest,
                keys.due,
                keys.expiry,
                keys.published,
                keys.content(content),
                keys.content(content_before),
                keys.live,
                keys.current,
                keys.dead,
                keys.heartbeat,
                keys.private(item.id),
                keys.drafts,
                keys.audit,
                keys.audit_texts(item.id),
                keys.wire_drafts,
                *indexes,
            ),
            (
                orjson.dumps(fields),
                *("item", doc),
                *("rest", rest),
                *("public", public),
                *("origin", context.encode()),
                *("private", private),
                *("audit", audit.entry),
                *("audit_texts", audit.texts),
            ),
            context,
            token,
            step is not None and step.event is not None and step.event.action == "retract",
            step is not None,
            None if source is None else source.text.encode(),
        )

    def publication(
        self,
        request: Request,
        draft: Draft,
        step: Step,
        *,
        now_ms: int,
        answered: bool = False,
        source: SourceRecord | None = None,
    ) -> Command:
        """Return the command that publishes ``draft`` as ``step`` says; see ``build``.

        An embargo that has ended by the process's clock must have ended by Redis' clock too.
        """
        embargoed = draft.at is not None and step.item.state == "live"
        return self.build(
            request,
            None,
            step,
            now_ms=now_ms,
            not_before=to_ms(draft.at) if embargoed and draft.at is not None else 0,
            force=draft.force,
            answered=answered,
            source=source,
            given_ms=None if draft.published_at is None else to_ms(draft.published_at),
            replaces=draft.replaces,
        )


def _action(operation: str, step: Step) -> str:
    """Return what an editor did, in the words of the commands."""
    change = step.event or step.private
    if operation == "change" and change is not None:
        return "update" if change.action == "draft" else change.action
    return "draft" if operation == "publish" and step.item.state == "draft" else operation


def _note(step: Step) -> str | None:
    change = step.event or step.private
    return None if change is None else change.note


_created = count()
_SEQUENCE_BITS, _RANDOM_BITS = 20, 60


def provisional_id(ms: int) -> str:
    """Return an id for a new item, greater than the last one of this process and millisecond.

    The commit replaces the time by Redis', and for a published item the sequence by the wire's.
    """
    sequence = next(_created) % (1 << _SEQUENCE_BITS)
    random = int.from_bytes(os.urandom(8), "big") % (1 << _RANDOM_BITS)
    return clock.new_id(ms, ((sequence << _RANDOM_BITS) | random).to_bytes(10, "big"))


def _either(before: Item | None, step: Step | None) -> Item:
    item = before if step is None else step.item
    if item is None:
        raise ValueError("a command needs an item or a step")
    return item
