"""Names what an action came to, where its name alone says too much."""

from __future__ import annotations

CAME_TO = {"scheduled": "schedule", "draft": "draft", "test": "test"}
"""What "publish" came to, by the state of the item afterwards; the history calls it the same."""


def action_of(action: str, state: str) -> str:
    """Return the name of ``action``, which left an item in ``state``; "" for what is no item."""
    return CAME_TO.get(state, action) if action == "publish" else action
