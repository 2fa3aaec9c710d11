"""Limits of an item's fields, and the fields of a draft, for modules that do without pydantic."""

from __future__ import annotations

HEADLINE_MAX = 280
SUMMARY_MAX = 2_000
LIST_MAX = 16
"""Sections, regions, tags."""
TAG_MAX = 64
MEDIA_MAX = 4
DRAFT_FIELDS = frozenset(
    {
        *("headline", "edition", "level", "language", "dir", "summary", "speaker", "source"),
        *("sections", "regions", "tags", "story", "link", "media", "verification"),
        *("published_at", "expires_at", "expires_in", "at", "pinned", "push", "note", "test"),
        "force",
    }
)
"""The fields of ``ticker.domain.item.Draft``."""
