"""The site's pages, for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.conftest import newsroom
from tests.support.pages import SitePages, serving_pages

__all__ = ["newsroom", "site"]


@pytest.fixture
async def site() -> AsyncIterator[SitePages]:
    async with serving_pages() as site:
        yield site
