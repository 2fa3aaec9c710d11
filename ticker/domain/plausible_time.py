"""Times that an editor probably did not mean: past, far away, or in the wrong order. Pure.

A wrong year or zone would publish an item at once that was to stay secret, or never. Such a time is
refused unless the editor confirms it with ``force``.
"""

from __future__ import annotations

from ticker.domain.clock import parse_ms, rfc3339, to_ms
from ticker.domain.draft import Change, Draft
from ticker.domain.errors import ImplausibleTime, WrongTime
from ticker.domain.item import Item
from ticker.domain.messages import said

TOLERANCE_MS = 60_000
"""How far ``at`` may be in the past and still mean "now". Computers that synchronise their clocks
differ by less than a second; laptops that do not are commonly some seconds off, and the time that a
script computed takes a moment to arrive. Nobody schedules an item for the minute that has begun."""
FAR_MS = 366 * 86_400_000
"""A year, also a leap year."""


def check_draft(draft: Draft, now_ms: int) -> None:
    """Raise ImplausibleTime if a time of ``draft`` is implausible, unless it has ``force``."""
    if not draft.force:
        at = None if draft.at is None else to_ms(draft.at)
        until = None if draft.expires_at is None else to_ms(draft.expires_at)
        _raise(_wrong(at, until, now_ms), now_ms)


def check_change(item: Item, change: Change, now_ms: int) -> None:
    """Raise ImplausibleTime if ``change`` sets an implausible time, unless it has ``force``."""
    if change.force:
        return
    at = None if change.at is None else to_ms(change.at)
    until = None if change.expires_at is None else to_ms(change.expires_at)
    wrong = _wrong(at, until, now_ms)
    release = at if at is not None or item.embargo_until is None else parse_ms(item.embargo_until)
    ends = until if "expires_at" in change.model_fields_set else item.expires_ms
    if not wrong and release is not None and ends is not None and ends <= release:
        wrong = [
            WrongTime("expires_at", rfc3339(ends), _BEFORE)
            if until is not None
            else WrongTime("at", rfc3339(release), said("after-expiry", expiry=rfc3339(ends)))
        ]
    _raise(wrong, now_ms)


_PAST = said("past")
_FAR = said("far")
_BEFORE = said("before-release")


def _wrong(at: int | None, until: int | None, now_ms: int) -> list[WrongTime]:
    found = []
    if at is not None and at < now_ms - TOLERANCE_MS:
        found.append(WrongTime("at", rfc3339(at), _PAST))
    elif at is not None and at > now_ms + FAR_MS:
        found.append(WrongTime("at", rfc3339(at), _FAR))
    if until is None:
        return found
    # Without a tolerance: an item that expires now would vanish as soon as it appears.
    if until <= now_ms:
        found.append(WrongTime("expires_at", rfc3339(until), _PAST))
    elif until > now_ms + FAR_MS:
        found.append(WrongTime("expires_at", rfc3339(until), _FAR))
    elif at is not None and until <= at:
        found.append(WrongTime("expires_at", rfc3339(until), _BEFORE))
    return found


def _raise(wrong: list[WrongTime], now_ms: int) -> None:
    if wrong:
        raise ImplausibleTime(wrong, rfc3339(now_ms))
