"""The updates of a story by day."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from tests.support.in_memory import TAXONOMY, InMemoryNewsroom
from ticker.site.addresses import Addresses
from ticker.site.item_views import ItemViewFactory
from ticker.site.timeline import days, labels
from ticker.translations import translation_for


def test_each_day_has_its_updates_in_their_order() -> None:
    news = InMemoryNewsroom()
    times = ("2025-11-22T00:00:00Z", "2025-11-22T23:59:59Z", "2025-11-23T00:00:00Z")
    events = [news.publish(at, published_at=at) for at in times]
    views = ItemViewFactory(TAXONOMY, Addresses(frozenset()), datetime(2025, 11, 24, tzinfo=UTC))
    found = days(views.views(reversed(events)), translation_for("es"))
    assert [(day.at, day.text) for day in found] == [
        ("2025-11-23", "23 de noviembre de 2025"),
        ("2025-11-22", "22 de noviembre de 2025"),
    ]
    headlines = [[view.headline for view in day.views] for day in found]
    assert headlines == [[times[2]], [times[1], times[0]]]
    assert days([], translation_for("en")) == []


def test_the_labels_are_those_of_the_language() -> None:
    assert orjson.loads(labels(translation_for("ar")))["correction"] == "تصحيح"
