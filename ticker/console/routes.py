"""The console's pages. What they change goes through the editors' API, as for everybody else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.browser_bundles import Bundle
from ticker.api.routing import Handler, Operation, Param
from ticker.api.static_files import TYPES
from ticker.config import EditionSettings, Settings
from ticker.console.refusal_page import with_refusal_page
from ticker.console.rendering import HERE, as_json, render
from ticker.console.rows import VIEWS, cancellation, row, shown
from ticker.console.sign_in import SignInPage, provider_label
from ticker.console.texts import Texts, refusals, texts_for, view_texts
from ticker.console.views import places_for
from ticker.domain.editor import ALERT_LEVELS, PERMISSIONS, Editor
from ticker.domain.errors import (
    Forbidden,
    NotFound,
    TickerError,
    TooMany,
    Unauthorised,
    Unavailable,
)
from ticker.domain.item import Item
from ticker.publishing.history import HistoryEntry
from ticker.publishing.locks import Locks
from ticker.translations import translation_for

ROWS_MAX = 100
"""Items on the board, the newest. Older ones are found by the site's search."""
SEARCHED_MAX = 200
"""Newest items that a search on the board goes through."""
WORDS_MAX = 100
"""Characters of a search on the board; further ones are left out."""


class Items(Protocol):
    """The items of the newsroom, as the console reads them. Methods raise Unavailable."""

    locks: Locks

    async def latest(self, limit: int) -> list[Item]:
        """Return the newest items in any state, newest first."""

    async def drafts(self, limit: int) -> list[Item]:
        """Return the drafts, newest first."""

    async def scheduled(self, limit: int) -> list[Item]:
        """Return the scheduled items, the next first."""

    async def get(self, id: str) -> Item:
        """Return an item. Raises NotFound."""

    async def history(self, id: str) -> list[HistoryEntry]:
        """Return the item's changes, oldest first."""


