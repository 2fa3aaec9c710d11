"""The updates of a story by day, for its page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

import orjson

from ticker.domain.clock import parse_ms
from ticker.site.item_views import ItemView
from ticker.translations import Translation


@dataclass(frozen=True, slots=True)
class Day:
    """The updates of one day in UTC, newest first. ``at`` is an ISO date."""

    at: str
    text: str
    views: Sequence[ItemView]


def days(views: Iterable[ItemView], translation: Translation) -> list[Day]:
    """Return ``views``, which are newest first, by day."""
    found = groupby(views, lambda view: _day(view.item.published_at))
    return [
        Day(day.date().isoformat(), translation.date(day), list(of_day)) for day, of_day in found
    ]


def labels(translation: Translation) -> str:
    """Return the labels of updates that the browser adds, as JSON."""
    widget = {
        name: translation.label(name) for name in ("flash", "bulletin", "urgent", "corrected")
    }
    return orjson.dumps(widget | {"correction": translation.site["correction"]}).decode()


def _day(at: str) -> datetime:
    moment = datetime.fromtimestamp(parse_ms(at) / 1000, UTC)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
