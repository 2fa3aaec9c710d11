"""Helpers for all import formats: defaults, stable keys, and plain text from markup. Pure."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ticker.domain import web_address

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
TEXT_MAX = 200_000
"""Characters of a text that are read. Feeds put whole articles with their markup into a summary, of
which the first 2,000 characters are kept."""
TAGS_READ_MAX = 200
"""Tags that are looked at."""

# Each "<" ends the search for the one before it, so that many of them take linear time.
_TAG = re.compile(r"<[^<>]*>")
# Python refuses to convert a number of more than 4,300 digits; no character has more than seven.
_HUGE_ENTITY = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9A-Fa-f]{9,});?")
_MARKED_UP = re.compile(r"</[A-Za-z]|&(?:#[0-9]|#[xX][0-9A-Fa-f]|[A-Za-z]{2,8}(?=;))")


class Unreadable(ValueError):
    """The input has an unknown format or is malformed; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """Values for drafts without their own. ``edition`` is optional if every draft has one."""

    edition: str | None = None
    sections: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    level: str | None = None
    source: str | None = None

    def fill(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Return ``draft`` with the defaults filled in. Its own values win; no list is merged."""
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
    """Return the idempotency key for an id in the source, the same at every import."""
    digest = hashlib.sha256(f"{edition}\0{guid}".encode()).hexdigest()
    return f"import-{digest[:40]}"


def fingerprint(draft: Mapping[str, Any]) -> str:
    """Return a substitute id for a draft without one, made from its content."""
    return "\0".join(str(draft.get(name) or "") for name in ("link", "published_at", "headline"))


def plain(text: object) -> str:
    """Return ``text`` on one line, without markup and with entities resolved."""
    if not isinstance(text, str):
        return ""
    untagged = _HUGE_ENTITY.sub(" ", _TAG.sub(" ", text[:TEXT_MAX]))
    return " ".join(html.unescape(untagged).split())


def one_line(text: object) -> str:
    """Return ``text``, which is declared as plain text, on one line and otherwise unchanged."""
    return " ".join(text[:TEXT_MAX].split()) if isinstance(text, str) else ""


def likely_plain(text: object) -> str:
    """Return ``text`` on one line, and without markup if it clearly has markup.

    Many feeds send HTML where their format requires plain text. A closing tag or an entity counts
    as markup; a lone ``<`` or ``&`` does not.
    """
    marked_up = isinstance(text, str) and _MARKED_UP.search(text[:TEXT_MAX]) is not None
    return plain(text) if marked_up else one_line(text)


def shortened(text: str, limit: int = SUMMARY_MAX) -> str | None:
    """Return ``text`` cut at a word boundary to ``limit`` characters, or None if it is empty."""
    if len(text) <= limit:
        return text or None
    return text[: limit - 1].rsplit(" ", 1)[0] + "…"


def web_link(value: object) -> str | None:
    """Return ``value`` if it is an http or https address that an item may have, else None.

    Spaces inside it are encoded, as browsers do.
    """
    if not isinstance(value, str) or len(value) > web_address.URL_MAX:
        return None
    link = value.strip().replace(" ", "%20")
    try:
        web_address.parse(link)
    except ValueError:
        return None
    return link


def tag_list(values: object) -> list[str]:
    """Return valid tags made from ``values``: at most 64 characters, no commas, no duplicates."""
    if not isinstance(values, (list, tuple)):
        return []
    tags = (plain(value).replace(",", " ")[:64].strip() for value in values[:TAGS_READ_MAX])
    return list(dict.fromkeys(tag for tag in tags if tag))[:TAGS_MAX]
