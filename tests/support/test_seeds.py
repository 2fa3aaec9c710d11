"""A fifth of the seeds with ``--quick``, and at least one; all of them otherwise."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.support.seeds import seeds


@pytest.mark.parametrize(("profile", "counts"), [("ticker", (6, 5, 1)), ("quick", (2, 1, 1))])
def test_a_profile_has_its_part_of_the_seeds(profile: str, counts: tuple[int, ...]) -> None:
    before = settings.get_current_profile_name()
    settings.load_profile(profile)
    try:
        assert tuple(len(seeds(count)) for count in (6, 5, 1)) == counts
    finally:
        settings.load_profile(before)
