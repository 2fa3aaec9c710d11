"""The texts in memory: read only after a change, and shown while the store is away."""

from __future__ import annotations

import pytest

from tests.support.waiting import wait_until
from ticker.api import story_text_cache as module
from ticker.api.story_text_cache import StoryTextCache
from ticker.domain.errors import Unavailable
from ticker.domain.story_text import StoryText, StoryTexts

TEXTS = StoryTexts(1, "", "ana", {"en": StoryText(title="Floods")})


class Source:
    def __init__(self) -> None:
        self.number = 0
        self.texts: dict[str, StoryTexts] = {}
        self.reads = 0
        self.error: Exception | None = None

    async def changes(self) -> int:
        if self.error is not None:
            raise self.error
        return self.number

    async def all(self) -> tuple[int, dict[str, StoryTexts]]:
        self.reads += 1
        return self.number, dict(self.texts)


async def test_texts_are_read_only_after_a_change() -> None:
    source = Source()
    cache = StoryTextCache(source)
    await cache.refresh()
    assert (source.reads, cache.changes, cache.of("floods").version) == (0, 0, 0)
    source.number, source.texts = 5, {"floods": TEXTS}
    for _ in range(3):
        await cache.refresh()
    assert (source.reads, cache.changes, cache.of("floods")) == (1, 5, TEXTS)


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("a bug")])
async def test_the_last_texts_are_shown_while_they_cannot_be_read(error: Exception) -> None:
    source = Source()
    source.number, source.texts = 1, {"floods": TEXTS}
    cache = StoryTextCache(source)
    await cache.refresh()
    source.error = error
    await cache.refresh()
    assert cache.of("floods") == TEXTS


async def test_a_task_looks_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_INTERVAL", 0.001)
    source = Source()
    async with StoryTextCache(source).run() as cache:
        source.number, source.texts = 1, {"floods": TEXTS}
        await wait_until(lambda: cache.of("floods") == TEXTS)
