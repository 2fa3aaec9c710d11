"""A request whose headers are looked up by name at once.

Starlette's go through the list of all headers for each look-up. An item on its way to the screens
waits for a dozen of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request, empty_receive, empty_send
from starlette.types import Receive, Scope, Send


class RequestHeaders(Headers):
    """The headers of one request. Of several with one name, ``get`` returns the first."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        """``raw`` are header lines with names in lower case."""
        super().__init__(raw=raw)
        self._first = dict(reversed(raw))

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of the header ``key``, in whatever case."""
        value = self._first.get(_raw(key))
        return default if value is None else value.decode("latin-1")

    def getlist(self, key: str) -> list[str]:
        """Return the values of all headers ``key``."""
        return super().getlist(key) if _raw(key) in self._first else []


@lru_cache(maxsize=256)
def _raw(name: str) -> bytes:
    """Return a header's name as it is sent. Names are those that the code asks for."""
    return name.lower().encode("latin-1")


class ApiRequest(Request):
    """Starlette's request with ``RequestHeaders``."""

    headers: Headers = RequestHeaders([])
    """The headers; an attribute, where Starlette has a property that is called each time."""

    def __init__(
        self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send
    ) -> None:
        super().__init__(scope, receive, send)
        self.headers = RequestHeaders(scope["headers"])
