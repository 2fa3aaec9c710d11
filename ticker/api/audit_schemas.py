"""Schemas of the audit."""

from __future__ import annotations

from typing import Any

from ticker.api.schema import Schema


class AuditChange(Schema):
    """The value of a field before and after; null is none."""

    before: Any
    after: Any


class AuditHash(Schema):
    """The SHA-256 of a text before and after, in hexadecimal digits; null is no text."""

    before: str | None
    after: str | None


class AuditEntryShown(Schema):
    """One action of somebody. ``item`` to ``reason`` are null for an action on something else."""

    id: str
    at: str
    action: str | None
    by: str | None
    role: str | None
    """Empty for what the newsroom does by itself, and for commands that use Redis."""
    key: str | None
    """The id of the key."""
    address: str | None
    """From where."""
    request: str | None
    """The id of the request, which logs have too."""
    item: str | None
    version: int | None
    edition: str | None
    level: str | None
    state: str | None
    reason: str | None
    """Why an item was retracted, or published without a second person."""
    target: str | None
    """The address of what was changed, if it is no item."""
    changes: dict[str, AuditChange]
    hashes: dict[str, AuditHash]


class AuditShown(Schema):
    """Entries of the audit, the newest first."""

    entries: list[AuditEntryShown]
    next: str | None
    """The value of ``before`` for the next page; null after the last one."""
