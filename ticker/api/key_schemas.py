"""Schemas of editor keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from ticker.api.schema import Schema
from ticker.domain.editor import Role
from ticker.storage.editor_keys import NAME_MAX, EditorKey


class KeyDraft(Schema):
    """A key to make. ``editions`` limits it; an empty list is all of them."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
    role: Role
    editions: Annotated[list[str], Field(max_length=100, default_factory=list)]
    expires_at: AwareDatetime | None = None


class ShownKey(Schema):
    """A key as it is listed. ``used_at`` is when it was last used, to the minute."""

    id: str
    name: str
    role: Role
    editions: list[str]
    created_at: str
    created_by: str | None
    expires_at: str | None
    used_at: str | None

    @classmethod
    def of(cls, key: EditorKey) -> ShownKey:
        """Return what editors see of ``key``."""
        return cls(
            id=key.id,
            name=key.name,
            role=key.role,
            editions=list(key.editions),
            created_at=key.created_at,
            created_by=key.created_by,
            expires_at=key.expires_at,
            used_at=key.used_at,
        )


class KeyWithSecret(ShownKey):
    """A new key; ``key`` is shown this once."""

    key: str


class KeyList(Schema):
    """The newsroom's keys, oldest first, those that have expired too."""

    keys: list[ShownKey]


class Holder(Schema):
    """The holder of a key, and what the key permits."""

    id: str
    name: str
    role: Role
    editions: list[str]
    permissions: list[str]
