"""The item: one short breaking story of one language edition.

``Draft`` is a new item from an editor, ``Change`` an edit, and ``Item`` the stored item. Public
fields follow ninjs 3.1 where one fits. All validation is here; ``publishing.transitions`` changes
items.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ticker.domain import web_address
from ticker.domain.clock import parse_ms, rfc3339, to_ms
from ticker.domain.errors import FieldError, Invalid
from ticker.domain.item_limits import (
    HEADLINE_MAX,
    LIST_MAX,
    MEDIA_MAX,
    PUSH_TTL_MAX,
    PUSH_TTL_MIN,
    SUMMARY_MAX,
    TAG_MAX,
    UNDO_WINDOW_MAX,
    LevelName,
)
from ticker.domain.messages import said
from ticker.domain.renditions import MediaId, Renditions
from ticker.domain.shape import Shape
from ticker.domain.taxonomy import LANGUAGE_TAG, NO_LANGUAGE_TAG, Direction, Taxonomy
from ticker.domain.text import optional
from ticker.domain.validation_messages import field_errors
from ticker.domain.web_address import URL_MAX


class Level(IntEnum):
    """Urgency, after AP's levels. It decides which alerts are sent, not the order of items."""

    ticker = 0
    urgent = 1
    bulletin = 2
    flash = 3


Status: TypeAlias = Literal["usable", "canceled"]
State: TypeAlias = Literal["draft", "scheduled", "live", "expired", "retracted", "test"]
Verification: TypeAlias = Literal["confirmed", "attributed", "developing"]


def _bounded(most: int) -> Callable[[object], object]:
    """Return a validator that cleans text of at most ``most`` characters."""
    return lambda value: optional(value, most) if isinstance(value, str) else value


