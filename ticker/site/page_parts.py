"""The parts of every page: its frame, the elements of the ticker and the state for the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from markupsafe import Markup

from ticker.api.browser_bundles import BrowserBundles
from ticker.api.render_faults import RenderFaults
from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.domain.item import Level
from ticker.site.addresses import Addresses
from ticker.site.assets import SiteAssets
from ticker.site.item_views import ItemView, ItemViewFactory
from ticker.site.page_frame import Frame, PageMetadata
from ticker.site.page_state import page_state
from ticker.site.ticker_element import Element, ElementOptions, Layout, element
from ticker.stream.replay import Lane
from ticker.translations import Translation, translation_for

BAR_ITEMS = 8
TOAST_ITEMS = 3


class PageParts:
    """Make the parts of pages.

    ``cursor`` is the position of the newest item event: live elements resume from it.
    """

    def __init__(
        self,
        settings: Settings,
        bundles: BrowserBundles,
        assets: SiteAssets,
        addresses: Addresses,
        vapid_public_key: str,
        clock: Callable[[], float],
        faults: RenderFaults,
    ) -> None:
        """``clock`` is seconds since 1970; an empty ``vapid_public_key`` turns alerts off."""
        self.settings = settings
        self.taxonomy = settings.taxonomy
        self.bundles = bundles
        self.addresses = addresses
        self.faults = faults
        self._assets = assets
        self._vapid_public_key = vapid_public_key
        self._clock = clock

    def view_of(self, event: LaneEvent) -> ItemView | None:
        """Return the view of an event, or None if the item cannot be shown."""
        return self.views().view_or_none(event)

    def today(self) -> datetime:
        """Return the current time in UTC. Pages depend only on its day."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def frame(self, edition: str, base: str, metadata: PageMetadata) -> Frame:
        """Return the frame of a page of ``edition``."""
        return Frame(
            self.settings,
            self.bundles,
            self._assets,
            self.addresses,
            edition,
            base,
            self.today(),
            metadata,
            self._vapid_public_key,
        )

    def state(
        self, cursor: Cursor, facets: Mapping[str, str], events: Iterable[LaneEvent], **more: object
    ) -> Markup:
        """Return the state of a page with the items of ``events``, for the browser."""
        translation = self.translation(facets["edition"])
        topics = (*self.taxonomy.sections, *self.taxonomy.regions)
        front = self.addresses.front(facets["edition"])
        badge = self.settings.favicon_badge
        return page_state(
            cursor, facets, events, translation, topics, home=front, badge=badge, **more
        )

    def select(self, lane: Lane, facets: Mapping[str, str], count: int) -> list[LaneEvent]:
        """Return the newest ``count`` items of ``facets``."""
        return lane.current_items.select(_filter(facets), count)

    def views(self) -> ItemViewFactory:
        """Return what makes views of items, at the current day."""
        return ItemViewFactory(self.taxonomy, self.addresses, self.today(), faults=self.faults)

    def bar(self, lane: Lane, cursor: Cursor, edition: str, skip: str = "") -> Element:
        """Return the bar of the newest items, without the item ``skip``."""
        facets = {"edition": edition}
        return self.element(lane, cursor, facets, "bar", BAR_ITEMS, skip=skip)

    def toast(self, lane: Lane, cursor: Cursor, edition: str) -> Element:
        """Return the element that shows urgent items over a page of ``edition``."""
        facets = {"edition": edition}
        return self.element(lane, cursor, facets, "toast", TOAST_ITEMS, Level.urgent)

    def element(
        self,
        lane: Lane,
        cursor: Cursor,
        facets: Mapping[str, str],
        layout: Layout,
        count: int,
        level: int = 0,
        skip: str = "",
    ) -> Element:
        """Return a live element with the newest items of ``facets`` and ``level``."""
        filter = _filter(facets, level)
        options = ElementOptions(
            filter, layout, count, item_href=self.addresses.item("{id}"), skip=skip
        )
        return element(lane, cursor, options, self.views())

    def translation(self, edition: str) -> Translation:
        """Return the texts of ``edition``."""
        return translation_for(self.taxonomy.editions[edition].language)

    def description(self, edition: str) -> str:
        """Return the description of a page that is about all of ``edition``."""
        label = self.taxonomy.editions[edition].label
        site = self.settings.site_name
        return self.translation(edition).text("description", site=site, edition=label)


def _filter(facets: Mapping[str, str], level: int = 0) -> Filter:
    def values(facet: str) -> frozenset[str]:
        return frozenset((facets[facet],)) if facet in facets else frozenset()

    return Filter(
        editions=values("edition"),
        sections=values("section"),
        regions=values("region"),
        level=level,
        stories=values("story"),
    )
