"""Levels, limits of an item's fields, and the fields of a draft, for modules without pydantic."""

from __future__ import annotations

from typing import Literal, TypeAlias

LevelName: TypeAlias = Literal["ticker", "urgent", "bulletin", "flash"]

HEADLINE_MAX = 280
SUMMARY_MAX = 2_000
LIST_MAX = 16
"""Sections, regions, tags."""
TAG_MAX = 64
MEDIA_MAX = 4
UNDO_WINDOW_MAX = 10
"""Seconds. News that waits longer is scheduled."""
PUSH_TTL_MIN, PUSH_TTL_MAX = 60, 86_400
"""Seconds for which providers may deliver an alert."""
DRAFT_FIELDS = frozenset(
    {
        *("headline", "edition", "level", "language", "dir", "summary", "speaker", "source"),
        *("sections", "regions", "tags", "story", "link", "media", "verification"),
        *("published_at", "expires_at", "expires_in", "at", "pinned", "push", "note", "test"),
        *("cancellation", "draft", "break_glass", "undo_window", "replaces", "correction"),
        "force",
    }
)
"""The fields of ``ticker.domain.draft.Draft``."""
