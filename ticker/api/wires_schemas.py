"""Request and response schemas of the wire desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from ticker.api.item_schemas import EditorItem
from ticker.api.problem_schemas import InvalidField
from ticker.api.schema import Schema
from ticker.domain.clock import rfc3339
from ticker.domain.item_limits import LevelName
from ticker.domain.web_address import URL_MAX
from ticker.wires.feed import EVERY, EVERY_MAX, EVERY_MIN, Feed, FeedState, shown

Url = Annotated[str, Field(max_length=URL_MAX)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=20)]
Every = Annotated[int, Field(ge=EVERY_MIN, le=EVERY_MAX)]
Desk = Annotated[str, Field(min_length=1, max_length=40)]
Source = Annotated[str, Field(min_length=1, max_length=100)]
Secret = Annotated[str, Field(max_length=1_000, pattern=r"^[ -~]*$")]


class WireDraft(Schema):
    """A feed to watch. Its own values win over ``edition``, ``level`` and the others here.

    ``authorization`` is the value of that header, such as ``Basic …``; it is never shown again.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
    url: Url
    edition: str | None = None
    sections: Names = Field(default_factory=list)
    regions: Names = Field(default_factory=list)
    tags: Names = Field(default_factory=list)
    level: LevelName | None = None
    source: Source | None = None
    desk: Desk | None = None
    every: Every = EVERY
    authorization: Secret | None = None


class WireChange(Schema):
    """Fields of a feed to change; null takes a value away where there may be none."""

    url: Url | None = None
    edition: str | None = None
    sections: Names | None = None
    regions: Names | None = None
    tags: Names | None = None
    level: LevelName | None = None
    source: Source | None = None
    desk: Desk | None = None
    every: Every | None = None
    authorization: Secret | None = None


class WireNote(Schema):
    """A change of an entry whose item is an editor's now. The item is as it was."""

    wire: str
    item: str
    did: Literal["changed", "withdrawn"]
    headline: str | None
    item_headline: str
    at: str


class WireProblem(Schema):
    """Reason that a feed could not be read or an entry was refused, as in a problem document.

    ``code`` and ``params`` say what ``detail`` says in English.
    """

    detail: str
    code: str
    params: dict[str, str | int]
    errors: list[InvalidField] | None = None


class Wire(Schema):
    """A feed and how the looks at it went. ``url`` is null for those who may not change feeds."""

    name: str
    url: str | None
    host: str
    edition: str | None
    sections: list[str]
    regions: list[str]
    tags: list[str]
    level: LevelName | None
    source: str | None
    desk: str | None
    every: int
    authorization: bool
    created_at: str
    created_by: str
    set_by: Annotated[str, Field(description="who has set the address")]
    status: Literal["waiting", "working", "failing"]
    error: str | None
    error_said: WireProblem | None
    failures: int
    failing_since: str | None
    looked_at: str | None
    read_at: str | None
    next_at: str | None
    format: str | None
    entries: int
    unreadable: int
    new: int
    updated: int
    withdrawn: int
    duplicates: int
    refused: int
    left_out: int
    refusal: str | None
    refusal_said: WireProblem | None


class WireList(Schema):
    """The feeds by name, and notes about items that editors have approved or changed."""

    wires: list[Wire]
    notes: list[WireNote]


class WireDrafts(Schema):
    """Drafts that wait on the wire desk, the one that was changed last first."""

    drafts: list[EditorItem]
    more: bool


def wire_json(feed: Feed, state: FeedState, *, with_url: bool) -> Mapping[str, Any]:
    """Return a feed as ``Wire``; its address may have a secret, so not everybody gets it."""
    fields = dict(shown(feed, state))
    for name, ms in (
        ("failing_since", fields.pop("failing_ms")),
        ("looked_at", fields.pop("looked_ms")),
        ("read_at", fields.pop("read_ms")),
        ("next_at", fields.pop("next_ms") or None),
    ):
        fields[name] = None if ms is None else rfc3339(ms)
    host = urlsplit(feed.url).hostname or ""
    return fields | {
        "url": feed.url if with_url else None,
        "host": host,
        "status": state.status,
    }
