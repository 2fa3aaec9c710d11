"""Choose what of a look at a feed becomes drafts: not everything that a feed sends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ticker.domain.clock import parse_ms
from ticker.imports.drafts import Draft
from ticker.wires.feed import FeedState

FIRST_MAX = 20
"""Entries of the first look that become drafts, the newest: the others are old news."""
HOUR_MAX = 500
"""Entries of one feed in an hour, new ones and changed ones. Of more, the newest are taken."""
HOUR_MS = 3_600_000
AGE_MAX_MS = 48 * HOUR_MS
"""New entries that are older become no drafts."""

_NOT_OF_A_FEED = (
    *("break_glass", "cancellation", "draft", "force", "pinned", "push", "test"),
    "undo_window",
)
"""Fields by which a feed in our own format would decide for an editor."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The lines to import, and the state that counts them."""

    lines: list[Draft]
    state: FeedState


def select(lines: list[Draft], seen: Mapping[str, str], state: FeedState, now_ms: int) -> Selection:
    """Choose from the lines of a look, oldest first. ``seen`` are those of earlier looks.

    A withdrawal is always taken: it makes no draft.
    """
    if now_ms - state.hour_ms >= HOUR_MS or now_ms < state.hour_ms:
        state = replace(state, hour_ms=now_ms, hour_new=0)
    room = HOUR_MAX - state.hour_new
    if state.read_ms is None:
        room = min(room, FIRST_MAX)
    chosen: list[Draft] = []
    new = left_out = 0
    for line in reversed(lines):
        if line.get("status") == "canceled":
            chosen.append(line)
        elif new >= room or (line["key"] not in seen and _too_old(line, now_ms)):
            left_out += 1
        else:
            new += 1
            chosen.append(line)
    chosen.reverse()
    counted = replace(state, hour_new=state.hour_new + new, left_out=state.left_out + left_out)
    return Selection([_of_a_feed(line) for line in chosen], counted)


def _too_old(line: Draft, now_ms: int) -> bool:
    at = line.get("published_at")
    try:
        ms = int(at.timestamp() * 1000) if isinstance(at, datetime) else parse_ms(str(at))
    except (ValueError, OverflowError):
        return False  # without a time it is as new as we know
    return ms < now_ms - AGE_MAX_MS


def _of_a_feed(line: Draft) -> Draft:
    """Return a line as a draft, without what only an editor decides, and pictures not ours."""
    if line.get("status") == "canceled":
        return line
    kept = {name: value for name, value in line.items() if name not in _NOT_OF_A_FEED}
    if isinstance(media := kept.get("media"), list):
        named = ("id", "renditions")
        kept["media"] = [
            {name: value for name, value in one.items() if name not in named}
            for one in media
            if isinstance(one, dict) and one.get("href")
        ]
    return kept | {"draft": True}
