"""Notes of handlers for the audit: the target of a change, and its fields.

The dispatch records every successful change of an editor. A handler notes here what the address of
the request does not say. Requests that have no editor's key, such as signing in, are recorded by
their handlers with ``Recorder``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

from starlette.requests import Request

from ticker.domain.actor import Actor
from ticker.domain.errors import Unavailable

log = logging.getLogger(__name__)

Changes: TypeAlias = Mapping[str, tuple[Any, Any]]
"""The values of fields before and after. Never a secret, nor its hash."""

_PLACE = "ticker.audit_note"


class Note(NamedTuple):
    """The address of a changed resource, with names as they are written, and its fields."""

    target: str
    changes: Changes


class Record(Protocol):
    """Adds an action to the audit. Raises Unavailable."""

    async def __call__(
        self,
        action: str,
        target: str,
        changes: Changes = ...,
        *,
        reason: str | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Add it; by default it is what the editor of the request did."""


def note_change(request: Request, target: str, changes: Changes) -> None:
    """Note what ``request`` has changed, for its entry in the audit."""
    request.scope[_PLACE] = Note(target, changes)


def noted(request: Request) -> Note | None:
    """Return what a handler has noted."""
    found: Note | None = request.scope.get(_PLACE)
    return found


class Recorder:
    """Adds actions that have happened: an answer says so even if they cannot be recorded."""

    def __init__(self, record: Record) -> None:
        self._record = record

    async def __call__(
        self,
        action: str,
        target: str,
        changes: Changes | None = None,
        *,
        reason: str | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Add an action; if the store is away, the log has it."""
        try:
            await self._record(action, target, changes or {}, reason=reason, actor=actor)
        except Unavailable as error:
            log.error("%s of %s is not in the audit: %s", action, target, error.detail)
