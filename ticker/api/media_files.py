"""``GET /media/{id}/{file}``: the files of stored pictures, at addresses that never change."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ticker.api.headers import not_modified
from ticker.api.item_pictures import PATH
from ticker.api.miss_budget import charge_miss
from ticker.api.routing import Operation, Param
from ticker.domain.errors import Gone, MediaUnavailable, NotFound, TooMany, Unavailable
from ticker.domain.renditions import TYPES
from ticker.media.service import MediaService
from ticker.media.storage import CACHE, CHUNK, ID, NAME, StoredFile

HEADERS = {
    "cache-control": CACHE,
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}
KEPT_MAX = 32 * 1_048_576
"""Bytes of files that are kept in memory."""
KEPT_FILE_MAX = 2 * CHUNK
"""Bytes of a file that is kept; a larger one is sent as it is read."""
KEPT_FOR = 5.0
"""Seconds for which a file is served from memory, so also after its removal."""


class MediaFileRoutes:
    """Handler of the files. ``clock`` is monotonic seconds."""

    def __init__(
        self, media: MediaService | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._media = media
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[bytes, float]] = OrderedDict()
        self._size = 0

    def operations(self) -> list[Operation]:
        """Return the row of the route table."""
        return [
            Operation(
                "GET",
                f"{PATH}/{{id}}/{{file}}",
                "picture_file",
                "Get a picture in one width and format",
                self.file,
                "Pages",
                text=(
                    "`renditions` of an item's `media` says which there are. The bytes of an "
                    "address never change; a picture that was taken down is 410."
                ),
                public=True,
                params=(
                    Param("file", "path", "`WIDTH.FORMAT`, for example `640.webp`."),
                    Param("If-None-Match", "header", "The ETag of the last response."),
                ),
                response_type="image/jpeg",
                problems=(NotFound, Gone, TooMany, Unavailable, MediaUnavailable),
            )
        ]

    async def file(self, request: Request) -> Response:
        """Handle the request. Raises Gone, NotFound, TooMany, Unavailable."""
        id: str = request.path_params["id"]
        name: str = request.path_params["file"]
        if self._media is None or not ID.fullmatch(id) or not NAME.fullmatch(name):
            raise NotFound(f"no resource at {request.scope['path'][:200]}")
        etag = f'"{id}-{name}"'
        headers = HEADERS | {"etag": etag}
        kind = TYPES[name.rpartition(".")[2]]
        kept = self._from_memory(id, name)
        if kept is not None:
            self._media.served_from_memory()
        else:
            charge_miss()
            found = await self._media.open(id, name)
            if found.size > KEPT_FILE_MAX and not not_modified(request, etag):
                return FileResponse(found, headers, kind)
            try:
                kept = b"" if found.size > KEPT_FILE_MAX else await _whole(found)
            finally:
                found.close()
            if kept:
                self._keep(id, name, kept)
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        return Response(kept, headers=headers, media_type=kind)

    def _from_memory(self, id: str, name: str) -> bytes | None:
        kept = self._kept.get((id, name))
        if kept is None:
            return None
        content, until = kept
        if self._clock() >= until:
            self._forget(id, name)
            return None
        self._kept.move_to_end((id, name))
        return content

    def _keep(self, id: str, name: str, content: bytes) -> None:
        self._forget(id, name)
        self._kept[id, name] = (content, self._clock() + KEPT_FOR)
        self._size += len(content)
        while self._size > KEPT_MAX:
            self._forget(*next(iter(self._kept)))

    def _forget(self, id: str, name: str) -> None:
        content, _ = self._kept.pop((id, name), (b"", 0.0))
        self._size -= len(content)


class FileResponse(Response):
    """A large file: a chunk is read when the client has taken the one before."""

    def __init__(self, file: StoredFile, headers: dict[str, str], kind: str) -> None:
        size = {"content-length": str(file.size)}
        super().__init__(b"", headers=headers | size, media_type=kind)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers, and unless it is a HEAD request the file."""
        try:
            start = {"type": "http.response.start", "status": self.status_code}
            await send({**start, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                async for chunk in self._file.chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._file.close()


async def _whole(file: StoredFile) -> bytes:
    """Return the file. Raises MediaUnavailable if it is cut."""
    content = b"".join([chunk async for chunk in file.chunks])
    if len(content) != file.size:
        raise MediaUnavailable("the file could not be read to its end; try again")
    return content
