"""The request that an event comes from: internal, beside the event on wire and lane, never public.

It is one text of three words, ``received_ms id trace``; ``trace`` may be missing. Whoever processes
the event logs the request's id, and continues its trace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIELD, CARRIED = b"o", b"c"
"""Names in a stream entry: the text, and when Redis carried the entry into the lane, in ms."""
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""An id that is taken from a request's header."""
_TEXT = re.compile(rb"(\d{1,15}) ([A-Za-z0-9._-]{1,64})(?: ([0-9a-f-]{55}))?")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request, or what the schedule did by itself.

    ``received_ms`` is when it arrived, or when the item was due. ``trace`` is a ``traceparent`` of
    W3C Trace Context, empty without a trace.
    """

    received_ms: int
    id: str
    trace: str = ""

    def encode(self) -> bytes:
        """Return the text for a stream entry or a job."""
        return f"{self.received_ms} {self.id} {self.trace}".rstrip().encode()

    @classmethod
    def decode(cls, text: bytes) -> RequestContext | None:
        """Return the context in ``text``, None if there is none that can be read."""
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        received, id, trace = found.groups()
        return cls(int(received), id.decode(), (trace or b"").decode())


def context_of(record: Mapping[bytes, bytes]) -> RequestContext | None:
    """Return the request context of a wire or lane entry."""
    return RequestContext.decode(record.get(FIELD, b""))


def carried_ms(record: Mapping[bytes, bytes]) -> int | None:
    """Return when a lane entry was carried, by Redis' clock in ms since 1970."""
    text = record.get(CARRIED, b"")
    return int(text) if text.isdigit() else None
