"""Shared parts of the import formats: defaults, results, and stable keys. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from ticker.domain.taxonomy import Taxonomy

Draft: TypeAlias = dict[str, Any]

_NO_IDENTITY = frozenset(
    {"", "0", "-1", "none", "null", "nil", "undefined", "n/a", "false", "#", "id"}
)


class Unreadable(ValueError):
    """The input has an unknown format or is malformed; the message is for the user.

    Where the wire desk shows it, it is a ``domain.messages.Message`` with a code.
    """


@dataclass(frozen=True, slots=True)
class Defaults:
    """Values for drafts without their own. ``edition`` is optional if every draft has one."""

    edition: str | None = None
    sections: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    level: str | None = None
    source: str | None = None

    def fill(self, draft: Draft) -> Draft:
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


@dataclass(frozen=True, slots=True)
class Context:
    """Knowledge beside the input: defaults, editions, where it comes from, the time."""

    defaults: Defaults
    taxonomy: Taxonomy
    now: datetime
    url: str | None = None
    """The address of the input: the base of its relative links."""


@dataclass(slots=True, eq=False)
class Entry:
    """One entry of an input: the draft that it became, and what was mended in it."""

    number: int
    """Its place in the input, from 1."""
    line: int | None
    """Where it begins; None where a format has no lines."""
    draft: Draft
    guid: str = ""
    notes: list[str] = field(default_factory=list)
    withdrawn: bool = False
    """The source withdrew it: it must never be published, and not stay."""
    moment: datetime | None = None
    """When it was published, as far as the source says."""
    version: int | None = None
    """Its number in the source."""
    changed: datetime | None = None
    """When it was last changed, as far as the source says."""
    shared: str = ""
    """The id in the source, if other entries of the input have it, too; then ``guid`` is longer."""
    part: str = ""
    """What ``guid`` has more than ``shared``."""
    keys: list[str] = field(default_factory=list)
    """Of a withdrawn entry: the keys that its item may have, one for each edition."""

    def lines(self) -> list[Draft]:
        """Return the lines of ``POST /v1/import`` for this entry."""
        if not self.withdrawn:
            return [self.draft]
        return [{"key": key, "status": "canceled"} for key in self.keys]


@dataclass(frozen=True, slots=True)
class Rejection:
    """An entry that cannot be imported, and why."""

    number: int
    line: int | None
    headline: str
    message: str


@dataclass(frozen=True, slots=True)
class ParsedInput:
    """The format of an input, its entries in the order of publication, and those it cannot have."""

    format: str
    entries: list[Entry]
    rejected: list[Rejection] = field(default_factory=list)
    skipped: list[Rejection] = field(default_factory=list)
    """Entries that are left out on purpose, such as expired ones."""
    notes: list[str] = field(default_factory=list)
    """About the input as a whole."""

    @property
    def drafts(self) -> list[Draft]:
        """The drafts to publish, without what the source withdrew."""
        return [one.draft for one in self.entries if not one.withdrawn]

    @property
    def withdrawn(self) -> list[str]:
        """The headlines or ids of what the source withdrew."""
        return [str(one.draft.get("headline") or one.guid) for one in self.entries if one.withdrawn]


def key_of(edition: object, guid: str) -> str:
    """Return the idempotency key for an id in the source, the same at every import."""
    digest = hashlib.sha256(f"{edition}\0{guid}".encode("utf-8", "replace")).hexdigest()
    return f"import-{digest[:40]}"


def identity(guid: object, source: str) -> str:
    """Return the id of an entry, or an empty text if it identifies nothing.

    A bare number is an id only within its ``source``: other feeds count from 1 as well.
    """
    text = "" if guid is None or isinstance(guid, bool) else str(guid).strip()
    if text.lower() in _NO_IDENTITY:
        return ""
    return f"{source}\0{text}" if re.fullmatch(r"[0-9]{1,12}", text) else text


def apart(draft: Mapping[str, Any], guid: str) -> str:
    """Return what tells an entry from others with its id: the headline if the id is a link."""
    return str(draft["headline"]) if guid == draft.get("link") else fingerprint(draft)


def fingerprint(draft: Mapping[str, Any]) -> str:
    """Return a substitute id for a draft without one, made from its content."""
    if draft.get("link"):
        return str(draft["link"])
    return "\0".join(str(draft.get(name) or "") for name in ("published_at", "headline"))