def _optional(most: int) -> Callable[[object], object]:
    """Return a validator like ``_bounded``, for which blank text means none."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            return value
        text = optional(value, most)
        return text if text.strip() else None

    return validate


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError(said("empty"))
    return value


def _web(value: str) -> str:
    web_address.parse(value)
    return value


def _sane(value: datetime) -> datetime:
    # Sums and other offsets must stay within what a calendar can say.
    if not 1970 < value.year < 3000:
        raise ValueError(said("year"))
    return value


def _unique(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Headline: TypeAlias = Annotated[
    str,
    BeforeValidator(_bounded(HEADLINE_MAX)),
    StringConstraints(max_length=HEADLINE_MAX),
    AfterValidator(_said),
]
ShortText: TypeAlias = Annotated[
    Annotated[str, StringConstraints(max_length=HEADLINE_MAX)] | None,
    BeforeValidator(_optional(HEADLINE_MAX)),
]
Text: TypeAlias = Annotated[
    Annotated[str, StringConstraints(max_length=SUMMARY_MAX)] | None,
    BeforeValidator(_optional(SUMMARY_MAX)),
]
Link: TypeAlias = Annotated[str, StringConstraints(max_length=URL_MAX), AfterValidator(_web)]
Slug: TypeAlias = Annotated[str, StringConstraints(max_length=64)]  # the taxonomy says which
ItemId: TypeAlias = Annotated[str, Shape(r"[0-9a-hjkmnp-tv-z]{26}", said("not-an-item-id"))]
Tag: TypeAlias = Annotated[
    str,
    BeforeValidator(_bounded(TAG_MAX)),
    StringConstraints(min_length=1, max_length=TAG_MAX, strip_whitespace=True),
    Shape(r"[^,]*", said("comma")),
]
Slugs: TypeAlias = Annotated[list[Slug], Field(max_length=LIST_MAX), AfterValidator(_unique)]
Tags: TypeAlias = Annotated[list[Tag], Field(max_length=LIST_MAX), AfterValidator(_unique)]
Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_sane)]
STORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""A valid story name; it needs no escaping in a URL."""
Story: TypeAlias = Annotated[
    str,
    Shape(STORY.pattern, said("not-a-story")),
]
Language: TypeAlias = Annotated[
    str, StringConstraints(max_length=64), Shape(LANGUAGE_TAG, NO_LANGUAGE_TAG)
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Described(_Strict):
    """The fields that pictures of drafts and of items share."""

    href: Link | None = None
    type: Annotated[
        str,
        StringConstraints(max_length=100),
        Shape(r"[a-z]+/[a-z0-9.+-]+", said("not-a-media-type")),
    ] = "image/jpeg"
    alt: ShortText = None
    credit: ShortText = None
    """Who made it, or whose it is."""
    id: MediaId | None = None
    """Of a picture that was uploaded to this newsroom (`POST /v1/media`)."""
    renditions: Renditions | None = None
    """Of such a picture: its sizes. Their addresses are that of `href` with another last part,
    `WIDTH.FORMAT`."""


class MediaDraft(_Described):
    """A picture or clip of a draft: an uploaded one by its `id`, or any by its address."""

    @model_validator(mode="after")
    def _named(self) -> MediaDraft:
        if self.href is None and self.id is None:
            raise ValueError(said("picture-unnamed"))
        return self


class Media(_Described):
    """A picture or clip of an item."""

    href: Link


def check_media(media: Sequence[MediaDraft]) -> None:
    """Check that each picture has an address: ids are looked up before. Raises Invalid."""
    errors = [
        FieldError(f"media.{number}.id", said("picture-no-store"))
        for number, one in enumerate(media)
        if one.href is None
    ]
    if errors:
        raise Invalid(errors)


def readable_link(value: object) -> str | None:
    """Return a stored link, or None if it cannot be read: one bad field costs no item."""
    if not isinstance(value, str):
        return None
    try:
        web_address.parse(value)
    except ValueError:
        return None
    return value


def readable_media(value: object) -> list[object]:
    """Return those of stored media that can be read, at most ``MEDIA_MAX``."""
    if not isinstance(value, list):
        return []
    found: list[object] = []
    for one in value[:MEDIA_MAX]:
        try:
            Media.model_validate(one)
        except ValidationError:
            continue
        found.append(one)
    return found


class PushOptions(_Strict):
    """Options of an item's alerts."""

    title: ShortText = None
    body: ShortText = None
    ttl: Annotated[int, Field(ge=PUSH_TTL_MIN, le=PUSH_TTL_MAX)] | None = None
    """Seconds for which providers may deliver the alert; the default depends on the level
    (``push.model.alert_decision.TTL``)."""


class Draft(_Strict):
    """A new item. Unknown fields are refused."""

    headline: Headline
    edition: Slug
    level: LevelName = "ticker"
    language: Language | None = None
    dir: Direction | None = None
    summary: Text = None
    speaker: ShortText = None
    source: ShortText = None
    sections: Slugs = Field(default_factory=list)
    regions: Slugs = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    story: Story | None = None
    link: Link | None = None
    media: Annotated[list[MediaDraft], Field(max_length=MEDIA_MAX)] = Field(default_factory=list)
    verification: Verification = "confirmed"
    published_at: Moment | None = None
    expires_at: Moment | None = None
    expires_in: Annotated[int, Field(gt=0, le=366 * 86_400)] | None = None
    at: Moment | None = None
    pinned: bool = False
    push: PushOptions | bool | None = None
    note: Text = None
    cancellation: Headline | None = None
    """The headline of the item that takes it back, if it turns out to be wrong. Never public."""
    replaces: ItemId | None = None
    """The retracted item that it publishes again, which was withdrawn by mistake."""
    correction: ShortText = None
    """What readers are told of that, beside the item. Only with ``replaces``."""
    test: bool = False
    draft: bool = False
    """Keep it for editors, until one approves it."""
    break_glass: Text = None
    """Reason to publish it without the second person that its level needs."""
    undo_window: Annotated[float, Field(ge=0, le=UNDO_WINDOW_MAX)] | None = None
    """Seconds for which it waits and can be taken back; None: as the newsroom's settings say."""
    force: bool = False
    """Publish a duplicate, and accept a time that is probably wrong (``plausible_time``)."""


class Change(_Strict):
    """Changes of an item: only the fields in the body change. The edition cannot change."""

    headline: Headline | None = None
    level: LevelName | None = None
    language: Language | None = None
    dir: Direction | None = None
    summary: Text = None
    speaker: ShortText = None
    source: ShortText = None
    sections: Slugs | None = None
    regions: Slugs | None = None
    tags: Tags | None = None
    story: Story | None = None
    link: Link | None = None
    media: Annotated[list[MediaDraft], Field(max_length=MEDIA_MAX)] | None = None
    verification: Verification | None = None
    expires_at: Moment | None = None
    at: Moment | None = None
    push: PushOptions | bool | None = None
    """Send alerts for an item that was published without; ``false`` does not withdraw them."""
    correction: ShortText = None
    note: Text = None
    break_glass: Text = None
    """Reason to change a live alert without the second person that its level needs."""
    proposed: None = None
    """Sent as null, alone: drops the change that waits for a second person."""
    force: bool = False
    """Accept a time that is probably wrong (``plausible_time``)."""


class Correction(_Strict):
    """The public note of a correction (schema.org CorrectionComment)."""

    text: str
    at: str


class Proposal(_Strict):
    """A change of a live alert that waits for a second person. Only editors see it."""

    change: dict[str, Any]
    """The fields of ``Change`` that were sent."""
    by: list[str] = Field(default_factory=list)
    """The people and keys who sent them, by name."""
    authors: list[str]
    """They, and whoever knows their keys or passwords: none of them is the second person."""


class Item(_Strict):
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
M = TypeVar("M", bound=BaseModel)
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


NO_WINDOW = said("no-undo-window")
"""What is said of an undo window where there is nothing to undo, or more time already."""
_ALWAYS_THERE = (
    *("headline", "level", "language", "dir", "sections", "regions", "tags", "media"),
    "verification",
)
"""Fields that a change cannot unset."""


def read_draft(data: object, taxonomy: Taxonomy) -> Draft:
    """Return the draft in ``data`` (parsed JSON). Raises Invalid with every invalid field."""
    draft = _read(Draft, data)
    errors = _unknown(
        taxonomy,
        ("edition", [draft.edition]),
        ("section", draft.sections),
        ("region", draft.regions),
    )
    if draft.expires_at is not None and draft.expires_in is not None:
        errors.append(FieldError("expires_in", said("two-expiries")))
    if draft.undo_window and (draft.at or draft.published_at or draft.draft or draft.test):
        errors.append(FieldError("undo_window", NO_WINDOW))
    if draft.replaces is None and draft.correction is not None:
        errors.append(FieldError("correction", said("correction-of-new")))
    if draft.replaces is not None and draft.test:
        errors.append(FieldError("replaces", said("replaces-drill")))
    if errors:
        raise Invalid(errors)
    return draft


def read_change(data: object, taxonomy: Taxonomy) -> Change:
    """Return the change in ``data``. Raises Invalid with every invalid field, or if empty."""
    change = _read(Change, data)
    errors = _unknown(taxonomy, ("section", change.sections), ("region", change.regions))
    for name in _ALWAYS_THERE:
        if name in change.model_fields_set and getattr(change, name) is None:
            errors.append(FieldError(name, said("not-unset")))
    told = change.model_fields_set - {"note", "force", "break_glass"}
    if "proposed" in told and told != {"proposed"}:
        errors.append(FieldError("proposed", said("proposal-alone")))
    if not told:
        errors.append(FieldError("headline", said("no-change")))
    if errors:
        raise Invalid(errors)
    return change


def expiry(draft: Draft, now_ms: int) -> str | None:
    """Return when ``draft`` expires as RFC 3339, or None. ``expires_in`` counts from release."""
    if draft.expires_at is not None:
        return rfc3339(to_ms(draft.expires_at))
    if draft.expires_in is not None:
        start = now_ms if draft.at is None else max(now_ms, to_ms(draft.at))
        return rfc3339(start + draft.expires_in * 1000)
    return None


def _unknown(taxonomy: Taxonomy, *facets: tuple[str, list[str] | None]) -> list[FieldError]:
    errors = []
    for facet, values in facets:
        if values and (message := taxonomy.unknown(facet, values)):
            errors.append(FieldError(facet if facet == "edition" else f"{facet}s", message))
    return errors


def _read(model: type[M], data: object) -> M:
    if not isinstance(data, dict):
        raise Invalid([FieldError("", said("not-a-json-object"))])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(field_errors(error, model)) from None
