"""The audit on Redis: a stream that is only appended to, and the texts beside it.

Items' entries are written by the ``commit`` script together with the change, so no change is
without its entry. ``record`` adds what is no item. Only ``trim`` takes entries off, at the old end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ticker.domain.actor import Actor, current_actor
from ticker.domain.audit_action import action_of
from ticker.domain.clock import rfc3339
from ticker.publishing.audit_entry import of_action, shown
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, pipeline, script
from ticker.telemetry.context import current

READ_AT_ONCE = 500
"""Entries in one reply; Redis serves nobody else meanwhile."""
SCANNED_MAX = 5_000
"""Entries that one page looks at. A page with fewer matches than asked for names its end too."""
TRIM_AT_ONCE = 1_000
PLACE = re.compile(r"\d{1,15}-\d{1,19}", re.ASCII)
"""An entry's id."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Chooses entries that have all of these. Times are milliseconds since 1970."""

    by: str | None = None
    item: str | None = None
    action: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    def matches(self, entry: Mapping[str, Any]) -> bool:
        """Tell whether the entry has the name, item and action; times are ranges of ids.

        A publication that came to a schedule, a draft or a drill has that name, too: lists show it.
        """
        action = str(entry.get("action") or "")
        return (
            (self.by is None or entry.get("by") == self.by)
            and (self.item is None or entry.get("item") == self.item)
            and (
                self.action is None
                or self.action in (action, action_of(action, str(entry.get("state") or "")))
            )
        )


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first, and the place after which the next page begins; None at the end."""

    entries: list[dict[str, Any]]
    next: str | None


class AuditLog:
    """Appends to the audit, reads and trims it. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def record(
        self,
        action: str,
        target: str,
        changes: Mapping[str, tuple[Any, Any]] | None = None,
        *,
        reason: str | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Add what somebody did to something that is no item: by default, who acts in this task."""
        context = current()
        who = actor or current_actor() or Actor("")
        request = "" if context is None else context.id
        made = of_action(action, who, request, target, changes or {}, reason)
        with translate():
            await command(self._redis, "XADD", self._keys.audit, "*", "e", made.entry)

    async def page(self, filter: AuditFilter, before: str | None, limit: int) -> AuditPage:
        """Return up to ``limit`` entries that match, the newest first, older than ``before``."""
        end = "+" if filter.until_ms is None else str(filter.until_ms)
        if before is not None:
            end = f"({before}"
        start = "-" if filter.since_ms is None else str(filter.since_ms)
        found: list[tuple[str, dict[str, Any]]] = []
        scanned = 0
        while scanned < SCANNED_MAX:
            with translate():
                rows = await command(
                    self._redis, "XREVRANGE", self._keys.audit, end, start, "COUNT", READ_AT_ONCE
                )
            for row, fields in rows:
                id, entry = row.decode(), _read(fields)
                end = f"({id}"
                if filter.matches(entry):
                    found.append((id, entry))
                    if len(found) == limit:
                        return AuditPage(await self._shown(found), id)
            scanned += len(rows)
            if len(rows) < READ_AT_ONCE:
                return AuditPage(await self._shown(found), None)
        return AuditPage(await self._shown(found), end.removeprefix("("))

    async def trim(self, keep: int, older_than_ms: int) -> int:
        """Take up to ``TRIM_AT_ONCE`` entries off that are too many or too old; return how many."""
        return int(
            await script("publishing", "trim_audit")(
                self._redis, [self._keys.audit], [keep, max(1, older_than_ms), TRIM_AT_ONCE]
            )
        )

    async def _shown(self, found: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        with_texts = [place for place, (_, entry) in enumerate(found) if entry.get("hashes")]
        with translate():
            replies = (
                await pipeline(
                    self._redis,
                    [
                        (
                            "HGET",
                            self._keys.audit_texts(str(found[place][1]["item"])),
                            found[place][0],
                        )
                        for place in with_texts
                    ],
                )
                if with_texts
                else []
            )
        texts = {
            place: orjson.loads(reply)
            for place, reply in zip(with_texts, replies, strict=True)
            if isinstance(reply, bytes)
        }
        return [
            {"at": rfc3339(int(id.partition("-")[0])), **shown(id, entry, texts.get(place))}
            for place, (id, entry) in enumerate(found)
        ]


def _read(fields: Any) -> dict[str, Any]:
    """Return an entry; an empty one if it cannot be read, so that it hides no other."""
    values = (
        fields if isinstance(fields, dict) else dict(zip(fields[::2], fields[1::2], strict=True))
    )
    try:
        entry = orjson.loads(values[b"e"])
    except (KeyError, orjson.JSONDecodeError):
        return {}
    return entry if isinstance(entry, dict) else {}
