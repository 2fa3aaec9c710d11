"""``GET /item/{id}/card-{version}.png``: the preview picture of an item for social networks."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ticker.api.headers import not_modified
from ticker.api.live_items import LiveItems
from ticker.api.poll_routes import SHARED
from ticker.api.routing import Operation, Param
from ticker.config import Settings
from ticker.domain.errors import Gone, NotFound, TooMany, Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.speaker import with_speaker
from ticker.feeds.formats.channel import PublicItem, read_item
from ticker.site.addresses import Addresses
from ticker.site.cards.drawing import MEDIA_TYPE, Card
from ticker.site.cards.renderer import CardRenderer
from ticker.translations import translation_for

LABEL_MS = 12 * 3_600_000
"""Age at which a card loses the label of its level: the news is not breaking any more."""


class CardRoutes:
    """Handler of the preview pictures."""

    def __init__(
        self,
        live_items: LiveItems,
        settings: Settings,
        addresses: Addresses,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives seconds since 1970."""
        self._live_items = live_items
        self._settings = settings
        self._addresses = addresses
        self._clock = clock
        self.renderer = CardRenderer()

    def operations(self) -> list[Operation]:
        """Return the row of the route table."""
        return [
            Operation(
                "GET",
                "/item/{id}/card-{version}.png",
                "item_card",
                "Get the preview picture of an item for social networks",
                self.card,
                "Pages",
                text=(
                    "A PNG of 1,200 × 630 pixels: the headline, the level and the newsroom's "
                    "name. Another version than the newest redirects to the newest."
                ),
                public=True,
                params=(
                    Param("version", "path", "Version of the item."),
                    Param("If-None-Match", "header", "The ETag of the last response."),
                ),
                response_type=MEDIA_TYPE,
                problems=(NotFound, Gone, TooMany, Unavailable),
            )
        ]

    async def card(self, request: Request) -> Response:
        """Handle the request. Raises Gone for a retracted item, NotFound, TooMany, Unavailable."""
        version: str = request.path_params["version"]
        if not (version.isascii() and version.isdecimal() and len(version) < 10):
            raise NotFound(f"no resource at {request.scope['path']}")
        event = await self._live_items.item(request.path_params["id"])
        if int(version) != event.version:
            return self._redirect(event)
        fresh = self._clock() * 1000 - event.published_ms < LABEL_MS
        etag = f'"card-{event.version}-{int(fresh)}"'
        headers = {"etag": etag, "cache-control": SHARED}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        lane = self._live_items.whole()  # the item was checked
        card = self._live_items.faults.one(event, lambda event: self._card(read_item(event), fresh))
        if card is None:
            raise NotFound("the item cannot be shown")
        png = await self.renderer.png(lane, (event.item_id, event.version, fresh), card)
        newest = await self._live_items.item(event.item_id)  # drawing took a moment
        if newest.version != event.version:
            return self._redirect(newest)
        return Response(png, headers=headers, media_type=MEDIA_TYPE)

    def _redirect(self, event: LaneEvent) -> Response:
        newest = self._addresses.card(event.item_id, event.version)
        return RedirectResponse(newest, 302, {"cache-control": SHARED})

    def _card(self, item: PublicItem, fresh: bool) -> Card:
        edition = self._settings.editions.get(item["edition"])
        translation = translation_for(item["language"] if edition is None else edition.language)
        breaking = fresh and item["level"] != "ticker"
        section = translation.topic(item["sections"][0]) if item["sections"] else ""
        return Card(
            headline=with_speaker(item["speaker"], item["headline"]),
            kicker=translation.label(item["level"]) if breaking else section,
            brand=self._settings.site_name,
            rtl=item["dir"] == "rtl",
            breaking=breaking,
        )
