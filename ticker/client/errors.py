"""What a caller of ``ticker.client`` must be ready for.

    ClientError
     ├── BadAddress               a URL that is none; a ValueError too
     ├── Unreachable              no answer, after a bounded number of attempts
     ├── Stopped                  the gateway closed the feed and said: do not come back (44xx)
     ├── Misunderstood            an answer that is not this protocol's (a proxy's page, say)
     ├── InUse                    somebody else moves this bridge's cursor
     └── Refused                  a problem document (RFC 9457): ``status``, ``slug``, ``errors`` …
          ├── Invalid             422  ``errors`` names each wrong field
          │    └── KeyReused      422  the idempotency key was used before with another body
          ├── Unauthorised        401
          ├── Forbidden           403
          ├── NotFound            404
          ├── Conflict            409
          │    └── Duplicate      409  ``existing`` is the item that says the same
          ├── Retracted           410
          ├── Stale               412  ``current`` is the version now
          ├── TooLarge            413
          └── Unavailable         503, 429, 502, 504  ``retry_after`` seconds

``temporary`` says whether the same request may succeed later without being changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


class ClientError(Exception):
    """Base of everything that ``ticker.client`` raises on its own account."""

    temporary: ClassVar[bool] = False


class BadAddress(ClientError, ValueError):
    """``url`` is not the address of a server."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url!r} is not an http or https address")
        self.url = url


class Unreachable(ClientError):
    """Nothing answered at ``url``. The cause, if there was one, is in ``__cause__``."""

    temporary = True

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(f"{url} cannot be reached: {detail}")
        self.url = url
        self.detail = detail


class Misunderstood(ClientError):
    """Something answered that does not speak this protocol."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InUse(ClientError):
    """Two bridges use one cursor: each would handle a part of the events, or both all of them."""


class Stopped(ClientError):
    """The gateway ended the feed for good.

    ``close_code`` is the WebSocket close code (or the HTTP status of a refused upgrade), ``code``
    and ``detail`` what its ``error`` message said.
    """

    def __init__(self, close_code: int, code: str, detail: str) -> None:
        super().__init__(f"the feed was refused ({close_code} {code}): {detail}")
        self.close_code = close_code
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class WrongField:
    """One field that the server refused, and why."""

    field: str
    message: str


class Refused(ClientError):
    """The server said no. ``document`` is its problem document as it came."""

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
        super().__init__(f"{self.title}: {self.detail}" if self.detail else self.title)


class Invalid(Refused):
    """Wrong fields; ``errors`` names each."""


class KeyReused(Invalid):
    """The idempotency key belongs to an earlier request with another body."""


class Unauthorised(Refused):
    """No key, or one that nobody knows."""


class Forbidden(Refused):
    """A key that may not do this."""


class NotFound(Refused):
    """Nothing has this id."""


class Conflict(Refused):
    """The item's state forbids it."""


class Duplicate(Conflict):
    """The same line is already out."""

    @property
    def existing(self) -> str:
        """The id of the item that says the same; empty if the server did not tell."""
        return str(self.document.get("existing") or "")


class Retracted(Refused):
    """The item was taken back; its text is not to be had."""


class Stale(Refused):
    """Somebody else changed the item first."""

    @property
    def current(self) -> int | None:
        """The version that the item has now."""
        value = self.document.get("current")
        return value if isinstance(value, int) else None


class TooLarge(Refused):
    """The body is over the server's limit."""


class Unavailable(Refused):
    """A part of the newsroom is away. It was asked several times; come back later."""

    temporary = True


_BY_SLUG: dict[str, type[Refused]] = {
    "idempotency-mismatch": KeyReused,
    "duplicate": Duplicate,
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
        WrongField(str(entry.get("field", "")), str(entry.get("message", "")))
        for entry in value
        if isinstance(entry, dict)
    ]


def in_words(error: BaseException) -> str:
    """Return why there is no connection, as a person would say it, for ``Unreachable``."""
    if isinstance(error, ExceptionGroup):
        return in_words(error.exceptions[0])
    links, link = [error], error
    while (cause := link.__cause__ or link.__context__) is not None and cause not in links:
        links.append(link := cause)
    for link in reversed(links):  # the system's own word lies deepest
        if isinstance(link, ConnectionRefusedError):
            return "connection refused"  # asyncio's text for it is a tuple
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
    return str(error) or type(error).__name__
