"""Errors of the database: each has its own type and title, and none names an address to clients."""

from __future__ import annotations

import pytest

from ticker.domain import errors
from ticker.domain.store_errors import ALL, NotDurable, StoreError, StoreMemoryFull


@pytest.mark.parametrize("kind", ALL)
def test_each_is_a_503_that_says_when_to_come_back(kind: type[errors.Unavailable]) -> None:
    error = kind("10.0.0.7:6379 is away")
    assert (error.status, error.temporary) == (503, True)
    assert error.retry_after >= 1


def test_types_and_titles_are_distinct() -> None:
    assert len({one.slug for one in ALL}) == len({one.title for one in ALL}) == len(ALL)


@pytest.mark.parametrize("kind", [one for one in ALL if issubclass(one, StoreError)])
def test_a_client_gets_no_address(kind: type[StoreError]) -> None:
    public = kind("10.0.0.7:6379 is away").public()
    assert type(public) is kind
    assert "10.0.0.7" not in public.detail
    assert public.detail.endswith(".")


def test_the_time_to_come_back_can_be_chosen() -> None:
    assert StoreMemoryFull("full").retry_after == StoreMemoryFull.seconds
    assert StoreMemoryFull("full", 60).public().retry_after == 60
    assert NotDurable("written, but not fsync").retry_after == 1