class ConsoleRoutes:
    """Handlers of the pages and of their parts."""

    def __init__(
        self, items: Items, auth: Auth, settings: Settings, sign_in_page: SignInPage
    ) -> None:
        self._sign_in_page = sign_in_page
        self._items = items
        self._auth = auth
        self._settings = settings
        self._assets = _assets()

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""

        def whole(handle: Handler) -> Handler:
            return with_refusal_page(handle, self._settings.site_name)

        return [
            self._page("/console", "console", "Get the editors' console", whole(self.console)),
            self._page(
                "/console/drill", "console_drill", "Get the console for a drill", whole(self.drill)
            ),
            self._page("/console/sign-in", "sign_in_page", "Get the page to sign in", self.sign_in),
            self._page("/console/board", "console_board", "Get the rows of the board", self.board),
            self._page(
                "/console/items/{id}",
                "console_item",
                "Get an item's panel in the console",
                self.item,
            ),
            Operation(
                "GET",
                "/console/assets/{name}",
                "console_asset",
                "Get a script or style sheet of the console",
                self.asset,
                "Console",
                params=(Param("name", "path", "Name of the file."),),
                response_type="*/*",
                problems=(NotFound,),
            ),
        ]

    def _page(self, path: str, name: str, summary: str, handle: object) -> Operation:
        problems: tuple[type[TickerError], ...] = (
            *(Unauthorised, Forbidden, NotFound, TooMany, Unavailable),
        )
        return Operation(
            *("GET", path, name, summary, handle, "Console"),  # type: ignore[arg-type]
            response_type=TYPES[".html"],
            problems=problems,
        )

    async def sign_in(self, request: Request) -> Response:
        """Handle ``GET /console/sign-in``."""
        return await self._sign_in_page.page(request)

    async def console(self, request: Request) -> Response:
        """Handle ``GET /console``: the page, or the form to sign in."""
        return await self._console(request, drill=False)

    async def drill(self, request: Request) -> Response:
        """Handle ``GET /console/drill``: the page that makes and shows test items alone."""
        return await self._console(request, drill=True)

    async def _console(self, request: Request, *, drill: bool) -> Response:
        editor = await self._auth.visitor(request)
        if editor is None:
            return await self.sign_in(request)
        if drill:
            editor.check("draft")
        texts = texts_for(request)
        editions = self._editions(editor)
        language = texts.language
        topics = translation_for(language)
        return self._render(
            texts,
            "console.html",
            editor=editor,
            places=places_for(editor),
            place="console",
            permissions=PERMISSIONS[editor.role],
            editions=editions,
            edition=self._first(editions, language),
            levels=self._levels(editor),
            sections=[(slug, topics.topic(slug)) for slug in self._settings.sections],
            regions=[(slug, topics.topic(slug)) for slug in self._settings.regions],
            views=VIEWS,
            drill=drill,
            provider=provider_label(self._settings),
            two_person=list(self._settings.two_person_levels),
            rows=await self._rows(editor, "test" if drill else "all", "", ""),
            searched=False,
            settings=as_json(
                {
                    "editions": {
                        name: {"dir": one.dir, "lang": one.language}
                        for name, one in self._settings.editions.items()
                    },
                    "alerts": sorted(ALERT_LEVELS),
                    "drill": drill,
                    "twoPerson": list(self._settings.two_person_levels),
                    "site": self._settings.site_name,
                    "mayAlert": "alert" in PERMISSIONS[editor.role],
                    "mayPublish": "publish" in PERMISSIONS[editor.role],
                    "words": {**view_texts(texts).script, **texts.script},
                    "refusals": dict(refusals(texts)),
                    "lang": texts.language,
                    "utc": topics.site["utc"],
                }
            ),
        )

    async def board(self, request: Request) -> Response:
        """Handle ``GET /console/board``: the rows for a view, an edition and words."""
        editor = await self._editor(request)
        query = request.query_params
        view = query.get("view", "all")
        rows = await self._rows(
            editor,
            view if view in VIEWS else "all",
            query.get("edition", ""),
            query.get("q", "")[:WORDS_MAX],
        )
        return self._render(
            texts_for(request), "board.html", rows=rows, searched=bool(query.get("q"))
        )

    async def item(self, request: Request) -> Response:
        """Handle ``GET /console/items/{id}``: an item, what may be done to it, and its history."""
        editor = await self._editor(request)
        id: str = request.path_params["id"]
        item = await self._items.get(id)
        history = await self._items.history(id)
        locks = await self._items.locks.holders([id])
        return self._render(
            texts_for(request),
            "item.html",
            row=row(item, editor, locks.get(id, "")),
            cancellation=cancellation(
                item, editor, translation_for(item.language).push["withdrawn"]
            ),
            history=list(reversed(history)),
            may_correct=editor.role != "reporter" or item.state == "draft",
        )

    async def asset(self, request: Request) -> Response:
        """Handle ``GET /console/assets/{name}``."""
        found = self._assets.get(request.path_params["name"])
        if found is None:
            raise NotFound("the console has no such file")
        return found.respond(request, "no-cache")

    async def _rows(self, editor: Editor, view: str, edition: str, words: str) -> list[object]:
        limit = SEARCHED_MAX if words or edition or view != "all" else ROWS_MAX
        if view == "draft":
            found = await self._items.drafts(limit)
        elif view == "scheduled":
            found = await self._items.scheduled(limit)
        else:
            found = await self._items.latest(limit)
        items = shown(found, view, edition, words)[:ROWS_MAX]
        locks = await self._items.locks.holders([item.id for item in items])
        return [row(item, editor, locks.get(item.id, "")) for item in items]

    async def _editor(self, request: Request) -> Editor:
        editor = await self._auth.visitor(request)
        if editor is None:
            raise Unauthorised("your session has ended; sign in again")
        return editor

    def _editions(self, editor: Editor) -> dict[str, EditionSettings]:
        return {
            name: one
            for name, one in self._settings.editions.items()
            if editor.editions is None or name in editor.editions
        }

    def _first(self, editions: dict[str, EditionSettings], language: str) -> str:
        """Return the edition that the form begins with: one in the language of the page."""
        own = (name for name, one in editions.items() if one.language.startswith(language))
        return next(own, next(iter(editions), ""))

    def _levels(self, editor: Editor) -> list[str]:
        alert = "alert" in PERMISSIONS[editor.role]
        drafts = "publish" not in PERMISSIONS[editor.role]
        every = ("ticker", "urgent", "bulletin", "flash")
        return [level for level in every if alert or drafts or level not in ALERT_LEVELS]

    def _render(self, texts: Texts, template: str, **values: object) -> Response:
        return render(texts, self._settings.site_name, template, **values)


@cache
def _assets() -> Mapping[str, Bundle]:
    return {
        path.name: Bundle(path.read_bytes(), TYPES[path.suffix])
        for path in (HERE / "static").iterdir()
        if path.suffix in (".js", ".css")
    }
