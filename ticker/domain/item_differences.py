"""Find the fields in which two versions of an item differ. Pure."""

from __future__ import annotations

from typing import Any

from ticker.domain.item import Item

_OTHERS = frozenset({"id", "version", "status", "updated_at", "created_by", "undo_until", "reach"})
"""Fields that every change sets, or that say the same as ``state``."""


def differences(before: Item, after: Item) -> dict[str, tuple[Any, Any]]:
    """Return the values before and after of each field that differs, in JSON's types."""
    old, new = before.model_dump(), after.model_dump()
    return {
        name: (old[name], new[name])
        for name in Item.model_fields
        if name not in _OTHERS and old[name] != new[name]
    }
