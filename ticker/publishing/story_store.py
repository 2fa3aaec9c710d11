"""The texts of stories in Redis. Each change replaces a record that nobody else has changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

import orjson
from pydantic import ValidationError

from ticker.domain.clock import rfc3339
from ticker.domain.errors import Conflict, Stale
from ticker.domain.messages import said
from ticker.domain.story_text import StoryText, StoryTexts
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, script

log = logging.getLogger(__name__)

STORIES_MAX = 500
"""Stories with texts. Beyond that, the one that was changed longest ago is forgotten."""
RACES = 5
"""Attempts of one change before giving up, when other changes keep coming first."""
_CHANGES = b""
"""Field that counts the changes of all stories: no version of any story is higher."""


class StoryStore:
    """The texts of stories. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys, clock: Callable[[], int]) -> None:
        """``clock`` returns ms since 1970."""
        self._redis = redis
        self._keys = keys
        self._clock = clock

    async def get(self, story: str) -> StoryTexts:
        """Return the texts of ``story``; version 0 if there are none."""
        with translate():
            record = await command(self._redis, "HGET", self._keys.stories, story)
        return _read(record or b"")

    async def put(
        self,
        story: str,
        edition: str,
        text: StoryText,
        *,
        by: str,
        if_match: Collection[int] | None = None,
    ) -> StoryTexts:
        """Replace the text of ``story`` in ``edition``; an empty text removes it.

        The text that it has already makes no new version. After its last text was removed, a story
        has version 0, and its next one is a version that it never had.
        Raises Stale if the version is none of ``if_match``, Conflict if others keep changing it.
        """
        for _ in range(RACES):
            with translate():
                found = await command(self._redis, "HMGET", self._keys.stories, story, _CHANGES)
            before, changes = found[0] or b"", int(found[1] or 0)
            old = _read(before)
            if if_match is not None and old.version not in if_match:
                raise Stale(old.version, "text of the story")
            readable = old.version > 0 or not before
            if readable and old.text(edition) == text:
                return old
            now = self._clock()
            new = old.with_text(
                edition, text, version=(old.version or changes) + 1, at=rfc3339(now), by=by
            )
            after = _record(new, now) if new.editions else b""
            args: list[Arg] = [story, before, after, STORIES_MAX, changes]
            if await script("publishing", "put_story")(self._redis, [self._keys.stories], args):
                log.info(
                    "story text changed: %s, edition %s, version %d, by %s",
                    *(story, edition, new.version, by),
                )
                return new if new.editions else StoryTexts()
        raise Conflict(said("story-busy"))

    async def changes(self) -> int:
        """Return a number that every change of any story raises."""
        with translate():
            return int(await command(self._redis, "HGET", self._keys.stories, _CHANGES) or 0)

    async def all(self) -> tuple[int, dict[str, StoryTexts]]:
        """Return the number of changes, and the texts of every story that has any."""
        with translate():
            found = await command(self._redis, "HGETALL", self._keys.stories)
        changes = int(found.pop(_CHANGES, 0))
        return changes, {name.decode(): _read(record) for name, record in found.items()}


def _record(texts: StoryTexts, now_ms: int) -> bytes:
    body = {
        "version": texts.version,
        "at": texts.updated_at,
        "by": texts.updated_by,
        "editions": {name: text.model_dump() for name, text in texts.editions.items()},
    }
    return b"%d %b" % (now_ms, orjson.dumps(body))


def _read(record: bytes) -> StoryTexts:
    """Return the texts in a record. One that cannot be read counts as none, with its version."""
    if not record:
        return StoryTexts()
    try:
        body = orjson.loads(record.partition(b" ")[2])
        editions = {name: StoryText.model_validate(t) for name, t in body["editions"].items()}
        return StoryTexts(int(body["version"]), body["at"], body["by"], editions)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        log.warning("a story's texts cannot be read: %s", type(error).__name__)
        return StoryTexts()
