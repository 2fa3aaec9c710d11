"""Exceptions of ``ticker.client``.

    ClientError
     ├── BadAddress               the URL is not valid (also a ValueError)
     ├── Unreachable              no response after the last attempt
     ├── FeedRefused              the server closed the feed for good (4400–4499)
     ├── ProtocolError            the response does not follow the protocol (a proxy's page)
     ├── CursorInUse              another process uses or moves this bridge's cursor
     └── Refused                  a problem document (RFC 9457): ``status``, ``slug``, ``errors`` …
          ├── Invalid             422  ``errors`` names each invalid field
          │    ├── KeyReused      422  the idempotency key was used before with another body
          │    └── ImplausibleTime 422  a time is past, far away or before another
          ├── Unauthorised        401
          ├── Forbidden           403
          ├── NotFound            404
          ├── Conflict            409
          │    └── Duplicate      409  ``existing`` is the id of the identical item
          ├── Retracted           410
          ├── Stale               412  ``current`` is the item's current version
          ├── TooLarge            413
          └── Unavailable         429, 502, 503, 504  ``retry_after`` seconds

``temporary`` is true if the same request may succeed later.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ticker.domain.tls_failure import readable

_ERRNO = re.compile(r"\[Errno (\d+)\]", re.ASCII)


class ClientError(Exception):
    """Base class of the exceptions of ``ticker.client``."""

    temporary: ClassVar[bool] = False


class BadAddress(ClientError, ValueError):
    """``url`` is not a valid address."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url!r} is not an http or https address")
        self.url = url


class Unreachable(ClientError):
    """There was no response from ``url``. ``__cause__`` is the underlying exception, if any."""

    temporary = True

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(f"{url} cannot be reached: {detail}")
        self.url = url
        self.detail = detail


class ProtocolError(ClientError):
    """The other side does not follow the protocol, so it is probably not a Ticker server."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class CursorInUse(ClientError):
    """Two bridges use the same cursor, so each would miss events or both would repeat them."""


class FeedRefused(ClientError):
    """The server refused the feed: a new connection would be refused as well.

    ``close_code`` is the WebSocket close code (or the HTTP status of a refused upgrade); ``code``
    and ``detail`` are those of its ``error`` message. ``subscription`` is the name of the only
    one of several subscriptions that was refused.
    """

    def __init__(
        self, close_code: int, code: str, detail: str, subscription: str | None = None
    ) -> None:
        what = "feed" if subscription is None else f"subscription {subscription!r}"
        super().__init__(f"The server refused the {what} ({close_code} {code}): {detail}")
        self.close_code = close_code
        self.code = code
        self.detail = detail
        self.subscription = subscription


@dataclass(frozen=True, slots=True)
class WrongField:
    """One invalid field and the reason; ``value`` is a time as the server understood it."""

    field: str
    message: str
    value: str | None = None


class Refused(ClientError):
    """The server refused the request. ``document`` is its problem document as received."""

    def __init__(
        self, status: int, document: Mapping[str, Any], retry_after: float | None = None
    ) -> None:
        self.status = status
        self.document = dict(document)
        self.slug = str(document.get("type", "about:blank")).rsplit("/", 1)[-1]
        self.title = str(document.get("title") or f"HTTP {status}")
        self.detail = str(document.get("detail") or "")
        self.errors = tuple(_wrong_fields(document.get("errors")))
        self.retry_after = retry_after
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        """Return title and detail; the detail alone if it begins with the words of the title."""
        if self.detail[: len(self.title)].casefold() == self.title.casefold():
            return self.title + self.detail[len(self.title) :]
        return f"{self.title}: {self.detail}" if self.detail else self.title


class Invalid(Refused):
    """Fields are invalid; ``errors`` names each."""


class KeyReused(Invalid):
    """The idempotency key was used before with another body."""


class ImplausibleTime(Invalid):
    """A time is in the past, more than a year away, or an expiry before the release.

    ``force`` accepts it.
    """


class Unauthorised(Refused):
    """The editor key is missing or not valid."""


class Forbidden(Refused):
    """The key does not permit this."""


class NotFound(Refused):
    """There is no item with this id."""


class Conflict(Refused):
    """The item's state does not allow this change."""


class Duplicate(Conflict):
    """An identical item is live or scheduled."""

    @property
    def existing(self) -> str:
        """The id of the identical item; empty if the server did not send it."""
        return str(self.document.get("existing") or "")


class Retracted(Refused):
    """The item was retracted; its text is no longer available."""


class Stale(Refused):
    """Another editor changed the item first."""

    @property
    def current(self) -> int | None:
        """The item's current version."""
        value = self.document.get("current")
        return value if isinstance(value, int) else None


class TooLarge(Refused):
    """The request body exceeds the server's limit."""


class Unavailable(Refused):
    """A part of the newsroom is unavailable, also after several attempts. Try again later."""

    temporary = True


_BY_SLUG: dict[str, type[Refused]] = {
    "idempotency-mismatch": KeyReused,
    "duplicate": Duplicate,
    "implausible-time": ImplausibleTime,
}
_BY_STATUS: dict[int, type[Refused]] = {
    400: Refused,
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Retracted,
    412: Stale,
    413: TooLarge,
    422: Invalid,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def refusal(status: int, document: Mapping[str, Any], retry_after: float | None = None) -> Refused:
    """Return the exception for an answer with ``status`` and this problem document."""
    slug = str(document.get("type", "")).rsplit("/", 1)[-1]
    kind = _BY_SLUG.get(slug) or _BY_STATUS.get(status, Refused)
    return kind(status, document, retry_after)


def _wrong_fields(value: object) -> list[WrongField]:
    if not isinstance(value, list):
        return []
    return [
        WrongField(
            str(entry.get("field", "")),
            str(entry.get("message", "")),
            None if entry.get("value") is None else str(entry["value"]),
        )
        for entry in value
        if isinstance(entry, dict)
    ]


def connection_error_text(error: BaseException) -> str:
    """Return a readable reason for a failed connection, for ``Unreachable``."""
    if isinstance(error, ExceptionGroup):
        return connection_error_text(error.exceptions[0])
    chain, last = [error], error
    while (cause := last.__cause__ or last.__context__) is not None and cause not in chain:
        chain.append(last := cause)
    for one in reversed(chain):  # the system's own error is the deepest cause
        if isinstance(one, ConnectionRefusedError):
            return "connection refused"  # asyncio's text for it is a tuple
        if isinstance(one, OSError) and one.strerror:
            return readable(one.strerror)
        # asyncio's error for a name with several addresses has the others only in its text.
        if isinstance(one, OSError) and (numbers := _ERRNO.findall(str(one))):
            refused = str(errno.ECONNREFUSED) in numbers
            return "connection refused" if refused else os.strerror(int(numbers[0]))
    return str(error) or type(error).__name__
