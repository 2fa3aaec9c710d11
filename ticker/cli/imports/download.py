"""Download an import from an address: bounded in time, size and redirects.

The address is the user's own choice and may be in a private network. What its server answers is
not: a public server cannot redirect the download into a private network. The address of each
redirect is resolved and judged here, and the connection is made to the judged address.
"""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from ticker import __version__
from ticker.cli.imports.drafts import Unreadable
from ticker.domain import web_address
from ticker.net.ssrf_guard import permitted

REDIRECTS_MAX = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one download."""

    size: int
    """Bytes, decompressed."""
    total: float = 120.0
    """Seconds for everything."""
    pause: float = 30.0
    """Seconds for a connection, and without any byte."""


def download(url: str, limits: Limits) -> bytes:
    """Return what ``fetch`` does, outside of an event loop. Raises Unreadable."""
    return asyncio.run(fetch(url, limits))


async def fetch(url: str, limits: Limits) -> bytes:
    """Return the body at ``url``. Raises Unreadable with a message for the user."""
    try:
        async with asyncio.timeout(limits.total):
            return await _download(url, limits)
    except TimeoutError:
        raise Unreadable(f"the download takes longer than {limits.total:g} s") from None
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise Unreadable(str(error) or type(error).__name__) from error


async def _download(url: str, limits: Limits) -> bytes:
    headers = {"User-Agent": f"ticker/{__version__}", "Accept-Encoding": "gzip"}
    guarded = False
    async with httpx.AsyncClient(timeout=limits.pause, headers=headers) as http:
        for _ in range(REDIRECTS_MAX + 1):
            target, extra = await _pinned(url) if guarded else (url, {})
            async with http.stream("GET", target, **extra) as response:
                guarded = guarded or _is_public(response)
                if response.has_redirect_location:
                    url = _redirect(httpx.URL(url), response)
                    continue
                if not response.is_success:
                    raise Unreadable(f"HTTP {response.status_code} {response.reason_phrase}")
                return await _body(response, limits.size)
    raise Unreadable(f"more than {REDIRECTS_MAX} redirects")


def _redirect(url: httpx.URL, response: httpx.Response) -> str:
    """Return the address that a response redirects to."""
    location = response.headers["location"]
    try:
        target = str(url.join(location))
        web_address.parse(target)
    except (httpx.InvalidURL, ValueError):
        raise Unreadable(f"redirected to {location[:200]!r}, which is not a web address") from None
    return target


def _is_public(response: httpx.Response) -> bool:
    """Tell whether the server that answered has a public address."""
    stream = response.extensions.get("network_stream")
    address = None if stream is None else stream.get_extra_info("server_addr")
    return isinstance(address, tuple) and permitted(str(address[0]))


async def _pinned(url: str) -> tuple[str, dict[str, Any]]:
    """Return ``url`` with a public address of its host in place of the name, and arguments for it.

    The connection goes to that address; ``Host`` and TLS have the name.
    """
    whole = httpx.URL(url)
    name, port = whole.host, whole.port or (443 if whole.scheme == "https" else 80)
    found: list[str] = []
    with suppress(OSError, UnicodeError):
        places = await asyncio.get_running_loop().getaddrinfo(
            whole.raw_host.decode("ascii").strip("[]"), port, type=1
        )
        found = [str(place[4][0]) for place in places]
    public = [address for address in found if permitted(address)]
    if not public:
        raise Unreadable(f"redirected to {name[:100]}, which has no public address")
    arguments: dict[str, Any] = {"headers": {"Host": whole.netloc.decode("ascii")}}
    if whole.scheme == "https":
        arguments["extensions"] = {"sni_hostname": whole.raw_host.decode("ascii").strip("[]")}
    return str(whole.copy_with(host=public[0])), arguments


async def _body(response: httpx.Response, most: int) -> bytes:
    """Return the decompressed body. Decompression stops at the limit, whatever was received."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise Unreadable(f"compressed with {coding[:40]!r}, which was not asked for")
    unzip = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    data = bytearray()
    async for chunk in response.aiter_raw():
        try:
            data += chunk if unzip is None else unzip.decompress(chunk, most + 1 - len(data))
        except zlib.error:
            raise Unreadable("its gzip compression is broken") from None
        if len(data) > most or (unzip is not None and unzip.unconsumed_tail):
            raise Unreadable(f"larger than {most // 2**20} MB")
    if unzip is not None and not unzip.eof:
        raise Unreadable("its gzip compression is broken")
    return bytes(data)
