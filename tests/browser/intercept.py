"""Answer a page's requests in its place, from the next one on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, Page, Route


async def intercept(
    target: Page | BrowserContext, url: str, answer: Callable[[Route], Awaitable[None]]
) -> None:
    """Let ``answer`` have the requests to ``url``, a pattern, of a page or a context's pages.

    ``route`` alone returns when the browser has been told. The page's own thread hears of it by
    another way than of a key or a click, which go first: a busy page then sends what the next key
    asks for to the server. What is evaluated in the page comes after it.
    """
    await target.route(
        url, lambda route: answer(route)
    )  # it may have other parameters, with values
    pages = target.pages if isinstance(target, BrowserContext) else [target]
    await asyncio.gather(*(page.evaluate("0") for page in pages))


async def answer_late(page: Page, url: str) -> asyncio.Event:
    """Hold the answers to requests to ``url`` until the event is set: the server has acted then."""
    answered = asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        await answered.wait()
        await route.fulfill(response=answer)

    await intercept(page, url, hold)
    return answered
