"""Errors that the newsroom reports to clients.

    TickerError
     ├── Invalid                  422  some fields are not valid; ``errors`` names each
     ├── BadRequest               400  the request is malformed
     │    ├── BadCursor           400  not a cursor of this protocol
     │    └── BadFilter           400  unknown facet or value in a filter
     ├── Unauthorised             401  no key, or an unknown one
     │    ├── TokenRequired       401  the edition is for readers with a token
     │    └── InvalidToken        401  the reader token is refused; ``reason`` says why
     ├── Forbidden                403  the key does not permit this
     │    └── EditionNotInToken   403  the reader token is valid for other editions
     ├── NotFound                 404
     ├── Conflict                 409  the current state does not allow this
     │    └── Duplicate           409  an identical item is out or due; ``existing`` is its id
     ├── Gone                     410  retracted
     ├── Stale                    412  the item has changed; ``current`` is its version
     ├── TooLarge                 413
     ├── ImplausibleTime          422  a time is past, far away or before another; ``force``
     ├── IdempotencyMismatch      422  the key was used before with another body
     ├── Timeout                  408  the request did not arrive in time
     ├── TooMany                  429  a client's budget is spent; try again after ``retry_after``
     ├── HeadTooLarge             431  the request's line and headers are over the limit
     ├── UnreadableItem           502  the item's stored record is damaged, or of a newer version
     ├── StorageFull              507  there is no room for more pictures
     └── Unavailable              503  try again after ``retry_after`` seconds; ``store_errors`` too
          └── MediaUnavailable    503  the pictures' files cannot be stored or read

Each class has the HTTP status and the stable ``type`` slug of its RFC 9457 problem document.
``temporary`` says whether the same request may succeed later without a change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ticker.domain.messages import coded, said

PROBLEMS = "/problems/"
"""Prefix of a slug in the ``type`` of a problem document (RFC 9457 §3.1.1)."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field: its JSON name and a message."""

    field: str
    message: str

    def document(self) -> dict[str, Any]:
        """Return the error as a problem document has it, with the code of its message."""
        return {"field": self.field, "message": self.message, **coded(self.message)}


@dataclass(frozen=True, slots=True)
class WrongTime:
    """A field with an implausible time: the value as it was understood, in UTC, and a message."""

    field: str
    value: str
    message: str


class TickerError(Exception):
    """Base of all errors. ``detail`` is a message for the client."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal server error"
    temporary: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def extra(self) -> dict[str, Any]:
        """Return the problem document's extension members; empty for most errors."""
        return {}


class Invalid(TickerError):
    """Some fields of the request body are not valid; ``errors`` lists each of them."""

    status, slug, title = 422, "invalid", "Some fields are not valid"

    def __init__(self, errors: list[FieldError]) -> None:
        self.errors = errors
        super().__init__(
            "; ".join(f"{e.field}: {e.message}" if e.field else e.message for e in errors)
        )

    def extra(self) -> dict[str, Any]:
        """Return ``errors``, as RFC 9457 suggests for several problems of one type."""
        return {"errors": [one.document() for one in self.errors]}


class BadRequest(TickerError):
    """The request is malformed."""

    status, slug, title = 400, "bad-request", "Malformed request"
    sub: int | None = None
    """The id of the subscription that is wrong, of several on one connection (PROTOCOL.md §6)."""

    def extra(self) -> dict[str, Any]:
        """Return ``sub``."""
        return {} if self.sub is None else {"sub": self.sub}


class BadCursor(BadRequest):
    """The cursor was not issued by this protocol. Connect without one."""

    slug, title = "bad-cursor", "Invalid cursor"


class BadFilter(BadRequest):
    """The filter has an unknown facet or value; ``detail`` lists the known ones."""

    slug, title = "bad-filter", "Invalid filter"


class Unauthorised(TickerError):
    """The request has no key, or an unknown one."""

    status, slug, title = 401, "unauthorised", "A valid key is required"


class TokenRequired(Unauthorised):
    """This edition is for readers with a token, and the request has none."""

    slug, title = "token-required", "A reader token is required"


class InvalidToken(Unauthorised):
    """The reader token is refused; ``reason`` says why.

    Get a new one from the newsroom's site, and send it.
    """

    slug, title = "invalid-token", "The reader token is not valid"

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)

    def extra(self) -> dict[str, Any]:
        """Return the reason, such as ``expired``."""
        return {"reason": self.reason}


class CodeRequired(Unauthorised):
    """Signing in needs the one-time code of an authenticator app."""

    slug, title = "code-required", "A one-time code is required"


class Forbidden(TickerError):
    """The key does not permit this."""

    status, slug, title = 403, "forbidden", "Not allowed"


class EditionNotInToken(Forbidden):
    """The reader token is valid, but for other editions than the request asks for."""

    slug, title = "edition-not-in-token", "The reader token does not permit this edition"


