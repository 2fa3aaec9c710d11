"""The site's static files, served from ``ticker/web``.

A path is served only if each of its parts is a plain name and its type is listed here: no ``..``,
no dotfile, nothing outside the directory, and no symbolic link out of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.headers import not_modified
from ticker.api.page_security import SECURE
from ticker.api.problem_documents import MethodNotAllowed
from ticker.domain.errors import NotFound

WEB = Path(__file__).resolve().parent.parent / "web"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}

PAGE_CACHE = "no-cache"
FILE_CACHE = "public, no-cache"
"""Browsers revalidate every file, so that modules of two releases never mix."""

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, int]
    body: bytes
    etag: str


class StaticFiles:
    """Files of one directory, cached in memory until they change on disk."""

    def __init__(self, root: Path = WEB) -> None:
        self._root = root.resolve()
        self._files: dict[Path, _File] = {}

    async def serve(self, request: Request) -> Response:
        """Handle a path without a route. Raises NotFound, or MethodNotAllowed for a file."""
        path = self._path(request.scope["path"].removeprefix("/"))
        file = None if path is None else self._read(path)
        if path is None or file is None:
            raise NotFound(f"no resource at {request.scope['path']}; see /docs for the API")
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(request.method, "GET, HEAD, OPTIONS")
        page = path.suffix == ".html"
        headers = {"etag": file.etag, "cache-control": PAGE_CACHE if page else FILE_CACHE}
        if not_modified(request, file.etag):
            return Response(status_code=304, headers=headers)
        headers["content-type"] = TYPES[path.suffix]
        if page or path.suffix == ".svg":  # both can run scripts when opened directly
            headers |= SECURE
        return Response(file.body, headers=headers)

    def _path(self, name: str) -> Path | None:
        parts = name.split("/")
        if len(parts) > 4 or not all(_PART.fullmatch(part) for part in parts):
            return None
        path = self._root.joinpath(*parts)
        return path if path.suffix in TYPES else None

    def _read(self, path: Path) -> _File | None:
        """Return the file as it is on disk now. A local ``stat`` is cheaper than a thread."""
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            cached = self._files.get(path)
            if cached is not None and cached.stamp == stamp:
                return cached
            if not path.resolve().is_relative_to(self._root) or not path.is_file():
                return None
            body = path.read_bytes()
        except OSError:
            self._files.pop(path, None)
            return None
        file = _File(stamp, body, f'"{blake2b(body, digest_size=9).hexdigest()}"')
        self._files[path] = file
        return file
