"""Common ground of all formats: a draft with a key that is the same at every import. Pure."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DRAFT_FIELDS = frozenset(
    {
        "headline",
        "edition",
        "level",
        "language",
        "dir",
        "summary",
        "speaker",
        "source",
        "sections",
        "regions",
        "tags",
        "story",
        "link",
        "media",
        "verification",
        "published_at",
        "expires_at",
        "expires_in",
        "at",
        "pinned",
        "push",
        "note",
        "test",
        "force",
    }
)
SUMMARY_MAX = 2_000
TAGS_MAX = 16

_TAG = re.compile(r"<[^>]*>")
_MARKED_UP = re.compile(r"</[A-Za-z]|&(?:#[0-9]|#[xX][0-9A-Fa-f]|[A-Za-z]{2,8}(?=;))")


class Unreadable(ValueError):
    """The input is in no format that we read, or broken; the text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What drafts get that do not say themselves; ``edition`` may be missing if all do."""

    edition: str | None = None
    sections: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    level: str | None = None
    source: str | None = None

    def fill(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Return ``draft`` completed. Its own values win; lists are not mixed."""
        if self.edition is not None:
            draft.setdefault("edition", self.edition)
        for name in ("sections", "regions", "tags"):
            values = getattr(self, name)
            if values and not draft.get(name):
                draft[name] = list(values)
        if self.level is not None:
            draft.setdefault("level", self.level)
        if self.source is not None and not draft.get("source"):
            draft["source"] = self.source
        return draft


def key_of(edition: object, guid: str) -> str:
    """Return the idempotency key of what a source calls ``guid``, the same at every import."""
    digest = hashlib.sha256(f"{edition}\0{guid}".encode()).hexdigest()
    return f"import-{digest[:40]}"


def fingerprint(draft: Mapping[str, Any]) -> str:
    """Return what identifies a draft that came without a guid: what it says."""
    return "\0".join(str(draft.get(name) or "") for name in ("link", "published_at", "headline"))


def plain(text: object) -> str:
    """Return ``text`` without markup, entities resolved, in one line."""
    if not isinstance(text, str):
        return ""
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def one_line(text: object) -> str:
    """Return ``text``, which its source calls plain text, in one line, as it is."""
    return " ".join(text.split()) if isinstance(text, str) else ""


def likely_plain(text: object) -> str:
    """Return what should be plain text in one line, without markup if it clearly is marked up.

    Many feeds send HTML where their format wants text. A closing tag or an entity gives it away; a
    lone ``<`` or ``&`` is part of what is said.
    """
    marked_up = isinstance(text, str) and _MARKED_UP.search(text) is not None
    return plain(text) if marked_up else one_line(text)


def shortened(text: str, limit: int = SUMMARY_MAX) -> str | None:
    """Return ``text`` cut at a word to ``limit`` characters, or None for nothing."""
    if len(text) <= limit:
        return text or None
    return text[: limit - 1].rsplit(" ", 1)[0] + "…"


def web_link(value: object) -> str | None:
    """Return ``value`` if it is a web address."""
    if isinstance(value, str) and value.lower().startswith(("http://", "https://")):
        return value
    return None


def tag_list(values: object) -> list[str]:
    """Return the usable tags among ``values``: short texts without commas, each once."""
    if not isinstance(values, (list, tuple)):
        return []
    tags = (plain(value).replace(",", " ")[:64].strip() for value in values)
    return list(dict.fromkeys(tag for tag in tags if tag))[:TAGS_MAX]
