"""The site's routes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.routing import Handler, Operation
from ticker.api.static_files import TYPES
from ticker.domain.errors import BadFilter, Gone, NotFound, TickerError, Unavailable
from ticker.site.pages import Pages

FRONT = "/{edition}"
"""Path of an edition's front page. It matches every path of one segment, static files included."""


class SiteRoutes:
    """The pages as operations, and the fallbacks for other paths."""

    def __init__(self, pages: Pages, static_file: Handler) -> None:
        self._pages = pages
        self._static_file = pages.error_pages.with_error_pages(static_file)
        self._front = pages.error_pages.with_error_pages(pages.front)

    async def static_file(self, request: Request) -> Response:
        """Handle a path without a route: a static file, or an error page."""
        return await self._static_file(request)

    async def front(self, request: Request) -> Response:
        """Handle methods other than GET at ``FRONT``: refuse them, unless the path is a file's."""
        return await self._front(request)

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        pages = self._pages
        return [
            self._row("/", "page", "Get the front page in the reader's language", pages.root),
            self._row(
                "/embed",
                "embedding",
                "Get the guide to embedding the ticker",
                pages.embedding,
                BadFilter,
            ),
            self._row(
                "/story/{story}",
                "story_page",
                "Get the live page of a story",
                pages.story,
                BadFilter,
            ),
            self._row("/item/{id}", "item_page", "Get the page of an item", pages.item, Gone),
            *self._edition(FRONT, "", "Get the front page of an edition"),
            *self._edition(
                "/edition" + FRONT,
                "_long",
                "Get the front page of an edition whose name another route uses",
            ),
        ]

    def _edition(self, front: str, name: str, text: str) -> list[Operation]:
        pages = self._pages
        return [
            self._row(front, f"front_page{name}", text, pages.front),
            self._row(
                front + "/section/{slug}",
                f"section_page{name}",
                "Get the live page of a section",
                pages.section,
            ),
            self._row(
                front + "/region/{slug}",
                f"region_page{name}",
                "Get the live page of a region",
                pages.region,
            ),
            self._row(
                front + "/archive",
                f"archive_page{name}",
                "Get a page of older items",
                pages.archive.archive,
                BadFilter,
            ),
            self._row(
                front + "/search",
                f"search_page{name}",
                "Get the search page",
                pages.archive.search,
                BadFilter,
            ),
            self._row(
                front + "/at",
                f"board_page{name}",
                "Get the page for the board of a time",
                pages.archive.board,
            ),
            self._row(
                front + "/at/{time}",
                f"board_of_time_page{name}",
                "Get the board as it was at a time",
                pages.archive.board,
            ),
            self._row(
                front + "/following",
                f"following_page{name}",
                "Get the page of what the reader follows, which the browser fills",
                pages.following,
            ),
            self._row(
                front + "/screen",
                f"screen_page{name}",
                "Get the page of an edition for displays in studios and lobbies",
                pages.screen,
            ),
            self._row(
                front + "/corrections",
                f"corrections_page{name}",
                "Get the page of an edition's corrections and withdrawals",
                pages.corrections,
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
            self._pages.error_pages.with_error_pages(handle),
            "Pages",
            response_type=TYPES[".html"],
            problems=(*more, NotFound, Unavailable),
            refuse=self._pages.error_pages.page,
        )
