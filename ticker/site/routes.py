"""The site's rows in the route table."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.resource import Handler, Operation
from ticker.api.static_files import TYPES
from ticker.domain.errors import BadFilter, Gone, NotFound, TickerError, Unavailable
from ticker.site.pages import Pages

FRONT = "/{edition}"
"""The pattern that every other address of one part matches too: files are looked for after it."""


class SiteRoutes:
    """The pages as operations, and what answers where no operation is."""

    def __init__(self, pages: Pages, elsewhere: Handler) -> None:
        self._pages = pages
        self._elsewhere = pages.errors.guarded(elsewhere)
        self._front = pages.errors.guarded(pages.front)

    async def elsewhere(self, request: Request) -> Response:
        """Answer for any other address: a file, or a page that says that there is nothing."""
        return await self._elsewhere(request)

    async def front(self, request: Request) -> Response:
        """Answer for a method that no operation of ``FRONT`` has: refuse it, or it is a file's."""
        return await self._front(request)

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        pages = self._pages
        return [
            self._row("/", "page", "The front page in the reader's language", pages.root),
            self._row(
                "/embed", "embedding", "How to put the ticker on a site", pages.embedding, BadFilter
            ),
            self._row("/story/{story}", "story_page", "A story, live", pages.story, BadFilter),
            self._row("/item/{id}", "item_page", "An item's permalink", pages.item, Gone),
            *self._edition(FRONT, "", "The front page of an edition"),
            *self._edition(
                "/edition" + FRONT, "_at_length", "The same, of an edition whose name is taken"
            ),
        ]

    def _edition(self, front: str, name: str, text: str) -> list[Operation]:
        pages = self._pages
        return [
            self._row(front, f"front_page{name}", text, pages.front),
            self._row(
                front + "/section/{slug}", f"section_page{name}", "A section, live", pages.section
            ),
            self._row(
                front + "/region/{slug}", f"region_page{name}", "A region, live", pages.region
            ),
        ]

    def _row(
        self, path: str, name: str, summary: str, handle: Handler, *more: type[TickerError]
    ) -> Operation:
        return Operation(
            "GET",
            path,
            name,
            summary,
            self._pages.errors.guarded(handle),
            "Pages",
            answer_type=TYPES[".html"],
            problems=(*more, NotFound, Unavailable),
        )
