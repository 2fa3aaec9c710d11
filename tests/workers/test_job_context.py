"""Jobs find what they share in arq's context."""

from __future__ import annotations

import pytest

from workers.job_context import JobContext


class Letters(JobContext):
    pass


class Parcels(JobContext):
    pass


def test_each_kind_of_job_finds_its_own_object() -> None:
    letters, parcels = Letters(), Parcels()
    ctx = {"redis": None} | letters.as_context() | parcels.as_context()
    assert Letters.of(ctx) is letters
    assert Parcels.of(ctx) is parcels
    with pytest.raises(KeyError):
        Letters.of(parcels.as_context())
