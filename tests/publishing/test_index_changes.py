"""The places of an item in the indexes, by what was done to it."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.publishing.transitions.acts import NOW, change, publish
from ticker.publishing import transitions
from ticker.publishing.index_changes import IndexChange, index_changes

TTL = 5_000
REMOVE: IndexChange = {"remove": True}
DEFAULT: IndexChange = {"after": TTL, "unless_set": True}


def at(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def test_nothing_changes_without_a_step() -> None:
    assert index_changes(publish().item, None, ttl_ms=TTL) == {}


def test_a_published_item_expires_at_its_own_time_or_after_the_default() -> None:
    made = publish()
    published: IndexChange = {"after": 0}
    assert index_changes(None, made, ttl_ms=TTL) == {"expiry": DEFAULT, "published": published}
    earlier = publish(published_at=at(NOW - 60_000))
    assert index_changes(None, earlier, ttl_ms=TTL)["published"] == {"at": NOW - 60_000}
    step = change(made.item, expires_at=at(NOW + 60_000))
    assert index_changes(made.item, step, ttl_ms=TTL) == {"expiry": {"at": NOW + 60_000}}
    again = change(step.item, expires_at=None)
    assert index_changes(step.item, again, ttl_ms=TTL) == {"expiry": {"after": TTL}}
    pinned = transitions.pin(made.item, True, by="ana", now_ms=NOW)
    assert index_changes(made.item, pinned, ttl_ms=TTL) == {"expiry": REMOVE}


def test_a_scheduled_item_is_due_until_it_is_out() -> None:
    made = publish(at=at(NOW + 60_000))
    assert index_changes(None, made, ttl_ms=TTL) == {"due": {"at": NOW + 60_000}}
    released = transitions.release(made.item, by="ana", now_ms=NOW + 60_000)
    found = index_changes(made.item, released, ttl_ms=TTL)
    assert found == {"due": REMOVE, "expiry": DEFAULT, "published": {"after": 0}}


def test_a_draft_is_listed_until_it_is_approved_or_dismissed() -> None:
    made = publish(draft=True)
    assert index_changes(None, made, ttl_ms=TTL) == {"drafts": {"after": 0}}
    approved = transitions.approve(made.item, by="ben", now_ms=NOW)
    assert index_changes(made.item, approved, ttl_ms=TTL)["drafts"] == REMOVE
    dismissed = transitions.retract(made.item, None, by="ben", now_ms=NOW)
    gone = {"drafts": REMOVE, "expiry": REMOVE, "published": REMOVE}
    assert index_changes(made.item, dismissed, ttl_ms=TTL) == gone
