"""Warnings for an editor whose change was accepted: what a second look may be worth.

They come from this process' memory after the commit, so they cost no command of Redis and no event
waits for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import orjson

from ticker.api.current_lane import ReadView
from ticker.api.schema import Schema
from ticker.domain.clock import parse_ms
from ticker.domain.event import LaneEvent
from ticker.domain.item import Item
from ticker.domain.messages import Message, said
from ticker.domain.similar_headlines import comparable, similar
from ticker.domain.writing_system import misfit

COMPARED_MAX = 200
"""Items of the edition, the newest, that a headline is compared with: about 0.1 ms."""
COMPARED_MS = 48 * 3_600_000
"""Items that were published longer before are not compared: "Markets open higher" comes again."""
FOUND_MAX = 3
"""Similar items that are named."""

_Headlines: TypeAlias = dict[tuple[str, int], tuple[str, str]]
"""Headline, and what of it is compared, by the item's id and version."""


class SimilarItem(Schema):
    """A live item with a similar headline."""

    id: str
    headline: str
    published_at: str


class EditorWarning(Schema):
    """A reason to look again. `similar`: a live item has almost the same headline. `script`: the
    headline is not in the script of the item's language. `future`: `published_at` was in the
    future, and is the time of publication instead. `params` are the values in the message.
    """

    code: Literal["similar", "script", "future"]
    message: str
    params: dict[str, str | int]
    item: SimilarItem | None = None


class Warnings:
    """Finds warnings for items of one newsroom."""

    def __init__(self, view: ReadView) -> None:
        self._view = view
        self._headlines: dict[str, _Headlines] = {}
        """By edition: the items of the last comparison, so that no retracted text stays."""

    def of(self, item: Item, given_ms: int | None = None) -> list[dict[str, Any]]:
        """Return the warnings for a committed item, ready for JSON.

        ``given_ms`` is the ``published_at`` of its draft.
        """
        found: list[dict[str, Any]] = []
        script = misfit(item.headline, item.language)
        if script is not None:
            message = said("warning-script", script=script, language=item.language)
            found.append(_warning("script", message))
        if given_ms is not None and given_ms > parse_ms(item.published_at):
            found.append(_warning("future", said("warning-future", published=item.published_at)))
        if item.state in ("live", "scheduled"):
            found += self._similar(item)
        return found

    def _similar(self, item: Item) -> list[dict[str, Any]]:
        if not self._view.ready:
            return []
        text = comparable(item.headline)
        since = parse_ms(item.published_at) - COMPARED_MS
        known = self._headlines.get(item.edition, {})
        kept: _Headlines = {}
        found: list[dict[str, Any]] = []
        for event in self._view.lane.current_items.newest_of(item.edition, COMPARED_MAX):
            if event.published_ms < since:
                continue
            key = (event.item_id, event.version)
            headline, other = kept[key] = known.get(key) or _headline(event)
            if event.item_id != item.id and len(found) < FOUND_MAX and similar(text, other):
                published = orjson.loads(event.item)["published_at"]
                named = {"id": event.item_id, "published": published, "headline": headline}
                shown = {"id": event.item_id, "headline": headline, "published_at": published}
                found.append(_warning("similar", said("warning-similar", **named), shown))
        self._headlines[item.edition] = kept
        return found


def _warning(code: str, message: Message, item: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "params": dict(message.params), "item": item}


def _headline(event: LaneEvent) -> tuple[str, str]:
    headline = str(orjson.loads(event.item)["headline"])
    return headline, comparable(headline)
