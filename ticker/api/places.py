"""Places in the list of all items, as addresses have them: ``before`` and ``next``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ticker.api.live_items import ITEM_ID
from ticker.api.problem_documents import BadQuery
from ticker.archive.place import Place, token
from ticker.domain.clock import parse_ms

_NEXT = re.compile(r"(p?)([0-9]{1,15})\.([0-9a-z]{26})", re.ASCII)
_DIGITS = str.maketrans("0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv")


@dataclass(frozen=True, slots=True)
class Before:
    """The begin of a page. ``pinned``: behind a pinned item, so pinned ones may follow it.

    ``id_only``: the caller named an item whose time of publication is not known yet.
    """

    place: Place
    pinned: bool = False
    id_only: bool = False

    @property
    def token(self) -> str:
        """Return it as ``next`` gives it."""
        return token(*self.place, pinned=self.pinned)


def before_of(values: list[str]) -> Before:
    """Return the place in ``values`` of the parameter ``before``.

    Raises BadQuery unless it is one value of ``next``, an item's id, or a time.
    """
    if len(values) == 1:
        text = values[0]
        if match := _NEXT.fullmatch(text):
            return Before(Place(int(match[2]), match[3]), pinned=bool(match[1]))
        if ITEM_ID.fullmatch(text):
            return Before(Place(int(text[:10].translate(_DIGITS), 32), text), id_only=True)
        if (at := time_of(text)) is not None:
            return Before(Place(at, ""))
    raise BadQuery("before", "before must be one value of next, an item's id, or a time")


def past_time(values: list[str], now: float) -> int:
    """Return the time in ``values`` of the parameter ``at``, in milliseconds since 1970.

    ``now`` is seconds since 1970. Raises BadQuery unless it is one time that is not in the future.
    """
    at = time_of(values[0]) if len(values) == 1 else None
    if at is None:
        raise BadQuery("at", "at must be one time, such as 2026-11-28T18:30:00Z")
    if at > now * 1000:
        raise BadQuery("at", "at must not be in the future")
    return at


def time_of(text: str) -> int | None:
    """Return the RFC 3339 time in ``text`` in milliseconds since 1970, None if there is none.

    A blank in the place of ``+``, as an address that is not escaped makes it, counts as one.
    """
    try:
        at = parse_ms(text.replace(" ", "+") if "T" in text else text)
    except (ValueError, OverflowError):
        return None
    return at if at >= 0 else None
