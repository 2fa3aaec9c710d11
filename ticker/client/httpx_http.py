"""The requests of the editors' client through httpx: proxies, and transports of the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ticker.client.errors import BadAddress, Unreachable, connection_error_text
from ticker.client.http_message import Response
from ticker.client.httpx_library import httpx


class HttpxHttp:
    """Requests to the server at ``url``; ``timeout`` in seconds."""

    def __init__(
        self, url: str, timeout: float, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        """Raises BadAddress."""
        self._url = url
        try:
            self._http = httpx.AsyncClient(base_url=url, timeout=timeout, transport=transport)
        except httpx.InvalidURL as error:
            raise BadAddress(url) from error

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        content: bytes = b"",
        headers: Mapping[str, str],
        until: bytes = b"",
    ) -> Response:
        """Send a request and return its response. Raises Unreachable, BadAddress."""
        request = self._http.stream(
            method,
            path,
            params=list(params) or None,
            content=content or None,
            headers=dict(headers),
        )
        read = bytearray()
        try:
            async with request as answer:
                async for part in answer.aiter_bytes():
                    read += part
                    if until and until in read:
                        break
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise BadAddress(self._url) from error
        except httpx.TransportError as error:
            raise Unreachable(self._url, connection_error_text(error)) from error
        return Response(
            str(answer.url),
            answer.status_code,
            answer.reason_phrase,
            dict(answer.headers),
            bytes(read),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
