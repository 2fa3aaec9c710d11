"""The texts of all stories in memory, so that pages need no store.

A task asks Redis every few seconds whether anything has changed, and reads all texts only then.
While Redis is away, the last texts are shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from ticker.domain.errors import Unavailable
from ticker.domain.story_text import StoryTexts

log = logging.getLogger(__name__)

POLL_INTERVAL = 3.0
"""Seconds between two looks. A change is on every page within five seconds."""
NO_TEXTS = StoryTexts()


class StorySource(Protocol):
    """The store of the texts. Methods raise Unavailable."""

    async def changes(self) -> int:
        """Return a number that every change raises."""

    async def all(self) -> tuple[int, dict[str, StoryTexts]]:
        """Return that number, and the texts by story."""


class StoryTextCache:
    """The texts as they were read last. ``run`` keeps them current."""

    def __init__(self, source: StorySource) -> None:
        self._source = source
        self._texts: Mapping[str, StoryTexts] = {}
        self._changes = 0
        self._failing = False

    @property
    def changes(self) -> int:
        """Return a number that differs after every change: part of the key of cached pages."""
        return self._changes

    def of(self, story: str) -> StoryTexts:
        """Return the texts of ``story``; version 0 if there are none."""
        return self._texts.get(story, NO_TEXTS)

    async def refresh(self) -> None:
        """Read what has changed. Raises nothing."""
        try:
            if await self._source.changes() != self._changes:
                self._changes, self._texts = await self._source.all()
        except Unavailable as error:
            if not self._failing:
                log.info("showing the last texts of stories: %s", error.detail)
            self._failing = True
        except Exception:  # a bug here must not end the task
            log.exception("the texts of stories could not be read")
        else:
            self._failing = False

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[StoryTextCache]:
        """Keep the texts current until the block ends."""
        task = asyncio.create_task(self._poll())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _poll(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(POLL_INTERVAL)
