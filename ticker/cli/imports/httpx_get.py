"""Requests for feeds through httpx: behind a proxy, or with a name and password in the address."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ticker.cli.imports.web_get import Limits, Reply
from ticker.client.errors import connection_error_text
from ticker.imports.drafts import Unreadable

# httpcore does without h2, a tenth of the time of this command, as it does where it is missing.
for part in ("_async", "_sync"):
    sys.modules.setdefault(f"httpcore.{part}.http2", None)  # type: ignore[arg-type]

from ticker.client.httpx_library import httpx  # noqa: E402

PLAIN_PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
"""Variables with a proxy for plain addresses, to which the connection may be one with TLS."""


@asynccontextmanager
async def httpx_get(
    url: str, headers: Mapping[str, str], limits: Limits, address: str | None = None
) -> AsyncIterator[Reply]:
    """Send a GET and yield its answer, as ``web_get.Get`` says."""
    try:
        place = httpx.URL(url)
        target, extra = (url, {}) if address is None else _pinned(place, address)
        async with (
            httpx.AsyncClient(
                timeout=limits.pause, headers=dict(headers), verify=_trusted(place)
            ) as http,
            http.stream("GET", target, **extra) as response,
        ):
            yield Reply(
                response.status_code,
                response.reason_phrase,
                dict(response.headers),
                response.headers.get_list("set-cookie"),
                _server(response),
                response.aiter_raw(),
            )
    except httpx.TimeoutException:
        raise Unreadable(f"the server sends nothing for {limits.pause:g} s") from None
    except httpx.RemoteProtocolError as error:
        lost = "closed" in str(error) or "disconnected" in str(error)
        said = "the connection is closed before the end of the answer"
        raise Unreadable(said if lost else "the answer is not valid HTTP") from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise Unreadable(connection_error_text(error)) from error


def _trusted(url: httpx.URL) -> ssl.SSLContext:
    """Return the certificate authorities for a request.

    They are read only for TLS, as that takes a third of the time of a download: for a plain address
    none is trusted.
    """
    proxies = (os.environ.get(name, "") for name in PLAIN_PROXIES)
    if url.scheme == "https" or any(one.startswith("https:") for one in proxies):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _server(response: httpx.Response) -> str | None:
    """Return the address that answered; None if it is not known."""
    stream = response.extensions.get("network_stream")
    address = None if stream is None else stream.get_extra_info("server_addr")
    return str(address[0]) if isinstance(address, tuple) else None


def _pinned(url: httpx.URL, address: str) -> tuple[str, dict[str, Any]]:
    """Return ``url`` with ``address`` in place of the name, and the arguments that keep the name.

    The connection goes to that address; ``Host`` and TLS have the name.
    """
    arguments: dict[str, Any] = {"headers": {"Host": url.netloc.decode("ascii")}}
    if url.scheme == "https":
        arguments["extensions"] = {"sni_hostname": url.raw_host.decode("ascii").strip("[]")}
    return str(url.copy_with(host=address)), arguments
