"""Client for pictures: upload, list, describe and take down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ticker.client.api_requests import typed
from ticker.client.editor import Editor

PATH = "/v1/media"
TIMEOUT = 120.0
"""Seconds for an upload and the drawing of its sizes."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture. An item names it by its ``id``; ``json`` has all fields."""

    id: str
    href: str
    alt: str
    credit: str
    width: int
    height: int
    used: bool
    created_at: str
    created_by: str
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Picture:
        """Return the picture in a JSON object. Raises KeyError, TypeError, ValueError."""
        sizes = data["renditions"]
        return cls(
            str(data["id"]),
            str(data["href"]),
            str(data["alt"]),
            str(data["credit"]),
            int(sizes["width"]),
            int(sizes["height"]),
            bool(data["used"]),
            str(data["created_at"]),
            str(data["created_by"]),
            data,
        )


@dataclass(frozen=True, slots=True)
class Pictures:
    """A page of pictures, newest first. ``next`` is where the next page begins, or None."""

    pictures: tuple[Picture, ...]
    next: str | None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Pictures:
        """Return the page in a JSON object. Raises KeyError, TypeError, ValueError."""
        following = data["next"]
        return cls(
            tuple(map(Picture.read, data["pictures"])),
            None if following is None else str(following),
        )


class MediaEditor(Editor):
    """An ``Editor`` that manages pictures. Raises the errors of ``Editor``."""

    async def upload(self, content: bytes, alt: str = "", credit: str = "") -> Picture:
        """Store a picture: JPEG, PNG, WebP, AVIF or a still GIF. ``alt`` is what it shows.

        The same file again is the same picture. Without ``alt``, raises Invalid, with the texts
        that are in the file as ``suggested`` of its document.
        """
        texts = {"alt": alt, "credit": credit}
        data = await self._ask(
            "POST",
            PATH,
            params=[(name, text) for name, text in texts.items() if text],
            content=content,
            headers={"Content-Type": "application/octet-stream"},
        )
        return typed(Picture.read, data)

    async def pictures(self, *, limit: int | None = None, before: str | None = None) -> Pictures:
        """Return pictures, newest first. ``before`` is the ``next`` of the page before."""
        query = [] if limit is None else [("limit", str(limit))]
        if before is not None:
            query.append(("before", before))
        return typed(Pictures.read, await self._ask("GET", PATH, params=query))

    async def picture(self, id: str) -> Picture:
        """Return a picture. Raises NotFound, and Retracted for one that was taken down."""
        return typed(Picture.read, await self._ask("GET", _path(id)))

    async def describe(
        self, id: str, *, alt: str | None = None, credit: str | None = None
    ) -> Picture:
        """Change the texts of a picture; None leaves one as it is. Items keep their own texts."""
        given = {"alt": alt, "credit": credit}
        body = {name: text for name, text in given.items() if text is not None}
        return typed(Picture.read, await self._act("PATCH", _path(id), body, key=None))

    async def remove_picture(self, id: str) -> dict[str, str]:
        """Take a picture down for good. Return the items that have lost it: id → state."""
        data = await self._ask("DELETE", _path(id))
        return typed(
            lambda answer: {str(one): str(answer["states"][one]) for one in answer["items"]}, data
        )


def _path(id: str) -> str:
    return f"{PATH}/{quote(id, safe='')}"
