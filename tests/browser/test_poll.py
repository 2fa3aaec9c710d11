"""Polling: intervals, retries, rejected requests. Server and time are simulated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SETUP = """async (options) => {
  const client = await import("/client.js");
  Math.random = () => 0.5;
  window.ticker = new client.Ticker({ transports: [client.poll], ...options });
  window.heard = [];
  ticker.addEventListener("change", ({ detail: { message } }) => heard.push(message.cursor));
  ticker.start();
}"""


def problem(status: int, slug: str, detail: str) -> dict[str, Any]:
    body = {"type": f"/problems/{slug}", "title": "", "status": status, "detail": detail}
    return {
        "status": status,
        "content_type": "application/problem+json",
        "body": json.dumps(body),
    }


def item(id: str) -> dict[str, Any]:
    return {"id": id, "version": 1, "published_at": "2026-11-23T19:00:00.000Z", "pinned": False}


def items(cursor: str, *ids: str) -> dict[str, Any]:
    answer = {"cursor": cursor, "mode": "snapshot", "reset": False, "reason": None}
    return {"json": answer | {"items": [item(id) for id in ids]}}


def events(cursor: str, *ids: str, more: bool = False) -> dict[str, Any]:
    answer = {"cursor": cursor, "mode": "replay" if ids else "live", "reset": False, "reason": None}
    told = [
        {"type": "item", "cursor": f"{cursor}.{id}", "action": "publish", "item": item(id)}
        for id in ids
    ]
    return {"json": answer | {"more": more, "events": told}}


class Server:
    """Answers ``/v1/…`` with the responses of the test, then no longer."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.answers: list[dict[str, Any] | Callable[[Route], Any]] = []

    async def answer(self, route: Route) -> None:
        self.asked.append(route.request.url.removeprefix("http://modules.test/v1/"))
        if not self.answers:
            return  # no response
        answer = self.answers.pop(0)
        await (route.fulfill(**answer) if isinstance(answer, dict) else answer(route))

    async def start(self, *answers: Any, **options: Any) -> None:
        self.answers = list(answers)
        await self.page.evaluate(SETUP, options)

    async def until(self, condition: str) -> None:
        await self.page.wait_for_function(condition)

    async def phase(self) -> str:
        phase: str = await self.page.evaluate("ticker.status.phase")
        return phase

    async def asked_are(self, count: int) -> None:
        """Wait until that many requests have come."""
        await wait_until(lambda: len(self.asked) >= count)


@pytest_asyncio.fixture(loop_scope="session")
async def server(modules: Page) -> Server:
    server = Server(modules)
    await intercept(modules, "http://modules.test/v1/**", server.answer)
    await modules.clock.pause_at(2_000)
    return server


async def test_requests_a_snapshot_and_then_events_after_it(server: Server) -> None:
    await server.start(items("c1", "a"), events("c2"), events("c3", "b"), edition="en")
    await server.until("ticker.status.phase === 'live'")
    await server.page.clock.run_for(3_999)
    assert len(server.asked) == 1
    await server.page.clock.run_for(1)
    await server.until("ticker.state.cursor === 'c2'")  # only from then on it waits again
    assert len(server.asked) == 2
    await server.page.clock.run_for(4_000)
    await server.until("ticker.state.cursor === 'c3'")
    assert await server.page.evaluate("heard") == ["c1", "c3.b"]
    assert server.asked == [
        "items?edition=en&limit=20",
        "items?edition=en&limit=200&after=c1",
        "items?edition=en&limit=200&after=c2",
    ]


async def test_more_events_are_requested_at_once(server: Server) -> None:
    await server.start(
        events("c2", "a", more=True),
        events("c3", "b", more=True),
        events("c4"),
        state={"cursor": "c1"},
    )
    await server.until("ticker.state.cursor === 'c4'")
    asked = [query.partition("after=")[2].partition("&")[0] for query in server.asked]
    assert asked == ["c1", "c2", "c3"]
    assert await server.page.evaluate("heard") == ["c2.a", "c3.b"]


