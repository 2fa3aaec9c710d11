"""Pictures of items: replaces the id of a stored picture by its address and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from starlette.requests import Request

from ticker.api.public_address import base_of
from ticker.config import Settings
from ticker.domain.draft import Change, Draft
from ticker.domain.errors import Conflict, FieldError, Gone, Invalid, NotFound
from ticker.domain.item_media import Media, MediaDraft
from ticker.domain.messages import said
from ticker.domain.renditions import TYPES, address, default_width
from ticker.media.records import Picture
from ticker.media.service import MediaService

D = TypeVar("D", Draft, Change)
PATH = "/media"
"""Where the web process serves the files, if nobody else does."""


def media_base(settings: Settings, request: Request) -> str:
    """Return the address that the addresses of pictures begin with."""
    return settings.media_public_url or base_of(request, settings) + PATH


def href_of(base: str, picture: Picture) -> str:
    """Return the address of a picture for clients that know no renditions."""
    width = default_width(picture.renditions.widths)
    return address(f"{base}/{picture.id}/", width, "jpg")


class ItemPictures:
    """Looks stored pictures up. Without a store of pictures, there are none."""

    def __init__(self, media: MediaService | None, settings: Settings) -> None:
        self._media = media
        self._settings = settings

    async def resolved(self, draft: D, request: Request) -> D:
        """Return ``draft`` with the address and sizes of each stored picture that it names.

        A picture that another newsroom has stored stays as its address alone. Raises Invalid for an
        id that is not known, and for a picture that was taken down here.
        """
        if draft.media is None or not any(one.id or one.renditions for one in draft.media):
            return draft
        base = media_base(self._settings, request)
        return draft.model_copy(update={"media": await self._all(draft.media, base)})

    async def check(self, media: Sequence[Media | MediaDraft]) -> None:
        """Raise Conflict if a stored picture among those of an item was taken down."""
        for one in media:
            if one.id is not None and self._media is not None:
                try:
                    await self._media.records.get(one.id)
                except (Gone, NotFound):
                    raise Conflict(said("picture-removed", id=one.id)) from None

    async def _all(self, media: Sequence[MediaDraft], base: str) -> list[MediaDraft]:
        found, errors = [], []
        for number, one in enumerate(media):
            picture = None
            if one.id is not None and self._media is not None:
                picture = await self._media.records.use(one.id)
            if picture is not None:
                found.append(_named(one, picture, base))
            elif one.href is not None and not one.href.startswith(f"{base}/{one.id}/"):
                found.append(one.model_copy(update={"id": None, "renditions": None}))
            elif self._media is None:
                found.append(one)  # refused with the reason when the item is made
            else:
                errors.append(FieldError(f"media.{number}.id", said("picture-unknown")))
        if errors:
            raise Invalid(errors)
        return found


def _named(one: MediaDraft, picture: Picture, base: str) -> MediaDraft:
    return MediaDraft(
        id=picture.id,
        href=href_of(base, picture),
        type=TYPES["jpg"],
        alt=one.alt or picture.alt,
        credit=one.credit or picture.credit or None,
        renditions=picture.renditions,
    )
