"""Download an import from an address: bounded in time, size and redirects.

The address is the user's own choice and may be in a private network. What its server answers is
not: a public server cannot redirect the download into a private network. The address of each
redirect is resolved and judged here, and the connection is made to the judged address.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from ticker import __version__
from ticker.cli.imports.web_get import Get, Limits, Reply
from ticker.client.plain_http import needs_httpx
from ticker.domain import web_address
from ticker.domain.retry_after import seconds
from ticker.imports.drafts import Unreadable
from ticker.imports.payload import GZIP, Download, Gunzip, too_large
from ticker.net.ssrf_guard import permitted

if TYPE_CHECKING:
    from ticker.cli.imports.cookies import Cookies

REDIRECTS_MAX = 5
AFTER_MAX = 3_600.0
"""Seconds of a Retry-After that are believed."""
CODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})
"""Compressions of bodies (RFC 9110 §8.4.1 and their registry)."""
NO_CONDITIONS: Mapping[str, str] = {}
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.I)
_ADDRESS = "%/:=&?~#+!$,;'@()*[]"
"""Characters that a redirect's address keeps; others are escaped."""


class BadAnswer(Unreadable):
    """The server answered with an error. ``after`` is its Retry-After in seconds, or None."""

    def __init__(self, reply: Reply) -> None:
        self.status = reply.status
        self.after = seconds(reply.headers.get("retry-after"), time.time(), longest=AFTER_MAX)
        super().__init__(f"the server answers HTTP {self.status} {reply.reason}".rstrip())


def download(url: str, limits: Limits) -> Download:
    """Return what ``fetch`` does, outside of an event loop. Raises Unreadable."""
    return asyncio.run(fetch(url, limits))


async def fetch(
    url: str, limits: Limits, conditions: Mapping[str, str] = NO_CONDITIONS
) -> Download:
    """Return the body at ``url``; ``conditions`` are headers of a conditional request.

    Raises Unreadable with a message for the user.
    """
    if needs_httpx(url):
        from ticker.cli.imports.httpx_get import httpx_get as get
    else:
        from ticker.cli.imports.plain_get import plain_get as get
    try:
        async with asyncio.timeout(limits.total):
            return await _download(get, url, limits, conditions)
    except TimeoutError:
        raise Unreadable(f"the download takes longer than {limits.total:g} s") from None


async def _download(get: Get, url: str, limits: Limits, conditions: Mapping[str, str]) -> Download:
    headers = {"User-Agent": f"ticker/{__version__}", "Accept-Encoding": "gzip", **conditions}
    guarded = False
    seen: set[tuple[str, str]] = set()
    cookies: Cookies | None = None
    for _ in range(REDIRECTS_MAX + 1):
        kept = cookies.header(url) if cookies is not None else ""
        # A server may set a cookie and lead back: then it is not the same request.
        step = (_without_fragment(url), kept)
        if step in seen:
            raise Unreadable(f"it redirects in a circle, back to {url[:200]}")
        seen.add(step)
        address = await _public_address(url) if guarded else None
        sent = headers | ({"Cookie": kept} if kept else {})
        async with get(url, sent, limits, address) as reply:
            guarded = guarded or (reply.server is not None and permitted(reply.server))
            if reply.status in _REDIRECTS and "location" in reply.headers:
                if reply.cookies:
                    from ticker.cli.imports.cookies import Cookies

                    cookies = cookies or Cookies()
                    cookies.keep(url, reply.cookies)
                url = _redirect(url, reply.headers["location"])
                continue
            etag, modified = (reply.headers.get(name) for name in ("etag", "last-modified"))
            if reply.status == 304 and conditions:
                return Download(b"", url, None, etag, modified, unchanged=True)
            if not 200 <= reply.status < 300:
                raise BadAnswer(reply)
            data = await _body(reply, limits.size)
            found = _CHARSET.search(reply.headers.get("content-type", ""))
            return Download(data, url, found and found[1], etag, modified)
    raise Unreadable(f"more than {REDIRECTS_MAX} redirects, the last to {url[:200]}")


def _without_fragment(url: str) -> str:
    """Return the address that is asked for."""
    try:
        place = urlsplit(url)
    except ValueError:
        raise Unreadable("it is not an http or https address") from None
    return place._replace(path=place.path or "/", fragment="").geturl()


def _redirect(url: str, location: str) -> str:
    """Return the address that an answer redirects to."""
    with suppress(UnicodeError):  # a header has bytes, those of an address mostly UTF-8
        location = location.encode("latin-1").decode()
    try:
        target = quote(urljoin(url, location).partition("#")[0], safe=_ADDRESS)
        web_address.parse(target)
    except ValueError:
        raise Unreadable(f"redirected to {location[:200]!r}, which is not a web address") from None
    return target


async def _public_address(url: str) -> str:
    """Return a public address of the host of ``url``."""
    place = urlsplit(url)
    name, port = place.hostname or "", place.port or (443 if place.scheme == "https" else 80)
    found: list[str] = []
    with suppress(OSError, UnicodeError):
        places = await asyncio.get_running_loop().getaddrinfo(name, port, type=1)
        found = [str(one[4][0]) for one in places]
    public = [address for address in found if permitted(address)]
    if not public:
        raise Unreadable(f"redirected to {name[:100]}, which has no public address")
    return public[0]


async def _body(reply: Reply, most: int) -> bytes:
    """Return the decompressed body. Decompression stops at the limit, whatever was received."""
    sent = reply.headers.get("content-encoding", "").lower().split(",")
    # Browsers ignore what is no coding: servers write none, or the charset.
    codings = [one.strip() for one in sent if one.strip() in CODINGS]
    if len(codings) > 1 or not {*codings} <= {"gzip", "x-gzip"}:
        raise Unreadable(f"compressed with {', '.join(codings)!r}, which was not asked for")
    body = Gunzip(most) if codings else None
    data = bytearray()
    begun = False
    async for piece in reply.pieces:
        if not begun and not GZIP.startswith(piece[: len(GZIP)]):
            body = None  # it says gzip, and is not
        begun = begun or bool(piece)
        data += piece if body is None else body.add(piece)
        if len(data) > most:
            raise too_large(most)
    if body is not None:
        body.end()
    return bytes(data)
