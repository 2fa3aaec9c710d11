"""Download an import from an address: bounded in time, size and redirects.

The address is the user's own choice and may be in a private network. What its server answers is
not: a public server cannot redirect the download into a private network. The address of each
redirect is resolved and judged here, and the connection is made to the judged address.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ticker import __version__
from ticker.client.errors import connection_error_text
from ticker.domain import web_address
from ticker.domain.retry_after import seconds
from ticker.imports.drafts import Unreadable
from ticker.imports.payload import Download, Gunzip, too_large
from ticker.net.ssrf_guard import permitted

# httpcore does without h2, a tenth of the time of this command, as it does where it is missing.
for part in ("_async", "_sync"):
    sys.modules.setdefault(f"httpcore.{part}.http2", None)  # type: ignore[arg-type]

from ticker.client.httpx_library import httpx  # noqa: E402

REDIRECTS_MAX = 5
AFTER_MAX = 3_600.0
"""Seconds of a Retry-After that are believed."""
PLAIN_PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
"""Variables with a proxy for plain addresses, to which the connection may be one with TLS."""
NO_CONDITIONS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one download."""

    size: int
    """Bytes, decompressed."""
    total: float = 120.0
    """Seconds for everything."""
    pause: float = 30.0
    """Seconds for a connection, and without any byte."""


class BadAnswer(Unreadable):
    """The server answered with an error. ``after`` is its Retry-After in seconds, or None."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.after = seconds(response.headers.get("retry-after"), time.time(), longest=AFTER_MAX)
        reason = response.reason_phrase
        super().__init__(f"the server answers HTTP {self.status} {reason}".rstrip())


def download(url: str, limits: Limits) -> Download:
    """Return what ``fetch`` does, outside of an event loop. Raises Unreadable."""
    return asyncio.run(fetch(url, limits))


async def fetch(
    url: str, limits: Limits, conditions: Mapping[str, str] = NO_CONDITIONS
) -> Download:
    """Return the body at ``url``; ``conditions`` are headers of a conditional request.

    Raises Unreadable with a message for the user.
    """
    try:
        async with asyncio.timeout(limits.total):
            return await _download(url, limits, conditions)
    except TimeoutError:
        raise Unreadable(f"the download takes longer than {limits.total:g} s") from None
    except httpx.TimeoutException:
        raise Unreadable(f"the server sends nothing for {limits.pause:g} s") from None
    except httpx.RemoteProtocolError as error:
        lost = "closed" in str(error) or "disconnected" in str(error)
        said = "the connection is closed before the end of the answer"
        raise Unreadable(said if lost else "the answer is not valid HTTP") from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise Unreadable(connection_error_text(error)) from error


async def _download(url: str, limits: Limits, conditions: Mapping[str, str]) -> Download:
    headers = {"User-Agent": f"ticker/{__version__}", "Accept-Encoding": "gzip", **conditions}
    guarded = False
    seen: set[tuple[object, ...]] = set()
    cookies = httpx.Cookies()
    for _ in range(REDIRECTS_MAX + 1):
        place = httpx.URL(url)
        # A server may set a cookie and lead back: then it is not the same request.
        step = (place.netloc, place.raw_path, tuple(cookies.items()))
        if step in seen:
            raise Unreadable(f"it redirects in a circle, back to {url[:200]}")
        seen.add(step)
        target, extra = await _pinned(url) if guarded else (url, {})
        async with (
            httpx.AsyncClient(
                timeout=limits.pause, headers=headers, cookies=cookies, verify=_trusted(place)
            ) as http,
            http.stream("GET", target, **extra) as response,
        ):
            cookies = http.cookies
            guarded = guarded or _is_public(response)
            if response.has_redirect_location:
                url = _redirect(httpx.URL(url), response)
                continue
            etag, modified = (response.headers.get(name) for name in ("etag", "last-modified"))
            if response.status_code == 304 and conditions:
                return Download(b"", url, None, etag, modified, unchanged=True)
            if not response.is_success:
                raise BadAnswer(response)
            data = await _body(response, limits.size)
            return Download(data, url, response.charset_encoding, etag, modified)
    raise Unreadable(f"more than {REDIRECTS_MAX} redirects, the last to {url[:200]}")


def _trusted(url: httpx.URL) -> ssl.SSLContext:
    """Return the certificate authorities for a request.

    They are read only for TLS, as that takes a third of the time of a download: for a plain address
    none is trusted.
    """
    proxies = (os.environ.get(name, "") for name in PLAIN_PROXIES)
    if url.scheme == "https" or any(one.startswith("https:") for one in proxies):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


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
    body = Gunzip(most) if "gzip" in coding else None
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk if body is None else body.add(chunk)
        if len(data) > most:
            raise too_large(most)
    if body is not None:
        body.end()
    return bytes(data)
