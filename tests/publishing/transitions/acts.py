"""Acts of one editor on one item, at one moment."""

from __future__ import annotations

from tests.support.in_memory import TAXONOMY
from ticker.domain.draft import Change, Draft
from ticker.domain.item import Item
from ticker.publishing import transitions

NOW = 1_764_000_000_000


def publish(**fields: object) -> transitions.Step:
    draft = Draft.model_validate({"headline": "Harbour bridge closed", "edition": "ar"} | fields)
    return transitions.publish(draft, TAXONOMY, id="01", by="chief@desk", now_ms=NOW)


def live(**fields: object) -> Item:
    return publish(**fields).item


def change(item: Item, **fields: object) -> transitions.Step:
    step = maybe_changed(item, **fields)
    assert step is not None
    return step


def maybe_changed(item: Item, **fields: object) -> transitions.Step | None:
    return transitions.change(item, Change.model_validate(fields), by="chief@desk", now_ms=NOW + 1)
