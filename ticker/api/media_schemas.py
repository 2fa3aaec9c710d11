"""Schemas of pictures: what editors send and get."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from ticker.api.schema import Schema
from ticker.domain.item import State
from ticker.domain.item_limits import HEADLINE_MAX
from ticker.domain.messages import said
from ticker.domain.renditions import MediaId, Renditions
from ticker.domain.text import optional

ALT_MISSING = said("alt-required")


def _cleaned(value: object) -> object:
    return optional(value, HEADLINE_MAX).strip() if isinstance(value, str) else value


def _said(value: str) -> str:
    if not value:
        raise ValueError(ALT_MISSING)
    return value


_Text = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=HEADLINE_MAX)]
Alt = Annotated[_Text, AfterValidator(_said)]


class PictureTexts(BaseModel):
    """The texts of a picture. Other fields of a form are ignored."""

    model_config = ConfigDict(extra="ignore")

    alt: Alt
    credit: _Text = ""


class PictureChange(Schema):
    """Changes of a picture's texts. Items keep the texts that they have."""

    alt: Alt | None = None
    credit: _Text | None = None


class Suggested(Schema):
    """Texts that were in the file, from IPTC, XMP or EXIF. Of untrusted origin."""

    alt: str | None = None
    credit: str | None = None
    copyright: str | None = None


class ShownPicture(Schema):
    """A stored picture. An item names it by its ``id``."""

    id: MediaId
    href: str
    """Address of the rendition for clients that know no others."""
    type: str
    alt: str
    credit: str
    renditions: Renditions
    bytes: int
    """Of all its renditions."""
    used: bool
    """Whether an item has named it; otherwise it is deleted after `media_unused_ttl`."""
    created_at: str
    created_by: str
    editions: list[str] | None
    """Editions whose editors may change it and take it down, if their keys are limited: those of
    the editors who have uploaded it. Null: only editors of all editions may."""


class UploadedPicture(ShownPicture):
    """A picture that was uploaded, with the texts that were in the file."""

    created: bool
    """False if the newsroom had this file already."""
    suggested: Suggested


class PictureList(Schema):
    """The newest pictures. ``next`` is the value of ``before`` for the next page, or null."""

    pictures: list[ShownPicture]
    next: str | None


class RemovedPicture(Schema):
    """A picture that was taken down, and the items that have lost it."""

    id: MediaId
    removed: bool
    items: list[str]
    states: dict[str, State]
    """The states of these items. What is scheduled stays approved."""