async def test_a_hidden_page_polls_less_often_and_polls_when_shown(server: Server) -> None:
    hide = "(how) => { Object.defineProperty(document, 'visibilityState',"
    hide += " { value: how, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"
    await server.page.evaluate(hide, "hidden")
    await server.start(items("c1"), events("c2"), events("c2"))
    await server.until("ticker.status.phase === 'live'")
    await server.page.clock.run_for(29_999)
    assert len(server.asked) == 1
    await server.page.clock.run_for(1)
    await server.until("ticker.state.cursor === 'c2'")  # it asks nothing while an answer is due
    await server.page.clock.run_for(10_000)
    assert len(server.asked) == 2
    await server.page.evaluate(hide, "visible")
    await server.asked_are(3)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_temporary_errors_are_retried(server: Server, status: int) -> None:
    await server.start(problem(status, "unavailable", "a moment please"), items("c1", "a"))
    await server.until("ticker.status.phase === 'waiting'")
    assert await server.page.evaluate("ticker.status.error") == "a moment please"
    await server.page.clock.run_for(500)
    await server.until("ticker.status.phase === 'live'")


@pytest.mark.parametrize("answer", [{"status": 403, "body": "<h1>Pay first</h1>"}, {"body": "hi"}])
async def test_responses_of_a_captive_portal_are_retried(
    server: Server, answer: dict[str, Any]
) -> None:
    """It answers for every site until its user has logged in."""
    await server.start(answer, items("c1", "a"))
    await server.until("ticker.status.phase === 'waiting'")
    await server.page.clock.run_for(500)
    await server.until("ticker.status.phase === 'live'")


async def test_a_poll_without_a_response_times_out(server: Server) -> None:
    await server.start(items("c1"))
    await server.until("ticker.status.phase === 'live'")
    await server.page.clock.run_for(4_000)
    await server.asked_are(2)  # without a response
    await server.page.clock.run_for(10_000)
    await server.until("ticker.status.phase === 'waiting'")
    await server.page.clock.run_for(1_000)
    await server.asked_are(3)


async def test_stop_aborts_the_request(server: Server) -> None:
    await server.start()
    await server.asked_are(1)
    failed = asyncio.ensure_future(server.page.wait_for_event("requestfailed"))
    await server.page.evaluate("ticker.stop()")
    assert (await failed).failure == "net::ERR_ABORTED"
    await server.page.clock.run_for(600_000)
    assert (len(server.asked), await server.phase()) == (1, "idle")


@pytest.mark.parametrize("status", [400, 403])
async def test_a_rejected_request_stops_with_its_reason(server: Server, status: int) -> None:
    refusal = problem(status, "origin", "this site may not embed this ticker")
    await server.start(refusal)
    await server.until("ticker.status.phase === 'stopped'")
    assert await server.page.evaluate("ticker.status.error") == (
        "this site may not embed this ticker"
    )
    assert len(server.asked) == 1


async def test_falls_back_to_polling_by_default(newsroom: Newsroom, browser: Browser) -> None:
    """The default order is WebSocket, server-sent events, polling."""
    page = await browser.new_page()
    await page.route_web_socket("**/v1/ws*", lambda ws: ws.close(code=1011))
    await intercept(page, "**/v1/events*", lambda route: route.abort())
    await page.goto(f"{newsroom.url}/healthz")
    tag = "plain-requests"
    item = newsroom.publish("The long way round still arrives", tags=[tag])
    await page.evaluate(
        """async (tag) => {
          const { Ticker } = await import("/client.js");
          Math.random = () => 0;
          window.ticker = new Ticker({ tag, share: false });
          ticker.start();
        }""",
        tag,
    )
    await page.wait_for_function("ticker.status.phase === 'live'")
    assert await page.evaluate("ticker.state.items.map(({ id }) => id)") == [item["id"]]
    await page.close()
