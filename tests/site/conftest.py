"""A paper for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.conftest import office
from tests.api.paper import Paper, printed

__all__ = ["office", "paper"]


@pytest.fixture
async def paper() -> AsyncIterator[Paper]:
    async with printed() as paper:
        yield paper
