"""Pictures and clips of drafts and items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import StringConstraints, ValidationError, model_validator

from ticker.domain.errors import FieldError, Invalid
from ticker.domain.item_fields import Link, ShortText, Strict
from ticker.domain.item_limits import MEDIA_MAX
from ticker.domain.messages import said
from ticker.domain.renditions import MediaId, Renditions
from ticker.domain.shape import Shape


class _Described(Strict):
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
