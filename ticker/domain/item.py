"""The item: one short breaking story of one language edition, as it is stored and published."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, Literal, TypeAlias

import orjson
from pydantic import BaseModel, BeforeValidator, Field

from ticker.domain import web_address
from ticker.domain.clock import parse_ms
from ticker.domain.item_fields import Strict, Verification
from ticker.domain.item_limits import LevelName
from ticker.domain.item_media import Media, readable_media
from ticker.domain.taxonomy import Direction


class Level(IntEnum):
    """Urgency, after AP's levels. It decides which alerts are sent, not the order of items."""

    ticker = 0
    urgent = 1
    bulletin = 2
    flash = 3


Status: TypeAlias = Literal["usable", "canceled"]
State: TypeAlias = Literal["draft", "scheduled", "live", "expired", "retracted", "test"]


def readable_link(value: object) -> str | None:
    """Return a stored link, or None if it cannot be read: one bad field costs no item."""
    if not isinstance(value, str):
        return None
    try:
        web_address.parse(value)
    except ValueError:
        return None
    return value


class Correction(Strict):
    """The public note of a correction (schema.org CorrectionComment)."""

    text: str
    at: str


class Proposal(Strict):
    """A change of a live alert that waits for a second person. Only editors see it."""

    change: dict[str, Any]
    """The fields of ``Change`` that were sent."""
    by: list[str] = Field(default_factory=list)
    """The people and keys who sent them, by name."""
    authors: list[str]
    """They, and whoever knows their keys or passwords: none of them is the second person."""


class Item(Strict):
    """A stored item: public fields, then internal fields. Times are RFC 3339.

    A link or media that cannot be read are left out, so that the item can still be shown, changed
    and retracted.
    """

    id: str
    version: int
    status: Status = "usable"
    level: LevelName
    edition: str
    language: str
    dir: Direction
    headline: str
    summary: str | None = None
    speaker: str | None = None
    source: str | None = None
    sections: list[str] = Field(default_factory=list)
    regions: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    story: str | None = None
    link: Annotated[str | None, BeforeValidator(readable_link)] = None
    media: Annotated[list[Media], BeforeValidator(readable_media)] = Field(default_factory=list)
    verification: Verification = "confirmed"
    published_at: str
    updated_at: str
    expires_at: str | None = None
    pinned: bool = False
    correction: Correction | None = None

    state: State = "live"
    created_by: str = ""
    authors: list[str] = Field(default_factory=list)
    """The editors who wrote a draft: none of them is the second person."""
    approved_by: str | None = None
    break_glass: str | None = None
    """Why it was published without a second person."""
    note: str | None = None
    cancellation: str | None = None
    """The headline of the item that takes it back, written before anybody is in a hurry."""
    embargo_until: str | None = None
    proposed: Proposal | None = None
    undo_until: str | None = None
    """Of an item that was published with an undo window: when it goes out. None once it is out."""
    push: dict[str, Any] | bool | None = None
    test: bool = False
    reach: dict[str, Any] | None = None
    """Facets of all earlier versions together; a retraction reaches every matching filter."""
    replaces: str | None = None
    """The retracted item that it publishes again. Public, if there is one."""
    replaced_by: str | None = None
    """Of a retracted item: the one that publishes it again, in whatever state that is."""

    def to_json(self) -> bytes:
        """Return the item as it is kept: all fields in their order.

        ``vars`` are what ``model_dump`` returns, media and the correction excepted (``_plain``).
        """
        return orjson.dumps(vars(self), default=_plain)

    def public_json(self) -> bytes:
        """Return the public fields, ``replaces`` if there is one. Only for an item in the lane."""
        fields = vars(self)
        names = _PUBLIC if self.replaces is None else (*_PUBLIC, "replaces")
        return orjson.dumps({name: fields[name] for name in names}, default=_plain)

    def public_length(self, doc: bytes) -> int:
        """Return how many bytes of ``doc``, its ``to_json``, are its ``public_json`` without ``}``.

        0 where that has a field from behind them.
        """
        return 0 if self.replaces is not None else doc.index(_INTERNAL_BEGINS)

    def stub(self) -> dict[str, Any]:
        """Return the fields of a removal: id and version, without any text."""
        return {
            "id": self.id,
            "version": self.version,
            "status": self.status,
            "edition": self.edition,
            "updated_at": self.updated_at,
        }

    def names_picture(self, id: str) -> bool:
        """Return whether the item, or a change that is proposed, has a stored picture."""
        proposed = [] if self.proposed is None else self.proposed.change.get("media") or []
        return any(one.id == id for one in self.media) or any(
            one.get("id") == id for one in proposed
        )

    @property
    def went_out(self) -> bool:
        """Return whether readers have ever had it: no test, and no draft that nobody approved."""
        written_as_draft = bool(self.authors) or self.state == "draft"
        unapproved = written_as_draft and self.approved_by is None
        return not (self.test or self.embargo_until is not None or unapproved)

    @property
    def expires_ms(self) -> int | None:
        """Return the item's own expiry in milliseconds since 1970, or None."""
        return None if self.expires_at is None else parse_ms(self.expires_at)


def _plain(value: BaseModel) -> dict[str, Any]:
    """Return the fields of a part of an item. What only uploaded pictures have is left out else."""
    fields = vars(value)
    if isinstance(value, Media) and value.renditions is None and value.id is None:
        return {name: found for name, found in fields.items() if name not in _UPLOADED}
    return fields


_UPLOADED = ("id", "renditions")
_INTERNAL = {
    "state",
    "created_by",
    "authors",
    "approved_by",
    "break_glass",
    "note",
    "cancellation",
    "embargo_until",
    "proposed",
    "undo_until",
    "push",
    "test",
    "reach",
    "replaced_by",
}
_PUBLIC = tuple(name for name in Item.model_fields if name not in _INTERNAL | {"replaces"})
PUBLIC_FIELDS = {*_PUBLIC, "replaces"}
_INTERNAL_BEGINS = b',"state":"'
"""No text contains it: its quotation marks are escaped."""
