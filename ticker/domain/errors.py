"""Everything that Ticker refuses, and how it says so.

    TickerError
     ├── Invalid                  422  a field is wrong; ``errors`` names each
     ├── BadRequest               400  the request cannot be read
     │    ├── BadCursor           400  not a cursor this protocol ever issued
     │    └── BadFilter           400  unknown facet or value in a subscription
     ├── Unauthorised             401  no key, or a key nobody knows
     ├── Forbidden                403  a key that may not do this
     ├── NotFound                 404
     ├── Conflict                 409  the state of the item forbids it
     │    └── Duplicate           409  the same line is already out; ``existing`` is its id
     ├── Gone                     410  retracted
     ├── Stale                    412  somebody else was faster; ``current`` is the version now
     ├── TooLarge                 413
     ├── IdempotencyMismatch      422  the key was used before with another body
     └── Unavailable              503  come back; ``retry_after`` seconds

Each class carries the HTTP status and the stable ``type`` slug of its RFC 9457 problem document.
``temporary`` says whether the same request may succeed later without being changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

PROBLEMS = "/problems/"
"""What a slug is appended to for the ``type`` of a problem document (RFC 9457 §3.1.1)."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: its JSON name and a sentence for the editor."""

    field: str
    message: str


class TickerError(Exception):
    """Base of all refusals. ``detail`` is a sentence for the person who asked."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong here"
    temporary: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def extra(self) -> dict[str, Any]:
        """Return the problem document's extension members; empty for most errors."""
        return {}


class Invalid(TickerError):
    """A draft or change with wrong fields; ``errors`` lists every one of them."""

    status, slug, title = 422, "invalid", "The item is not valid"

    def __init__(self, errors: list[FieldError]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{e.field}: {e.message}" for e in errors))

    def extra(self) -> dict[str, Any]:
        """Return ``errors`` as RFC 9457 suggests for several problems of one type."""
        return {"errors": [{"field": e.field, "message": e.message} for e in self.errors]}


class BadRequest(TickerError):
    """A request that cannot be read at all."""

    status, slug, title = 400, "bad-request", "The request cannot be read"


class BadCursor(BadRequest):
    """A cursor that this protocol never issued. Connect without one."""

    slug, title = "bad-cursor", "Not a cursor"


class BadFilter(BadRequest):
    """A filter with an unknown facet or value; ``detail`` lists the known ones."""

    slug, title = "bad-filter", "The filter is not valid"


class Unauthorised(TickerError):
    """No key, or one that nobody knows."""

    status, slug, title = 401, "unauthorised", "A valid key is needed"


class Forbidden(TickerError):
    """A key that may not do this."""

    status, slug, title = 403, "forbidden", "Not allowed"


class NotFound(TickerError):
    """Nothing is known under this name."""

    status, slug, title = 404, "not-found", "Not found"


class Conflict(TickerError):
    """The item's state forbids it, for example a correction of a retracted item."""

    status, slug, title = 409, "conflict", "The item's state does not allow this"


class Duplicate(Conflict):
    """The same line is already out; ``existing`` is its id. ``force`` publishes anyway."""

    slug, title = "duplicate", "This line is already out"

    def __init__(self, existing: str) -> None:
        self.existing = existing
        super().__init__(f"the same line is already out as {existing}; use force to send it again")

    def extra(self) -> dict[str, Any]:
        """Return the id of the item that is already out."""
        return {"existing": self.existing}


class Gone(TickerError):
    """Retracted: the text is not to be had any more."""

    status, slug, title = 410, "gone", "Retracted"


class Stale(TickerError):
    """Somebody else changed the item first; read version ``current`` and try again."""

    status, slug, title = 412, "stale", "The item has changed since you read it"

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"the item is at version {current} now; read it again")

    def extra(self) -> dict[str, Any]:
        """Return the version that the item has now."""
        return {"current": self.current}


class TooLarge(TickerError):
    """A body over the limit."""

    status, slug, title = 413, "too-large", "The body is too large"


class IdempotencyMismatch(TickerError):
    """The key was used before with another body (draft-ietf-httpapi-idempotency-key §2.7)."""

    status, slug, title = 422, "idempotency-mismatch", "The idempotency key was used before"


class Unavailable(TickerError):
    """A part is away; the same request may succeed after ``retry_after`` seconds."""

    status, slug, title = 503, "unavailable", "Not available right now"
    temporary = True

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
