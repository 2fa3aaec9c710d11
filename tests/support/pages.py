"""The site without a store: the test writes the lane and reads the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.support.in_memory import InMemoryNewsroom
from tests.support.newsroom import FakeGateway, build_application, unreachable_redis
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.domain.event import Heartbeat, LaneEvent
from ticker.storage.connection import Redis

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
VOID = frozenset({"base", "br", "img", "input", "link", "meta", "wbr"})


class Html(HTMLParser):
    """A parsed page: its elements in order, and the text of each. All elements must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Mapping[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for place in self._open:
            self.texts[place] += data

    def all(self, tag: str, **wanted: str) -> list[Mapping[str, str | None]]:
        """Return the attributes of every such element; ``class_`` is one of its classes."""
        return [self.elements[place][1] for place in self._places(tag, wanted)]

    def one(self, tag: str, **wanted: str) -> Mapping[str, str | None]:
        found = self.all(tag, **wanted)
        assert len(found) == 1, (tag, wanted, found)
        return found[0]

    def said(self, tag: str, **wanted: str) -> list[str]:
        """Return the text of every such element, in single spaces."""
        return [" ".join(self.texts[place].split()) for place in self._places(tag, wanted)]

    def _places(self, tag: str, wanted: Mapping[str, str]) -> list[int]:
        names = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}
        return [
            place
            for place, (name, attrs) in enumerate(self.elements)
            if name == tag and all(_has(attrs, *one) for one in names.items())
        ]


def _has(attrs: Mapping[str, str | None], name: str, value: str) -> bool:
    found = attrs.get(name) or ""
    return value in found.split() if name == "class" else found == value


class SitePages:
    """Pages of an in-memory lane; see ``serving_pages``."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self.news = InMemoryNewsroom()
        self.gateway = FakeGateway()
        app = build_application(settings, redis, gateway=self.gateway)
        transport = httpx.ASGITransport(app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://newsroom.test")

    def publish(self, headline: str = "Ferry service resumes", **fields: Any) -> LaneEvent:
        return self.take(self.news.publish(headline, **fields))

    def take(self, event: LaneEvent) -> LaneEvent:
        assert self.gateway.lane.advance(event)
        return event

    def beat(self) -> None:
        """Move the lane by a heartbeat, without news."""
        position = self.gateway.lane.position
        self.gateway.lane.advance(Heartbeat(StreamId(position.ms, position.seq + 1), 0))

    async def get(self, path: str, status: int = 200, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.http.get(path, headers=BROWSER | named)
        assert response.status_code == status, response.text
        return response

    async def page(self, path: str, status: int = 200, **headers: str) -> Html:
        response = await self.get(path, status, **headers)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return Html(response.text)


@asynccontextmanager
async def serving_pages(settings: Settings | None = None) -> AsyncIterator[SitePages]:
    """Serve pages without a store: a page that asks the store gets an error."""
    redis = unreachable_redis()
    site = SitePages(settings or Settings(), redis)
    async with site.http:
        yield site
    await redis.aclose()
