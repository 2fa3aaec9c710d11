"""Texts of stories on real servers: versions, races, bounds, and unreadable records."""

from __future__ import annotations

import asyncio
import logging

import pytest

from ticker.domain.errors import Conflict, Stale
from ticker.domain.story_text import StoryText, StoryTexts
from ticker.publishing import story_store as module
from ticker.publishing.story_store import StoryStore
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

FLOODS = StoryText(title="Floods", key_points=["One", "Two"])


def store(redis: Redis, keys: Keys) -> StoryStore:
    times = iter(range(1_764_000_000_000, 1_764_000_100_000))
    return StoryStore(redis, keys, lambda: next(times))


async def test_texts_are_kept_by_edition_and_logged(
    redis: Redis, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    stories = store(redis, keys)
    assert await stories.get("floods") == StoryTexts()
    with caplog.at_level(logging.INFO, module.__name__):
        await stories.put("floods", "en", FLOODS, by="ana")
    assert "floods, edition en, version 1, by ana" in caplog.text
    texts = await stories.put("floods", "ar", StoryText(title="فيضانات"), by="bo", if_match={1})
    assert await stories.get("floods") == texts
    assert (texts.version, texts.text("en"), texts.updated_by) == (2, FLOODS, "bo")
    with pytest.raises(Stale) as stale:
        await stories.put("floods", "en", FLOODS, by="ana", if_match={1})
    assert stale.value.current == 2
    assert await stories.all() == (2, {"floods": texts})
    assert await stories.put("floods", "en", FLOODS, by="bo", if_match={2}) == texts
    for edition in ("en", "ar", "ar"):
        await stories.put("floods", edition, StoryText(), by="ana")
    assert await stories.all() == (await stories.changes(), {}) == (4, {})


async def test_a_version_of_a_story_never_comes_again(redis: Redis, keys: Keys) -> None:
    """Whoever read version 1 before the story was removed and written anew gets Stale."""
    stories = store(redis, keys)
    first = await stories.put("floods", "en", FLOODS, by="ana")
    assert await stories.put("floods", "en", StoryText(), by="bo") == StoryTexts()
    second = await stories.put("floods", "en", StoryText(title="New"), by="bo", if_match={0})
    assert first.version == 1 < second.version
    with pytest.raises(Stale):
        await stories.put("floods", "en", FLOODS, by="ana", if_match={first.version})
    assert (await stories.get("floods")).text("en").title == "New"


async def test_changes_at_once_lose_nothing(redis: Redis, keys: Keys) -> None:
    stories = store(redis, keys)
    editions = ("en", "ar", "es", "fr")
    await asyncio.gather(*(stories.put("floods", e, FLOODS, by=e) for e in editions))
    texts = await stories.get("floods")
    assert (texts.version, set(texts.editions)) == (4, set(editions))


async def test_endless_races_are_a_conflict(
    redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RACES", 0)
    with pytest.raises(Conflict):
        await store(redis, keys).put("floods", "en", FLOODS, by="ana")


async def test_the_story_changed_longest_ago_is_forgotten(
    redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STORIES_MAX", 3)
    stories = store(redis, keys)
    for title, name in enumerate(("one", "two", "three", "one", "four", "five")):
        await stories.put(name, "en", StoryText(title=str(title)), by="ana")
    assert set((await stories.all())[1]) == {"one", "four", "five"}


async def test_an_unreadable_record_counts_as_none_and_can_be_replaced(
    redis: Redis, keys: Keys
) -> None:
    stories = store(redis, keys)
    await stories.put("floods", "en", FLOODS, by="ana")
    await command(redis, "HSET", keys.stories, "floods", b"7 {not json")
    assert await stories.get("floods") == StoryTexts()
    assert (await stories.put("floods", "en", FLOODS, by="ana")).version == 2
    assert (await stories.get("floods")).text("en") == FLOODS
