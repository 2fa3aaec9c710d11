"""The outcome of a request: a response, or the reason why there is none.

Exception
 └── Unanswered   no response; ``sent`` tells whether the peer may have acted on the request
      ├── TimedOut    none in time
      └── Forbidden   it was not even tried, and will not be however often it is asked
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

BODY_MAX = 16 * 1024
"""Bytes of a response's body that are kept: the longest error document of a push provider is far
shorter, and an untrusted endpoint writes what it likes. A client may set another number."""


class Reply(NamedTuple):
    """A complete response, whatever its status."""

    status: int
    headers: Mapping[bytes, bytes]
    """Lower-case names; values of a repeated name are joined by a comma (RFC 9110 §5.2)."""
    body: bytes
    """At most its first ``BODY_MAX`` bytes, or the client's ``body_max``."""


class Unanswered(Exception):
    """There is no response: time-out, refused, reset, connection lost, name not found.

    ``sent`` is False if the request certainly never reached the peer's application, so that
    repeating it cannot do anything twice; True if that is not known.
    """

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent

    def copy(self) -> Unanswered:
        """Return the same for another request."""
        return Unanswered(self.why, sent=self.sent)


class TimedOut(Unanswered):
    """The time for the request is over."""


class Forbidden(Unanswered):
    """The request may not be made: its address is not permitted, or it is not an address."""

    def __init__(self, why: str) -> None:
        super().__init__(why, sent=False)

    def copy(self) -> Forbidden:
        return Forbidden(self.why)
