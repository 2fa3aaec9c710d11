"""Feeds of the wire desk: what an editor sets, and how the looks at a feed went. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

import orjson

from ticker.imports.drafts import Defaults

FEEDS_MAX = 64
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
"""Names of feeds: they stand in addresses, and as authors of drafts."""
EVERY_MIN, EVERY_MAX, EVERY = 10, 86_400, 60
"""Seconds between two looks at a feed that works."""
NOTES_MAX = 20
"""Notes about items that editors have taken over, of one feed; of more, the oldest go."""
ERROR_MAX = 300
"""Characters of an error that are kept: it may quote what a server wrote."""

Did: TypeAlias = Literal["changed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as an editor has set it. ``authorization`` is a header's value, never shown."""

    name: str
    url: str
    edition: str | None = None
    sections: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    level: str | None = None
    source: str | None = None
    desk: str | None = None
    """The editors it is for, such as ``sports``: a name by which lists are filtered."""
    every: int = EVERY
    authorization: str | None = field(default=None, repr=False)
    created_at: str = ""
    created_by: str = ""
    set_by: str = ""
    """Who has set the address, and so may write what it answers."""
    setters: tuple[str, ...] = ()
    """The same with everybody who knows that person's key or password."""

    def record(self) -> bytes:
        """Return the bytes to store."""
        return orjson.dumps(self)

    @classmethod
    def read(cls, record: bytes) -> Feed:
        """Return the feed in its stored bytes."""
        kept = orjson.loads(record)
        for name in ("sections", "regions", "tags", "setters"):
            kept[name] = tuple(kept[name])
        return cls(**kept)

    def changed(self, setters: Sequence[str], **changes: Any) -> Feed:
        """Return the feed as it is changed by the first of ``setters``; the others know the key."""
        after = replace(self, **changes)
        if after.url != self.url:
            # A secret for one server is not sent to another one.
            secret = changes.get("authorization")
            by = setters[0] if setters else ""
            return replace(after, authorization=secret, set_by=by, setters=tuple(setters))
        if after.authorization not in (None, self.authorization):
            # Another user of the same server may get another feed.
            return replace(after, setters=tuple(dict.fromkeys([*self.setters, *setters])))
        return after

    @property
    def defaults(self) -> Defaults:
        """Return the values for drafts that have none of their own."""
        return Defaults(
            self.edition, self.sections, self.regions, self.tags, self.level, self.source
        )


@dataclass(frozen=True, slots=True)
class Note:
    """A change of an entry whose item is an editor's: the editor decides what to do."""

    item: str
    did: Did
    headline: str | None
    """The entry's new headline; None if it was withdrawn."""
    version: int
    """The item's version then: once an editor changes the item, the note is done with."""
    at: str


@dataclass(frozen=True, slots=True)
class FeedState:
    """State of a feed. Times are in ms since 1970; counts are since it was added."""

    looked_ms: int | None = None
    read_ms: int | None = None
    """When it was last read without an error."""
    next_ms: int = 0
    failures: int = 0
    """In a row."""
    failing_ms: int | None = None
    error: str | None = None
    error_said: Mapping[str, Any] | None = None
    """Its ``detail``, ``code`` and ``params``, as in a problem document."""
    format: str | None = None
    entries: int = 0
    """Entries of its last answer."""
    unreadable: int = 0
    """Of these, entries that could not be read."""
    new: int = 0
    updated: int = 0
    withdrawn: int = 0
    duplicates: int = 0
    refused: int = 0
    left_out: int = 0
    """Entries that were too old or too many."""
    refusal: str | None = None
    """Why the last refused entry was refused."""
    refusal_said: Mapping[str, Any] | None = None
    """The same as in a problem document, with ``errors`` if it has some."""
    notes: tuple[Note, ...] = ()
    hour_ms: int = 0
    """When the present hour of ``hour_new`` began."""
    hour_new: int = 0
    older: int = 0
    unchanged: int = 0
    body: str | None = None
    """Digest of the answer that was read last."""

    def record(self) -> bytes:
        """Return the bytes to store."""
        return orjson.dumps(self)

    @classmethod
    def read(cls, record: bytes | None) -> FeedState:
        """Return the state in its stored bytes; fields of other versions are left out."""
        if record is None:
            return cls()
        known = {one.name for one in fields(cls)}
        kept = {name: value for name, value in orjson.loads(record).items() if name in known}
        kept["notes"] = tuple(Note(**one) for one in kept.get("notes", ()))
        return cls(**kept)

    @property
    def status(self) -> Literal["waiting", "working", "failing"]:
        """Return whether it works: ``waiting`` until the first look."""
        if self.failures:
            return "failing"
        return "waiting" if self.read_ms is None else "working"


def noted(notes: Sequence[Note], new: Sequence[Note]) -> tuple[Note, ...]:
    """Return notes with new ones; each item has one note of a kind, the newest."""
    kept = {(one.item, one.did): one for one in notes}
    for one in new:
        kept.pop((one.item, one.did), None)
        kept[one.item, one.did] = one
    return tuple(kept.values())[-NOTES_MAX:]


def shown(feed: Feed, state: FeedState) -> Mapping[str, Any]:
    """Return all fields but those that the worker alone needs, and no secret."""
    setting = asdict(feed) | {"authorization": feed.authorization is not None}
    setting.pop("setters")
    hidden = ("notes", "hour_ms", "hour_new", "older", "unchanged", "body")
    return setting | {k: v for k, v in asdict(state).items() if k not in hidden}
