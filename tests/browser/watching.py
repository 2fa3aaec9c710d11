"""Pages whose script errors and violations of their policy fail a test."""

from __future__ import annotations

from playwright.async_api import ConsoleMessage, Page

WAIT_MS = 30_000
"""Bound of everything that a test waits for on a page; a busy machine is no defect."""


def watch_page(page: Page, wrong: list[str]) -> None:
    """Note script errors and violations of the policy in ``wrong``; bound the page's waits."""

    def hear(message: ConsoleMessage) -> None:
        if "Content Security" in message.text or "Refused to" in message.text:
            wrong.append(message.text)

    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", hear)
