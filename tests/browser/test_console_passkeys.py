"""Passkeys in Chromium, with an authenticator of its own: add one, sign in with it, remove it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.test_console import PASSWORD
from tests.browser.test_console_views import axe
from tests.browser.watching import watch_page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def test_a_passkey_is_a_complete_sign_in(browser: Browser, newsroom: Newsroom) -> None:
    url = newsroom.url.replace("127.0.0.1", "localhost")  # passkeys belong to names
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {newsroom.key}"}) as chief:
        person = {"name": "Pia Kell", "role": "editor", "password": PASSWORD}
        assert (await chief.post(f"{newsroom.url}/v1/people", json=person)).status_code == 201
    wrong: list[str] = []
    context = await browser.new_context(locale="en-GB")
    entry = {"name": "Pia Kell", "password": PASSWORD}
    assert (await context.request.post(f"{url}/v1/session", data=entry)).ok
    page = await context.new_page()
    watch_page(page, wrong)
    cdp = await context.new_cdp_session(page)
    await cdp.send("WebAuthn.enable")
    made = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    device = {"authenticatorId": made["authenticatorId"]}
    await page.goto(f"{url}/console/account")
    form = page.locator("#passkey")
    provided: dict[str, Any] = {"has_password": False, "openid": True, "proved_until": None}

    async def as_of_a_provider(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json=await answer.json() | provided)

    await intercept(page, "**/v1/account", as_of_a_provider)
    for until in (None, "2099-01-01T00:00:00Z"):
        provided["proved_until"] = until
        await page.reload()
        await expect(page.locator("[data-own-password]")).to_have_text("Set a password")
        await page.locator("[data-add-passkey]").click()
        await expect(form.locator("[name=password]")).to_be_hidden()
        await expect(form.locator("[type=submit]")).to_be_visible(visible=until is not None)
    await page.unroute("**/v1/account")
    await page.reload()
    await page.locator("[data-add-passkey]").click()
    await form.locator("[name=name]").fill("Desk <b>phone")
    await form.locator("[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(form.locator(".form-error")).to_contain_text("change it first")
    await page.keyboard.press("Escape")
    await page.locator("[data-own-password]").click()
    own = page.locator("#password")
    await own.locator("[name=password]").fill(PASSWORD)
    await own.locator("[name=new_password]").fill("eleven white swans")
    await page.keyboard.press("Enter")
    await expect(own).to_be_hidden()
    await page.locator("[data-add-passkey]").click()
    await form.locator("[name=name]").fill("Desk <b>phone")
    await form.locator("[name=password]").fill("eleven white swans")
    await page.keyboard.press("Enter")
    rows = page.locator("[data-passkeys] .row")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Desk <b>phone")
    await expect(rows).to_contain_text("Never used")
    await axe(page, "passkeys")
    await page.locator(".menu summary").click()
    await page.locator("[data-sign-out]").click()
    await page.wait_for_url("**/console/sign-in")
    await cdp.send("WebAuthn.setUserVerified", device | {"isUserVerified": False})
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.locator(".form-error")).to_contain_text("not confirmed that it is you")
    await cdp.send("WebAuthn.setUserVerified", device | {"isUserVerified": True})
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url("**/console")
    await expect(page.locator(".menu summary")).to_contain_text("Pia Kell")
    await page.goto(f"{url}/console/account")
    await expect(rows).to_contain_text("Last used")
    await rows.get_by_role("button", name="Remove").click()
    proof = page.locator("#proof")
    await expect(proof).to_contain_text("Remove the passkey Desk <b>phone?")
    await proof.locator("[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(proof.locator(".form-error")).to_contain_text("is wrong")
    await axe(page, "a passkey is removed")
    await proof.locator("[name=password]").fill("")
    await expect(proof).to_contain_text("confirm with a passkey")
    await page.keyboard.press("Enter")
    await expect(proof).to_be_hidden()
    await expect(rows).to_have_count(0)
    await page.locator(".menu summary").click()
    await page.locator("[data-sign-out]").click()
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.locator(".form-error")).to_contain_text("account here has this passkey")
    await context.close()
    assert wrong == []
