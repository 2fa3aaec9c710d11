"""Receipts read from the workers' hash, and the health of a provider."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.domain.cursor import StreamId
from ticker.push.model.provider_state import (
    DRY_RUN_EVERY_MS,
    DRY_RUN_LATE_MS,
    SILENT_MS,
    DryRun,
    ProviderState,
)
from ticker.push.model.receipts import When, read_receipts


def test_an_item_that_was_never_sent() -> None:
    assert read_receipts({}).to_json() == {"complete": True, "providers": {}, "webhooks": None}


def test_every_kind_has_counts_of_its_own() -> None:
    found = read_receipts(
        {
            b"fcm:alert:event": b"60000-0",
            b"fcm:alert:accepted": b"98",
            b"fcm:alert:too_late": b"2",
            b"fcm:alert:skipped": b"7",
            b"fcm:alert:jobs": b"100",
            b"fcm:alert:done": b"12",
            b"fcm:alert:first": b"60800",
            b"fcm:alert:last": b"63100",
            b"fcm:withdraw:jobs": b"0",
            b"fcm:withdraw:event": b"70000-0",
            b"webhooks:event": b"60000-0",
            b"webhooks:delivered": b"3",
            b"something:of:tomorrow": b"x",
        }
    )
    shown = found.to_json()
    assert list(shown["providers"]) == ["fcm"]
    assert shown["providers"]["fcm"]["alert"] == {
        "accepted": 98,
        "dropped": 0,
        "pruned": 0,
        "held": 0,
        "quarantined": 0,
        "retried": 0,
        "too_late": 2,
        "ended": 0,
        "complete": False,
        "shards": 100,
        "shards_done": 12,
        "published_at": "1970-01-01T00:01:00.000Z",
        "first_after": 0.8,
        "last_after": 3.1,
    }
    assert shown["providers"]["fcm"]["withdraw"]["complete"] is True
    assert shown["webhooks"]["delivered"] == 3
    assert shown["webhooks"]["first_after"] is None
    assert not found.complete


def test_a_receipt_without_a_shard_count_is_not_complete() -> None:
    """Counts without a number of shards: the fan-out never stored it, or they are newer."""
    assert not read_receipts({b"apns:alert:accepted": b"1"}).complete


def test_a_worker_whose_clock_is_behind_was_not_faster_than_light() -> None:
    assert When(StreamId(5_000, 0), 4_990, 5_010).first_after == 0.0


def state(**fields: int | DryRun | None) -> ProviderState:
    known: dict[str, Any] = {
        "now_ms": 100_000_000,
        "since_ms": 1,
        "seen_ms": 100_000_000,
        "stop_reason": None,
        "stop_ms": None,
        "subscriptions": 0,
        "bytes": 0,
        "quarantined": 0,
        "suspicious": {},
        "dry_run": DryRun(),
        "newest": When(),
    }
    return ProviderState(provider="fcm", **(known | fields))


@pytest.mark.parametrize(
    ("since", "good", "late"),
    [
        (0, 100_000_000 - DRY_RUN_EVERY_MS, False),
        (0, 100_000_000 - DRY_RUN_LATE_MS - 1, True),
        (100_000_000 - DRY_RUN_EVERY_MS, None, False),  # set up an hour ago, none came through yet
        (0, None, True),
        (None, None, False),
    ],
)
def test_dry_runs_are_missed(since: int | None, good: int | None, late: bool) -> None:
    found = state(since_ms=since, dry_run=DryRun(succeeded_ms=good))
    assert found.dry_run_late is late
    assert found.configured is (since is not None)


def test_no_worker_is_heard_of() -> None:
    assert not state(seen_ms=100_000_000 - SILENT_MS).silent
    assert state(seen_ms=100_000_000 - SILENT_MS - 1).silent
