"""Splitting an import into requests: bounded in items and bytes, each item with a key."""

from __future__ import annotations

import orjson

from ticker.client.import_batches import split


def drafts(count: int, size: int = 5) -> list[dict[str, str]]:
    return [{"headline": "x" * size} for _ in range(count)]


def test_batches_are_full_and_in_order() -> None:
    cut = list(split(drafts(1_201), "run"))
    assert [(batch.first, batch.count) for batch in cut] == [(1, 500), (501, 500), (1001, 201)]
    assert all(len(batch.body.splitlines()) == batch.count for batch in cut)


def test_nothing_makes_no_batch() -> None:
    assert list(split([], "run")) == []


def test_bytes_bound_a_batch_too() -> None:
    cut = list(split(drafts(10, size=300), "run", max_bytes=1_000))
    assert all(len(batch.body) <= 1_000 for batch in cut)
    assert sum(batch.count for batch in cut) == 10
    assert [batch.first for batch in cut] == [1, 4, 7, 10]


def test_a_draft_over_the_bound_goes_alone() -> None:
    cut = list(split([*drafts(1), *drafts(1, 5_000), *drafts(1)], "run", max_bytes=1_000))
    assert [batch.count for batch in cut] == [1, 1, 1]


def test_every_item_has_a_key_and_its_own_is_kept() -> None:
    (batch,) = split([{"headline": "a"}, {"headline": "b", "key": "guid-b"}], "run")
    keys = [orjson.loads(line)["key"] for line in batch.body.splitlines()]
    assert keys == ["run-1", "guid-b"]
