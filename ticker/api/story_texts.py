"""Routes for the texts of a story: title, summary and key points, in each edition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zlib import crc32

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.headers import PRIVATE, if_match, not_modified
from ticker.api.live_items import LiveItems
from ticker.api.older_responses import is_editor
from ticker.api.poll_routes import SHARED
from ticker.api.routing import Operation, Param, json_response
from ticker.api.schema import Schema
from ticker.api.story_text_cache import NO_TEXTS, StoryTextCache
from ticker.domain.editor import Editor
from ticker.domain.errors import (
    BadRequest,
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    Stale,
    Unauthorised,
    Unavailable,
)
from ticker.domain.item_fields import STORY
from ticker.domain.messages import said
from ticker.domain.story_text import NO_TEXT, StoryText, StoryTexts
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import validate
from ticker.publishing.story_store import STORIES_MAX, StoryStore

PATH = "/v1/stories/{story}/texts"
_IF_MATCH = Param(
    "If-Match", "header", "The version you have read, in quotes; 412 if it has changed since."
)


class ShownStoryText(Schema):
    """The text of a story in one edition."""

    title: str | None
    summary: str | None
    key_points: list[str]


class ShownStoryTexts(Schema):
    """The texts of a story by edition. Version 0: there are none."""

    story: str
    version: int
    updated_at: str | None
    editions: dict[str, ShownStoryText]


class StoryTextRoutes:
    """Handlers for editors, and the public reading of the texts."""

    def __init__(
        self,
        store: StoryStore,
        cache: StoryTextCache,
        live_items: LiveItems,
        auth: Auth,
        taxonomy: Taxonomy,
        max_body: int,
    ) -> None:
        """``max_body`` is the largest request body in bytes."""
        self._store = store
        self._cache = cache
        self._live_items = live_items
        self._auth = auth
        self._taxonomy = taxonomy
        self._max_body = max_body

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                PATH,
                "story_texts",
                "Get the title, summary and key points of a story",
                self.show,
                "Readers",
                text=(
                    "Each edition has its own. Without a text, version 0 and no editions. Readers "
                    "see the texts of the editions that have live items of the story; with a key, "
                    "the response has all texts, as they are stored now."
                ),
                key="optional",
                public=True,
                params=(Param("If-None-Match", "header", "The ETag of the last response."),),
                response=ShownStoryTexts,
                problems=(Unauthorised, Unavailable),
            ),
            Operation(
                "PUT",
                PATH + "/{edition}",
                "put_story_text",
                "Set the title, summary and key points of a story in one edition",
                self.put,
                "Editors",
                text=(
                    "Replaces the whole text of that edition. Readers see it within five seconds. "
                    f"Of more than {STORIES_MAX} stories with texts, the one that was changed "
                    "longest ago loses its text."
                ),
                key="required",
                permission="publish",
                params=(_IF_MATCH,),
                body=StoryText,
                response=ShownStoryTexts,
                problems=(*BODY_PROBLEMS, Unauthorised, NotFound, Conflict, Stale, Unavailable),
            ),
            Operation(
                "DELETE",
                PATH + "/{edition}",
                "remove_story_text",
                "Remove the text of a story in one edition",
                self.remove,
                "Editors",
                key="required",
                permission="publish",
                params=(_IF_MATCH,),
                response=ShownStoryTexts,
                problems=(BadRequest, Unauthorised, NotFound, Conflict, Stale, Unavailable),
            ),
        ]

    async def show(self, request: Request) -> Response:
        """Handle ``GET /v1/stories/{story}/texts``."""
        story: str = request.path_params["story"]
        if await is_editor(request, self._auth):
            # Not from the cache: what an editor changes next is what is stored now.
            texts = await self._store.get(story)
            cache, etag = PRIVATE, f'"{texts.version}"'
        else:
            texts = self._public(story)
            names = crc32(" ".join(sorted(texts.editions)).encode())
            cache, etag = SHARED, f'"{self._cache.changes}-{texts.version}-{names:x}"'
        headers = {"etag": etag, "cache-control": cache, "vary": "Authorization"}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        return json_response(_shown(story, texts), headers=headers)

    def _public(self, story: str) -> StoryTexts:
        """Return the texts of the editions in which the story has live items.

        A text may be written before the first item is published, and outlive the last one.
        """
        live = {event.edition for event in self._live_items.lane().current_items.story(story)}
        texts = self._cache.of(story)
        editions = {name: text for name, text in texts.editions.items() if name in live}
        return replace(texts, editions=editions) if editions else NO_TEXTS

    async def put(self, request: Request) -> Response:
        """Handle ``PUT /v1/stories/{story}/texts/{edition}``."""
        editor = await self._auth.editor(request, "publish")
        text = validate(StoryText, await read_json(request, self._max_body))
        if text.empty:
            raise Invalid([FieldError("title", said("story-empty"))])
        return await self._change(request, text, editor)

    async def remove(self, request: Request) -> Response:
        """Handle ``DELETE /v1/stories/{story}/texts/{edition}``."""
        editor = await self._auth.editor(request, "publish")
        return await self._change(request, NO_TEXT, editor)

    async def _change(self, request: Request, text: StoryText, editor: Editor) -> Response:
        story: str = request.path_params["story"]
        edition: str = request.path_params["edition"]
        if STORY.fullmatch(story) is None:
            raise NotFound("no story can have this name")
        if message := self._taxonomy.unknown("edition", [edition]):
            raise NotFound(message)
        editor.check_edition(edition)
        texts = await self._store.put(
            story, edition, text, by=editor.name, if_match=if_match(request)
        )
        await self._cache.refresh()
        headers = {"etag": f'"{texts.version}"', "cache-control": PRIVATE}
        return json_response(_shown(story, texts), headers=headers)


def _shown(story: str, texts: StoryTexts) -> dict[str, Any]:
    return {
        "story": story,
        "version": texts.version,
        "updated_at": texts.updated_at or None,
        "editions": {name: text.model_dump() for name, text in texts.editions.items()},
    }