class NotFound(TickerError):
    """Nothing exists under this address or id."""

    status, slug, title = 404, "not-found", "Not found"


class Conflict(TickerError):
    """The state of something does not allow this, for example a correction of a retracted item."""

    status, slug, title = 409, "conflict", "The current state does not allow this"


class Duplicate(Conflict):
    """An identical item is live or scheduled: ``existing``. ``force`` publishes this one anyway."""

    slug, title = "duplicate", "An identical item is live or scheduled already"

    def __init__(self, existing: str) -> None:
        self.existing = existing
        super().__init__(said("duplicate", existing=existing))

    def extra(self) -> dict[str, Any]:
        """Return the id of that item."""
        return {"existing": self.existing}


@dataclass(frozen=True, slots=True)
class Successor:
    """The item that publishes a retracted one again."""

    id: str
    edition: str
    expired: bool = False
    """Whether only the archive still has it."""


class Gone(TickerError):
    """The item was retracted, or the picture taken down: what it was is no longer available.

    ``replaced_by`` is the id of the item that publishes it again, if it was withdrawn by mistake.
    """

    status, slug, title = 410, "gone", "Retracted or removed"

    def __init__(self, detail: str, successor: Successor | None = None) -> None:
        """``successor``: where a report goes on that was withdrawn by mistake."""
        self.successor = successor
        super().__init__(detail)

    def extra(self) -> dict[str, Any]:
        """Return the id of the item that replaces it, if there is one that the client may see."""
        found = self.successor
        return {} if found is None or found.expired else {"replaced_by": found.id}


class Stale(TickerError):
    """It changed after you read it; read version ``current`` and try again."""

    status, slug, title = 412, "stale", "It has changed since you read it"

    def __init__(self, current: int, what: str = "item") -> None:
        self.current = current
        super().__init__(said("stale", what=what, current=current))

    def extra(self) -> dict[str, Any]:
        """Return the current version."""
        return {"current": self.current}


class TooLarge(TickerError):
    """The request body is over the limit."""

    status, slug, title = 413, "too-large", "The request body is too large"


class IdempotencyMismatch(TickerError):
    """The key was used before with another body (draft-ietf-httpapi-idempotency-key §2.7)."""

    status, slug, title = (
        422,
        "idempotency-mismatch",
        "The idempotency key was used with another body",
    )


class ImplausibleTime(TickerError):
    """A time is in the past, more than a year away, or an expiry before the release.

    Each of ``errors`` has the field, its ``value`` as it was understood (in UTC) and a message;
    ``now`` is the server's time. ``force`` accepts the time: a release in the past then happens at
    once.
    """

    status, slug, title = 422, "implausible-time", "A time is probably wrong"

    def __init__(self, wrong: list[WrongTime], now: str) -> None:
        self.wrong = wrong
        self.now = now
        said = "; ".join(f"{one.field}: {one.value} {one.message}" for one in wrong)
        super().__init__(f'{said}. To accept it, send "force": true')

    def extra(self) -> dict[str, Any]:
        """Return the fields with their values, and the server's time."""
        errors = [
            FieldError(one.field, one.message).document() | {"value": one.value}
            for one in self.wrong
        ]
        return {"errors": errors, "now": self.now}


class Timeout(TickerError):
    """The request did not arrive within ``handshake_timeout``."""

    status, slug, title = 408, "timeout", "The request did not arrive in time"
    temporary = True


class TooMany(TickerError):
    """Your address sent too many requests; try again after ``retry_after`` seconds."""

    status, slug, title = 429, "too-many-requests", "Too many requests"
    temporary = True

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class HeadTooLarge(TickerError):
    """The request's line and headers are too large, or too many."""

    status, slug, title = 431, "head-too-large", "The request's headers are too large"


class UnreadableItem(TickerError):
    """The stored item, or an answer kept about it, is damaged or of a newer version.

    A damaged item can still be retracted.
    """

    status, slug, title = 502, "unreadable-item", "The stored item cannot be read"

    def __init__(self, id: str, detail: str = "") -> None:
        super().__init__(detail or said("unreadable-item", id=id))


class Unavailable(TickerError):
    """A part of the system is unavailable; try again after ``retry_after`` seconds."""

    status, slug, title = 503, "unavailable", "Temporarily unavailable"
    temporary = True

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class MediaUnavailable(Unavailable):
    """The place where pictures are stored cannot be reached, or refuses."""

    slug, title = "media-unavailable", "The store of pictures is not available"

    def __init__(self, detail: str = said("media-unavailable")) -> None:
        super().__init__(detail, 5)


class StorageFull(TickerError):
    """There is no room for the picture: remove pictures, or raise `media_bytes_max`."""

    status, slug, title = 507, "storage-full", "No room for more pictures"
