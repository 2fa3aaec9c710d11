"""Routes for editors' pictures: upload, list, describe and take down."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.current_lane import ReadView
from ticker.api.headers import PRIVATE_HEADERS
from ticker.api.item_pictures import href_of, media_base
from ticker.api.media_schemas import (
    PictureChange,
    PictureList,
    PictureTexts,
    RemovedPicture,
    ShownPicture,
    UploadedPicture,
)
from ticker.api.problem_documents import BadQuery, UnsupportedMedia
from ticker.api.routing import Operation, Param, json_response
from ticker.api.uploads import FORM, read_upload
from ticker.config import Settings
from ticker.domain.errors import (
    BadFilter,
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    MediaUnavailable,
    NotFound,
    StorageFull,
    TickerError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from ticker.domain.messages import message_of, said
from ticker.domain.renditions import TYPES
from ticker.domain.validation_messages import validate
from ticker.media.accepted import TYPES as ACCEPTED
from ticker.media.accepted import NotAccepted, WrongType
from ticker.media.records import LIST_MAX, Picture
from ticker.media.service import MediaService
from ticker.publishing.service import ItemService

log = logging.getLogger(__name__)

LIST_DEFAULT = 50
NO_STORE = said("no-picture-store")
_ASK: tuple[type[TickerError], ...] = (Unauthorised, Forbidden, NotFound, Unavailable)
_TEXTS = (
    Param("alt", "query", "What the picture shows; required, unless a form has it."),
    Param("credit", "query", "Who made it, or whose it is."),
)


class AltMissing(Invalid):
    """The picture has no alternative text. ``suggested`` are the texts that are in the file."""

    def __init__(self, errors: list[FieldError], suggested: Mapping[str, str]) -> None:
        super().__init__(errors)
        self._suggested = dict(suggested)

    def extra(self) -> dict[str, Any]:
        """Return the invalid fields, and the texts in the file."""
        return super().extra() | {"suggested": self._suggested}


class MediaRoutes:
    """Handlers of the routes. All of them need a key."""

    def __init__(
        self,
        media: MediaService | None,
        items: ItemService,
        auth: Auth,
        read_view: ReadView,
        settings: Settings,
    ) -> None:
        self._media = media
        self._items = items
        self._auth = auth
        self._read_view = read_view
        self._settings = settings

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "POST",
                "/v1/media",
                "add_picture",
                "Upload a picture",
                self.add,
                "Editors",
                text=(
                    "The body is the file (JPEG, PNG, WebP, AVIF or a still GIF), or a form with "
                    "it. The picture is made anew in fixed widths: only its pixels are kept. The "
                    "same file again is the same picture, so a request can be repeated. Without "
                    "`alt` it is refused with the texts that were in the file (`suggested`)."
                ),
                key="required",
                permission="draft",
                params=_TEXTS,
                body=PictureTexts,
                body_type=FORM,
                status=201,
                existing_status=200,
                response=UploadedPicture,
                problems=(
                    *(*BODY_PROBLEMS, Unauthorised, Forbidden, NotFound, Conflict),
                    *(Unavailable, MediaUnavailable, StorageFull),
                ),
            ),
            Operation(
                "GET",
                "/v1/media",
                "list_pictures",
                "List the pictures, newest first",
                self.newest,
                "Editors",
                key="required",
                params=(
                    Param(
                        "limit",
                        "query",
                        f"Number of pictures, default {LIST_DEFAULT}.",
                        {"type": "integer", "minimum": 1, "maximum": LIST_MAX},
                    ),
                    Param("before", "query", "The `next` of the page before."),
                ),
                response=PictureList,
                problems=(BadFilter, *_ASK),
            ),
            Operation(
                "GET",
                "/v1/media/{id}",
                "show_picture",
                "Get a picture's sizes and texts",
                self.show,
                "Editors",
                key="required",
                response=ShownPicture,
                problems=(*_ASK, Gone),
            ),
            Operation(
                "PATCH",
                "/v1/media/{id}",
                "change_picture",
                "Change a picture's alternative text or credit",
                self.change,
                "Editors",
                text=(
                    "Items that have the picture already keep their texts. A key that is limited "
                    "to editions changes pictures of these editions only."
                ),
                key="required",
                permission="draft",
                body=PictureChange,
                response=ShownPicture,
                problems=(*_ASK, Gone, Conflict, TooLarge, UnsupportedMedia, Invalid),
            ),
            Operation(
                "DELETE",
                "/v1/media/{id}",
                "remove_picture",
                "Take a picture down",
                self.remove,
                "Editors",
                text=(
                    "Its files are deleted, their addresses answer 410, and live and scheduled "
                    "items and drafts lose it; their texts stay, and what was approved stays "
                    "approved. Caches that others run may have it longer. The same file "
                    "cannot be uploaded again. Repeated, it finishes what was interrupted. A key "
                    "that is limited to editions takes down pictures of these editions only."
                ),
                key="required",
                permission="publish",
                response=RemovedPicture,
                problems=(*_ASK, MediaUnavailable),
            ),
        ]

    async def add(self, request: Request) -> Response:
        """Handle ``POST /v1/media``."""
        editor = await self._auth.editor(request, "draft")
        media = self._required()
        with media.renderer.place():
            upload = await read_upload(request, self._settings.max_media_body)
            if not upload.content:
                raise Invalid([FieldError("file", said("file-empty"))])
            if len(upload.content) > self._settings.max_media_body:
                most = self._settings.max_media_body
                raise TooLarge(said("picture-too-large", most=most))
            sent = {name: request.query_params.get(name) for name in ("alt", "credit")}
            texts = {name: value for name, value in sent.items() if value} | upload.fields
            try:
                try:
                    told = validate(PictureTexts, texts)
                except Invalid as error:
                    found = await media.suggestions(upload.content, upload.type)
                    raise AltMissing(error.errors, found) from None
                added = await media.add(upload.content, upload.type, told.alt, told.credit, editor)
            except WrongType as error:
                raise UnsupportedMedia(message_of(error), ", ".join(ACCEPTED.values())) from None
            except NotAccepted as error:
                raise Invalid([FieldError("file", message_of(error))]) from None
        body = self._shown(added.picture, request)
        body |= {"created": added.created, "suggested": _suggested(added.suggested)}
        headers = PRIVATE_HEADERS | {"location": f"/v1/media/{added.picture.id}"}
        return json_response(body, 201 if added.created else 200, headers)

    async def newest(self, request: Request) -> Response:
        """Handle ``GET /v1/media``."""
        await self._auth.editor(request, "read")
        limit = _limit(request.query_params.get("limit"))
        before = request.query_params.get("before")
        found = await self._required().records.newest(limit, before)
        following = found[-1].id if len(found) == limit else None
        pictures = [self._shown(one, request) for one in found]
        return _private({"pictures": pictures, "next": following})

    async def show(self, request: Request) -> Response:
        """Handle ``GET /v1/media/{id}``."""
        await self._auth.editor(request, "read")
        picture = await self._required().records.get(_id(request))
        return _private(self._shown(picture, request))

    async def change(self, request: Request) -> Response:
        """Handle ``PATCH /v1/media/{id}``."""
        editor = await self._auth.editor(request, "draft")
        wanted = validate(PictureChange, await read_json(request, self._settings.max_body))
        records = self._required().records
        picture = await records.get(_id(request))
        editor.check_editions(picture.editions)
        changed = await records.change(
            picture,
            alt=picture.alt if wanted.alt is None else wanted.alt,
            credit=picture.credit if wanted.credit is None else wanted.credit,
        )
        return _private(self._shown(changed, request))

    async def remove(self, request: Request) -> Response:
        """Handle ``DELETE /v1/media/{id}``."""
        editor = await self._auth.editor(request, "publish")
        id = _id(request)
        media = self._required()
        picture = await media.records.described(id)
        if picture is not None:
            editor.check_editions(picture.editions)
        for holder in await self._items_with(id):
            editor.check_edition(holder.edition)
        await media.remove(id, editor.name)
        # Again: an item may have got the picture since. From now on none can.
        lost: dict[str, str] = {}
        for holder in await self._items_with(id):
            try:
                done = await self._items.without_picture(holder.id, id, by=editor.name)
            except NotFound:
                continue  # not kept any more
            if done.changed:
                lost[holder.id] = done.item.state
        return _private({"id": id, "removed": True, "items": list(lost), "states": lost})

    async def _items_with(self, id: str) -> list[_Holder]:
        """Return the live and scheduled items, the drafts and the tests that have the picture."""
        needle = f'"id":"{id}"'.encode()
        found = {}
        if self._read_view.ready:
            current = self._read_view.lane.current_items
            found = {e.item_id: e.edition for e in current if needle in e.item}
        for item in await self._items.with_picture(id):
            if item.state not in ("retracted", "expired"):
                found[item.id] = item.edition
        return [_Holder(*one) for one in found.items()]

    def _required(self) -> MediaService:
        if self._media is None:
            raise NotFound(NO_STORE)
        return self._media

    def _shown(self, picture: Picture, request: Request) -> dict[str, Any]:
        return {
            "id": picture.id,
            "href": href_of(media_base(self._settings, request), picture),
            "type": TYPES["jpg"],
            "alt": picture.alt,
            "credit": picture.credit,
            "renditions": picture.renditions.model_dump(),
            "bytes": picture.size,
            "used": picture.used,
            "created_at": picture.created_at,
            "created_by": picture.created_by,
            "editions": picture.editions,
        }


class _Holder(NamedTuple):
    id: str
    edition: str


def _suggested(found: Mapping[str, str]) -> dict[str, str | None]:
    return {name: found.get(name) for name in ("alt", "credit", "copyright")}


def _limit(text: str | None) -> int:
    if text is None:
        return LIST_DEFAULT
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= LIST_MAX):
        raise BadQuery("limit", f"must be a number from 1 to {LIST_MAX}")
    return int(text)


def _private(data: Any) -> Response:
    return json_response(data, 200, PRIVATE_HEADERS)


def _id(request: Request) -> str:
    id: str = request.path_params["id"]
    return id
