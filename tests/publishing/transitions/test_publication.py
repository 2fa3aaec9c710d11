"""The first version of an item, and the release of a scheduled one."""

from __future__ import annotations

from tests.publishing.transitions.acts import NOW, publish
from ticker.domain.clock import rfc3339
from ticker.domain.item import Item
from ticker.publishing import transitions


def test_publish_fills_language_and_direction_from_the_edition() -> None:
    step = publish(note="internal note")
    assert (step.item.language, step.item.dir, step.item.version) == ("ar", "rtl", 1)
    assert step.item.published_at == "2025-11-24T16:00:00.000Z"
    assert step.event is not None
    assert step.event.action == "publish"


def test_an_item_has_its_draft_s_pictures_and_push_options_as_data() -> None:
    picture = {"href": "https://example.org/a.jpg", "alt": "The bridge"}
    item = publish(media=[picture], push={"title": "Bridge", "ttl": 600}, sections=["x"]).item
    assert [(one.href, one.alt) for one in item.media] == [
        ("https://example.org/a.jpg", "The bridge")
    ]
    assert item.push == {"title": "Bridge", "body": None, "ttl": 600}
    assert Item.model_validate_json(item.to_json()) == item
    assert publish(push=True).item.push is True


def test_scheduled_and_test_items_have_no_event() -> None:
    scheduled = publish(at=rfc3339(NOW + 60_000))
    assert (scheduled.item.state, scheduled.event) == ("scheduled", None)
    assert scheduled.item.embargo_until == rfc3339(NOW + 60_000)
    assert (publish(test=True).item.state, publish(test=True).event) == ("test", None)
    assert publish(at=rfc3339(NOW - 1)).item.state == "live"


def test_release_publishes_with_the_time_of_release() -> None:
    item = publish(at=rfc3339(NOW + 60_000)).item
    step = transitions.release(item, by="schedule", now_ms=NOW + 60_001)
    assert step is not None
    assert step.event is not None
    assert step.event.action == "publish"
    assert step.item.published_at == rfc3339(NOW + 60_001)
    assert step.item.embargo_until is None
    assert transitions.release(step.item, by="schedule", now_ms=NOW) is None
