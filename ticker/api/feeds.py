"""Routes for feeds: JSON Feed, Atom, RSS and ninjs of the items that match a filter.

They are served from memory; no request costs a Redis command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.cached_responses import CachedResponses
from ticker.api.headers import http_date, unchanged
from ticker.api.live_items import LiveItems
from ticker.api.public_address import base_of
from ticker.api.query import FILTER_PARAMS, filter_of, limit_of, query_of
from ticker.api.routing import Handler, Operation, Param
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.errors import BadFilter, Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.filter import EVERYTHING, Filter
from ticker.domain.filter_query import query_pairs
from ticker.domain.item import Level
from ticker.feeds.formats import atom_rss, jsonfeed, ninjs
from ticker.feeds.formats.channel import Channel, FeedTexts, read_item, retractions, uri
from ticker.feeds.formats.websub_topics import feed_address
from ticker.stream.replay import Lane
from ticker.translations import feed_texts

ITEMS_DEFAULT, ITEMS_MAX = 50, 200
BYTES_MAX = 8 * 1_048_576
"""Bytes of the cached feeds; a feed of 50 items has about 50 KB."""

CACHE = "public, max-age=10, stale-while-revalidate=10"
"""A shared cache may hold a retracted text for these twenty seconds, which is why they are few.
Aggregators poll every few minutes at most, so a longer time would hardly save requests."""

CONDITIONS = (
    Param(
        "If-None-Match", "header", "The ETag of the last response; takes precedence over the date."
    ),
    Param("If-Modified-Since", "header", "The Last-Modified of the last response."),
)


@dataclass(frozen=True, slots=True)
class Format:
    """One feed format; its address ends with ``name``."""

    name: str
    title: str
    media_type: str
    render: Callable[[Channel], bytes]


FORMATS = (
    Format("json", "JSON Feed 1.1", jsonfeed.MEDIA_TYPE, jsonfeed.render),
    Format("atom", "Atom, with deleted entries", atom_rss.ATOM_TYPE, atom_rss.atom),
    Format("rss", "RSS 2.0", atom_rss.RSS_TYPE, atom_rss.rss),
    Format("ninjs", "ninjs 3.1, a package of items", ninjs.MEDIA_TYPE, ninjs.package),
)


class FeedRoutes:
    """Handlers of the feeds."""

    def __init__(self, live_items: LiveItems, settings: Settings) -> None:
        self._live_items = live_items
        self._settings = settings
        self._taxonomy = settings.taxonomy
        self._texts = feed_texts(self._taxonomy.editions)
        self._responses = CachedResponses(bytes_max=BYTES_MAX)

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                f"/v1/feed.{format.name}",
                f"feed_{format.name}",
                f"Get the newest items as {format.title}",
                self._handler(format),
                "Feeds",
                text=(
                    "Takes the same filter as the poll. A feed without a filter and a feed of one "
                    "edition link to the WebSub hubs. A retracted item is removed at once."
                ),
                public=True,
                params=(
                    *FILTER_PARAMS,
                    Param(
                        "limit",
                        "query",
                        f"Maximum number of items, 1 to {ITEMS_MAX}.",
                        {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": ITEMS_MAX,
                            "default": ITEMS_DEFAULT,
                        },
                    ),
                    *CONDITIONS,
                ),
                response_type=format.media_type,
                problems=(BadFilter, Unavailable),
            )
            for format in FORMATS
        ]

    def _handler(self, format: Format) -> Handler:
        async def handle(request: Request) -> Response:
            return self._answer(request, format)

        return handle

    def _answer(self, request: Request, format: Format) -> Response:
        lane = self._live_items.lane()
        pairs, own = query_of(request, ("limit",))
        filter = filter_of(pairs, self._taxonomy)
        limit = limit_of(own.get("limit", []), ITEMS_DEFAULT, ITEMS_MAX)
        base = base_of(request, self._settings)
        feed = feed_address(base, format.name, canonical_query(filter, limit))
        has_hubs = is_topic(filter, limit, self._settings)
        hubs = tuple(map(uri, self._settings.websub_hubs)) if has_hubs else ()

        def make() -> bytes:
            return self._live_items.faults.together(
                lane.current_items.select(filter, limit),
                lambda events: format.render(self._channel(lane, filter, events, base, feed, hubs)),
            )

        found = self._responses.get(lane, (format.name, base, filter, limit), make)
        # W3C WebSub §4: subscribers look for both links in the headers first.
        links = [f'<{hub}>; rel="hub"' for hub in hubs] + [f'<{feed}>; rel="self"']
        extra = {"link": ", ".join(links)}
        return conditional(
            request, found.body, found.etag, last_modified(lane), format.media_type, extra
        )

    def _channel(
        self,
        lane: Lane,
        filter: Filter,
        events: Sequence[LaneEvent],
        base: str,
        feed: str,
        hubs: tuple[str, ...],
    ) -> Channel:
        editions = self._taxonomy.editions
        # The feed of one edition has its language and words, and links to its front page.
        only = next(iter(filter.editions)) if len(filter.editions) == 1 else None
        alone = only is not None and filter == Filter(editions=filter.editions)
        texts = FeedTexts() if only is None else self._texts[only]
        labels = [editions[name].label or name for name in sorted(filter.editions)]
        return Channel(
            base=base,
            site=self._settings.site_name,
            title=feed_title(self._settings.site_name, labels, filter, texts),
            home=f"{base}/{only}" if alone else f"{base}/",
            feed=feed,
            language=None if only is None else editions[only].language,
            hubs=hubs,
            items=tuple(map(read_item, events)),
            retractions=retractions(lane, filter),
            texts=self._texts,
        )


def canonical_query(filter: Filter, limit: int = ITEMS_DEFAULT) -> str:
    """Return the canonical query string of a feed."""
    pairs = query_pairs(filter)
    if limit != ITEMS_DEFAULT:
        pairs.append(("limit", str(limit)))
    return urlencode(pairs, safe=",")


def is_topic(filter: Filter, limit: int, settings: Settings) -> bool:
    """Return whether workers notify the hubs about this feed (``workers.websub``).

    This needs ``public_url``: a hub identifies a topic by one address.
    """
    editions = Filter(editions=filter.editions)
    return (
        bool(settings.public_url)
        and limit == ITEMS_DEFAULT
        and (filter == EVERYTHING or (filter == editions and len(filter.editions) == 1))
    )


def feed_title(site: str, labels: list[str], filter: Filter, texts: FeedTexts) -> str:
    """Return the feed's title: the newsroom's name and the filter."""
    topics = [texts.topic(slug) for slug in sorted(filter.sections | filter.regions)]
    level = [Level(filter.level).name] if filter.level else []
    about = [*labels, *topics, *sorted(filter.tags), *level]
    return f"{site}: {', '.join(about)}" if about else site


def last_modified(lane: Lane) -> int | None:
    """Return the time of the newest item event in seconds since 1970, or None.

    None if a date of whole seconds would not distinguish two states: after two events within one
    second, or after a retraction. A client with that date might keep a retracted text.
    """
    last = lane.window.last
    if last is None or last.action == "retract":
        return None
    second = last.id.ms // 1000
    begin = StreamId(second * 1000, 0).before()
    if not lane.window.holds(begin) or len(lane.window.after(begin, 2)) != 1:
        return None
    return second


def conditional(
    request: Request,
    body: bytes,
    etag: str,
    modified: int | None,
    media_type: str,
    extra: Mapping[str, str] | None = None,
    cache: str = CACHE,
) -> Response:
    """Return the response, or 304 if the client has it (RFC 9110 §13)."""
    headers = {"etag": etag, "cache-control": cache, **(extra or {})}
    if modified is not None:
        headers["last-modified"] = http_date(modified)
    if unchanged(request, etag, modified):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers | {"content-type": media_type})
