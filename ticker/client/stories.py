"""Client for the texts of stories: title, summary and key points, in each edition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from ticker.client.api_requests import typed
from ticker.client.editor import Editor


@dataclass(frozen=True, slots=True)
class StoryText:
    """The text of a story in one edition."""

    title: str | None = None
    summary: str | None = None
    key_points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryTexts:
    """The texts of a story by edition. Version 0: there are none."""

    story: str
    version: int
    editions: Mapping[str, StoryText]
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> StoryTexts:
        """Return the texts in a JSON object. Raises KeyError, TypeError, AttributeError."""
        editions = {
            str(name): StoryText(text["title"], text["summary"], tuple(text["key_points"]))
            for name, text in data["editions"].items()
        }
        return cls(str(data["story"]), int(data["version"]), editions, data)


class StoryEditor(Editor):
    """An ``Editor`` that sets the texts of stories. Raises the errors of ``Editor``."""

    async def story_texts(self, story: str) -> StoryTexts:
        """Return the texts of ``story``: with a key all of them, as they are stored now.

        Without a key, those of the editions with live items, up to five seconds old.
        """
        return typed(StoryTexts.read, await self._ask("GET", _path(story)))

    async def set_story_text(
        self,
        story: str,
        edition: str,
        *,
        title: str | None = None,
        summary: str | None = None,
        key_points: Sequence[str] = (),
        version: int | None = None,
    ) -> StoryTexts:
        """Replace the text of ``story`` in ``edition``.

        ``version``: that which was read, 0 for none. Raises Stale if the texts have changed since.
        """
        body = {"title": title, "summary": summary, "key_points": list(key_points)}
        headers = {"Content-Type": "application/json"} | _if_match(version)
        return typed(
            StoryTexts.read,
            await self._ask(
                "PUT", _path(story, edition), content=orjson.dumps(body), headers=headers
            ),
        )

    async def remove_story_text(
        self, story: str, edition: str, *, version: int | None = None
    ) -> StoryTexts:
        """Remove the text of ``story`` in ``edition``: the page shows its newest headline again.

        ``version``: that which was read. Raises Stale if the texts have changed since.
        """
        headers = _if_match(version)
        answer = await self._ask("DELETE", _path(story, edition), headers=headers)
        return typed(StoryTexts.read, answer)


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _path(story: str, edition: str | None = None) -> str:
    path = f"/v1/stories/{quote(story, safe='')}/texts"
    return path if edition is None else f"{path}/{quote(edition, safe='')}"
