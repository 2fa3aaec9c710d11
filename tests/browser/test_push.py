"""Alerts in Chromium: the button, and the service worker's handling of push messages.

Chromium subscribes only through Google's push service, which the tests cannot reach: a private
window rejects the subscription, a normal one waits forever. Both failures are tested; the other
tests use a fake push service (``SERVICE``). Messages are real push events, sent through DevTools.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Route,
    Worker,
    async_playwright,
    expect,
)

from tests.browser.conftest import WITH_WINDOWS, chromium
from tests.browser.intercept import intercept
from tests.browser.newsroom import Newsroom
from tests.browser.test_site import AXE
from tests.browser.watching import WAIT_MS, watch_page
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SERVICE = """
  const point = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW" +
    "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
  const held = JSON.parse(localStorage.getItem("service") ?? "null");
  const made = (endpoint, key) => ({
    endpoint,
    options: { applicationServerKey: Uint8Array.from(key).buffer },
    toJSON: () => ({ endpoint, keys: { p256dh: point, auth: "A".repeat(22) } }),
    unsubscribe: async () => { localStorage.removeItem("service"); now = null; return true; },
  });
  let now = held && made(held.endpoint, held.key);
  PushManager.prototype.getSubscription = async () => now;
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    if (now) return now;
    const endpoint = "https://push.example.org/send/" + Math.random().toString(36).slice(2);
    const key = [...applicationServerKey];
    localStorage.setItem("service", JSON.stringify({ endpoint, key }));
    return (now = made(endpoint, key));
  };
"""
"""A fake push service for one context: creates endpoints and stores the last one."""

Opened = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The browser of these tests: the headless shell has no notifications."""
    async with chromium(*WITH_WINDOWS) as browser:
        yield browser


@pytest.fixture(scope="module")
def alerts_newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom for these tests: together with others they would exceed the rate limit."""
    newsroom = Newsroom(tmp_path_factory.mktemp("alerts") / "data")
    newsroom.start()
    try:
        yield newsroom
    finally:
        newsroom.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def opened(browser: Browser, alerts_newsroom: Newsroom) -> AsyncIterator[Opened]:
    """Open a page of the site in a new context, by default with permission for notifications."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    async def opened(
        path: str = "/en", *, may: bool = True, service: bool = False, before: str = "", **how: Any
    ) -> Page:
        context = await browser.new_context(**({"locale": "en-GB"} | how))
        contexts.append(context)
        if may:
            await context.grant_permissions(["notifications"], origin=alerts_newsroom.url)
        if service:
            await context.add_init_script(f"{{{SERVICE}}}")
        if before:
            await context.add_init_script(before)
        page = await context.new_page()
        watch_page(page, wrong)
        await page.goto(f"{alerts_newsroom.url}{path}")
        await page.wait_for_selector("#alerts-button:visible")
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert wrong == []


async def panel(page: Page) -> None:
    await page.locator("#alerts-button").click()
    await expect(page.locator("#alerts")).to_be_visible()


async def state(page: Page, wanted: str) -> None:
    await expect(page.locator("#alerts")).to_have_attribute("data-state", wanted)


# The button


PUSH_CACHE = "caches.keys().then((names) => names.filter((name) => name.includes('push')))"


async def test_nothing_is_requested_or_subscribed_before_a_click(opened: Opened) -> None:
    asked = "Notification.requestPermission = () => { document.title = 'asked'; };"
    page = await opened(may=False, before=asked)
    await panel(page)
    await state(page, "off")
    assert "asked" not in await page.title()
    subscribed = "navigator.serviceWorker.ready.then((one) => one.pushManager.getSubscription())"
    assert await page.evaluate(subscribed) is None
    assert await page.evaluate(PUSH_CACHE) == []


async def test_alerts_are_hidden_without_javascript(
    alerts_newsroom: Newsroom, browser: Browser
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{alerts_newsroom.url}/en")
    for part in ("#alerts-button", "#alerts"):
        await expect(page.locator(part)).to_have_count(1)
        await expect(page.locator(part)).to_be_hidden()
    await context.close()


async def test_a_failed_subscription_is_reported_and_can_be_retried(
    opened: Opened,
) -> None:
    """A private window of Chromium rejects subscriptions; a page cannot know before trying."""
    page = await opened()
    await panel(page)
    await page.get_by_role("button", name="Turn on alerts").click()
    await state(page, "failed")
    await expect(page.locator("#alerts [role=status]")).to_have_text(
        "Something went wrong. No changes were saved."
    )
    again = page.get_by_role("button", name="Try again")
    await expect(again).to_be_focused()
    await again.click()
    await state(page, "failed")
    found = await page.evaluate(
        "navigator.serviceWorker.ready.then(({scope, active}) => [scope, active.scriptURL])"
    )
    assert [address.rpartition(":")[2].partition("/")[2] for address in found] == ["", "push-sw.js"]


async def test_a_push_service_that_does_not_answer_times_out(
    alerts_newsroom: Newsroom, tmp_path: Path
) -> None:
    """Chromium's promise never settles if it is offline."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"),
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            locale="en-GB",
        )
        await context.grant_permissions(["notifications"], origin=alerts_newsroom.url)
        page = context.pages[0]
        await page.clock.install()
        await page.goto(f"{alerts_newsroom.url}/en")
        await panel(page)
        await page.get_by_role("button", name="Turn on alerts").click()
        await state(page, "working")
        await expect(page.locator(".alerts-submit")).to_have_attribute("aria-disabled", "true")
        await page.evaluate("navigator.serviceWorker.ready")
        for _ in range(20):  # the timeout starts some time after the worker is ready
            await page.clock.run_for(1_000)
        await state(page, "failed")
        await context.close()


async def test_turn_on_change_and_turn_off(alerts_newsroom: Newsroom, opened: Opened) -> None:
    page = await opened("/en/section/sports", service=True)
    sent: list[tuple[str, Any, int]] = []

    async def note(response: Any) -> None:
        if "/v1/push/" in response.url:
            request = response.request
            sent.append((request.method, request.post_data_json, response.status))

    page.on("response", note)
    await panel(page)
    await expect(page.get_by_label("Sports")).to_be_checked()  # the section of the page
    await page.get_by_role("button", name="Turn on alerts").click()
    await state(page, "on")
    await expect(page.locator("#alerts [role=status]")).to_have_text("Alerts are on: English")
    await expect(page.locator("#alerts-button")).to_have_attribute("data-on", "true")

    await page.get_by_label("Important breaking news only").check()
    await page.get_by_label("Politics").check()
    await page.get_by_role("button", name="Save").click()
    await state(page, "saved")
    await page.reload()
    await panel(page)
    await state(page, "on")
    await expect(page.get_by_label("Important breaking news only")).to_be_checked()
    await expect(page.get_by_label("Politics")).to_be_checked()
    await expect(page.get_by_label("All sections")).not_to_be_checked()
    await page.get_by_label("All sections").check()
    await expect(page.get_by_label("Politics")).not_to_be_checked()

    await page.goto(f"{alerts_newsroom.url}/ar")
    await panel(page)
    await state(page, "otherEdition")
    await expect(page.locator("#alerts [role=status]")).to_contain_text("English")
    await page.locator(".alerts-submit").click()
    await state(page, "saved")

    off = page.locator(".alerts-off")
    await off.click()
    await state(page, "turnedOff")
    await expect(off).to_be_hidden()
    await expect(page.locator(".alerts-submit")).to_be_focused()
    assert await page.evaluate(PUSH_CACHE) == []
    await wait_until(lambda: len(sent) == 4)  # the browser tells of an answer after the page has it
    posts = [body for method, body, _ in sent if method == "POST"]
    wanted = [(body["edition"], body["sections"], body["level"]) for body in posts]
    assert wanted == [
        ("en", ["sports"], "urgent"),
        ("en", ["politics", "sports"], "bulletin"),
        ("ar", ["politics", "sports"], "bulletin"),
    ]
    assert [status for *_, status in sent] == [201, 200, 200, 204]
    assert {body["subscription"]["endpoint"] for body in posts} == {sent[-1][1]["endpoint"]}


async def test_a_visit_registers_a_changed_or_lost_subscription_again(
    alerts_newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened(service=True)
    await panel(page)
    await page.get_by_role("button", name="Turn on alerts").click()
    await state(page, "on")
    before = await page.evaluate("JSON.parse(localStorage.service).endpoint")
    await page.evaluate(
        """() => {
          const held = JSON.parse(localStorage.service);
          localStorage.service = JSON.stringify({ ...held, endpoint: held.endpoint + "new" });
        }"""
    )
    async with page.expect_request("**/v1/push/subscriptions") as caught:
        await page.reload()
    body = (await caught.value).post_data_json or {}
    assert (body["replaces"], body["subscription"]["endpoint"]) == (before, before + "new")
    await state(page, "on")
    await page.evaluate("caches.delete('ticker-push')")
    async with page.expect_response("**/v1/push/subscriptions") as answered:
        await page.reload()
    assert (await answered.value).status == 200
    # The newsroom has a new key: the page subscribes again without asking.
    await page.evaluate(
        """() => {
          const held = JSON.parse(localStorage.service);
          localStorage.service = JSON.stringify({ ...held, key: held.key.map(() => 4) });
        }"""
    )
    async with page.expect_response("**/v1/push/subscriptions") as answered:
        await page.reload()
    assert (await answered.value).status == 201
    async with page.expect_response("**/v1/most-read*"):
        await page.reload()
    await state(page, "on")


async def test_offline_and_rate_limited(alerts_newsroom: Newsroom, opened: Opened) -> None:
    page = await opened(service=True)
    await panel(page)
    await page.evaluate("navigator.serviceWorker.register('/push-sw.js')")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Turn on alerts").click()
    await state(page, "offline")
    await page.context.set_offline(False)
    for status, headers, wanted, said in (
        (429, {"Retry-After": "61"}, "busy", "Try again in 2 min."),
        (503, {}, "failed", "Something went wrong."),
    ):
        refusing = partial(Route.fulfill, status=status, headers=headers, body="")
        await intercept(page, "**/v1/push/subscriptions", refusing)
        await page.get_by_role("button", name="Try again").click()
        await state(page, wanted)
        await expect(page.locator("#alerts [role=status]")).to_contain_text(said)
        await page.unroute("**/v1/push/subscriptions")
    await page.get_by_role("button", name="Try again").click()
    await state(page, "on")


DENIED = """
  Object.defineProperty(Notification, "permission", { get: () => globalThis.said ?? "default" });
  Notification.requestPermission = async () => (globalThis.said = "denied");
"""


async def test_blocked_notifications_are_explained(opened: Opened) -> None:
    page = await opened(may=False, before=DENIED)
    await panel(page)
    await page.get_by_role("button", name="Turn on alerts").click()
    await state(page, "denied")
    await expect(page.locator("#alerts [role=status]")).to_contain_text(
        "Allow them in your browser"
    )
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()


@pytest.mark.parametrize(
    ("agent", "wanted"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "install"),
        ("Mozilla/5.0 (X11; Linux x86_64) Something/1.0", "unsupported"),
    ],
)
async def test_a_browser_without_push(opened: Opened, agent: str, wanted: str) -> None:
    page = await opened(user_agent=agent, before="delete globalThis.PushManager;")
    await panel(page)
    await state(page, wanted)
    await expect(page.locator("#alerts [role=status]")).not_to_be_empty()
    await expect(page.locator("#alerts fieldset").first).to_be_hidden()
    await expect(page.locator(".alerts-submit")).to_be_hidden()


@pytest.mark.parametrize("edition", ["en", "es", "ar"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_by_keyboard_and_for_screen_readers(opened: Opened, edition: str, width: int) -> None:
    page = await opened(f"/{edition}", viewport={"width": width, "height": 900})
    button = page.locator("#alerts-button")
    await expect(button).to_have_attribute("aria-expanded", "false")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(button).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("Tab")
    await expect(page.locator("#sound")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator("#alerts [name=level]").first).to_be_focused()
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert await page.evaluate(wide)
    await page.evaluate(AXE.read_text())
    found = await page.evaluate(
        "axe.run('.masthead', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
    )
    assert [problem["id"] for problem in found["violations"]] == []
    await page.keyboard.press("Escape")
    await expect(page.locator("#alerts")).to_be_hidden()
    await expect(button).to_be_focused()


# The service worker


PATIENT = """() => {
  const later = setTimeout;
  self.setTimeout = (act, ms, ...more) => later(act, ms === 300 ? 30_000 : ms, ...more);
}"""
"""A page on a busy machine may answer the worker later than in its 300 ms."""


class Device:
    """A browser with a service worker that receives push messages."""

    def __init__(self, page: Page, origin: str, script: str = "/push-sw.js") -> None:
        self.page = page
        self._origin = origin
        self._script = script
        self._registrations: list[dict[str, Any]] = []

    async def start(self) -> None:
        await self.page.evaluate(
            """async (script) => {
              await navigator.serviceWorker.register(script);
              await navigator.serviceWorker.ready;
            }""",
            self._script,
        )
        self._devtools = await self.page.context.new_cdp_session(self.page)
        self._devtools.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: self._registrations.extend(event["registrations"]),
        )
        await self._devtools.send("ServiceWorker.enable")
        await self.notifications()

    @property
    def worker(self) -> Worker:
        [worker] = self.page.context.service_workers
        return worker

    async def push(self, data: str | dict[str, Any], ours: bool = True) -> None:
        """Deliver a message, and wait until the worker is done with it if it is ``ours``."""
        text = data if isinstance(data, str) else json.dumps(data)
        before = await self.worker.evaluate(
            """() => {
              if (self.extended === undefined) {
                self.extended = 0;
                const { waitUntil } = ExtendableEvent.prototype;
                ExtendableEvent.prototype.waitUntil = function (promise) {
                  waitUntil.call(this, promise);
                  // A page that was opened just now is saved meanwhile: that is another event.
                  if (this.type === "push") promise.finally(() => (self.extended += 1));
                };
              }
              return self.extended;
            }"""
        )
        await self._devtools.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": f"{self._origin}/",
                "registrationId": self._registrations[-1]["registrationId"],
                "data": text,
            },
        )
        await wait_until(
            lambda: self.worker.evaluate("self.extended"),
            lambda found: not (ours and found == before),
            seconds=WAIT_MS / 1000,
        )

    async def notifications(self) -> list[dict[str, Any]]:
        """Return the notifications that a reader can see."""
        found: list[dict[str, Any]] = await self.worker.evaluate(
            """async () => (await registration.getNotifications()).map((one) => ({
              title: one.title, body: one.body, lang: one.lang, dir: one.dir, tag: one.tag,
              silent: one.silent, renotify: one.renotify, stays: one.requireInteraction,
              version: one.data?.version, id: one.data?.id, image: one.image,
            }))"""
        )
        return found

    async def bodies(self) -> list[str]:
        return [one["body"] for one in await self.notifications()]


@pytest_asyncio.fixture(loop_scope="session")
async def device(alerts_newsroom: Newsroom, opened: Opened) -> Device:
    page = await opened("/en")
    made = Device(page, alerts_newsroom.url)
    await made.start()
    return made


def message(kind: str = "alert", **other: Any) -> dict[str, Any]:
    loud = kind == "alert"
    item = {"v": 1, "kind": kind, "id": "item-1", "version": 1, "edition": "en", "level": "urgent"}
    text = {"title": "Ticker", "body": "Bridge closed", "lang": "en", "dir": "ltr"}
    rest = {"url": "", "tag": "story-1", "loud": loud, "published_ms": 1_800_000_000_000}
    return item | text | rest | other


async def test_an_alert_is_shown_with_sound(device: Device) -> None:
    await device.push(message())
    assert await device.notifications() == [
        {
            "title": "Ticker",
            "body": "Bridge closed",
            "lang": "en",
            "dir": "ltr",
            "tag": "story-1",
            "silent": False,
            "renotify": True,
            "stays": False,
            "version": 1,
            "id": "item-1",
            "image": "",
        }
    ]
    picture = "https://127.0.0.1:1/bridge.jpg"  # if it cannot be loaded, the text comes alone
    arabic = {"lang": "ar", "dir": "rtl", "level": "flash", "tag": "story-2", "id": "item-2"}
    await device.push(message(**arabic, body="أُغلق الجسر", image=picture))
    [flash] = [one for one in await device.notifications() if one["tag"] == "story-2"]
    assert (flash["lang"], flash["dir"], flash["body"]) == ("ar", "rtl", "أُغلق الجسر")
    assert (flash["stays"], flash["silent"], flash["image"]) == (True, False, picture)
    await device.push(message(loud=False, tag="story-3", id="item-3", level="ticker"))
    [quiet] = [one for one in await device.notifications() if one["tag"] == "story-3"]
    assert (quiet["silent"], quiet["renotify"], quiet["stays"]) == (True, False, False)


async def test_a_correction_replaces_the_alert_silently(device: Device) -> None:
    await device.push(message())
    await device.push(message("replace", version=2, body="Bridge open"))
    [shown] = await device.notifications()
    assert (shown["body"], shown["silent"], shown["renotify"]) == ("Bridge open", True, False)


async def test_a_correction_is_shown_after_the_alert_was_closed(device: Device) -> None:
    await device.push(message())
    await device.worker.evaluate(
        "registration.getNotifications().then((all) => all.forEach((one) => one.close()))"
    )
    await device.push(message("replace", version=2, body="Bridge open"))
    [shown] = await device.notifications()
    assert (shown["body"], shown["silent"]) == ("Bridge open", True)


async def test_an_older_version_does_not_replace_a_newer_one(device: Device) -> None:
    await device.push(message("replace", version=3, body="Bridge open"))
    for late in (message(), message("replace", version=2), message(version=3)):
        await device.push(late | {"body": "Bridge closed"})
        [shown] = await device.notifications()
        assert (shown["body"], shown["version"], shown["silent"]) == ("Bridge open", 3, True)
    await device.worker.evaluate(
        "registration.getNotifications().then((all) => all.forEach((one) => one.close()))"
    )
    # After the notification was closed as well: the latest version is shown again.
    await device.push(message(body="Bridge closed"))
    [shown] = await device.notifications()
    assert (shown["body"], shown["silent"]) == ("Bridge open", True)


async def test_a_withdrawal_does_not_keep_the_text(device: Device) -> None:
    await device.push(message())
    await device.push(message("withdraw", version=2, body="We have withdrawn an alert."))
    [shown] = await device.notifications()
    assert (shown["body"], shown["silent"]) == ("We have withdrawn an alert.", True)
    kept = await device.worker.evaluate(
        "caches.match('/ticker-push/delivered').then((found) => found.text())"
    )
    assert "Bridge" not in kept
    await device.push(message(body="Bridge closed"))  # late
    assert await device.bodies() == ["We have withdrawn an alert."]


async def test_a_correction_does_not_replace_another_item(device: Device) -> None:
    await device.push(message())
    newer: dict[str, Any] = {
        "id": "item-2",
        "published_ms": 1_800_000_060_000,
        "body": "Bridge reopens",
    }
    await device.push(message(**newer))
    assert await device.bodies() == ["Bridge reopens"]
    for kind in ("replace", "withdraw"):
        await device.push(message(kind, version=2, body="Not about the newest"))
        [shown] = await device.notifications()
        assert (shown["body"], shown["silent"]) == ("Bridge reopens", True)
    # A late alert about an older item does not replace it either.
    await device.push(message(id="item-0", published_ms=1_799_999_000_000, body="Old"))
    assert await device.bodies() == ["Bridge reopens"]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "null",
        "[]",
        json.dumps(message() | {"v": 2}),
        json.dumps(message() | {"kind": "shout"}),
        json.dumps(message() | {"id": None}),
        json.dumps(message() | {"dir": "up"}),
        json.dumps(message() | {"version": "2"}),
        json.dumps(message() | {"tag": ""}),
    ],
)
async def test_an_invalid_payload_shows_the_fallback(device: Device, data: str) -> None:
    await device.push(data)
    [shown] = await device.notifications()
    assert (shown["title"], shown["body"], shown["silent"]) == ("127.0.0.1", "There is news.", True)


async def test_the_fallback_is_in_the_language_of_the_subscription(
    alerts_newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened("/ar", service=True)
    await panel(page)
    await page.locator(".alerts-submit").click()
    await state(page, "on")
    device = Device(page, alerts_newsroom.url)
    await device.start()
    await device.push("not ours")
    [shown] = await device.notifications()
    assert (shown["title"], shown["body"]) == ("Ticker", "خبر عاجل. اضغط لقراءته.")
    assert (shown["lang"], shown["dir"]) == ("ar", "rtl")


async def test_no_notification_if_a_visible_page_shows_the_item(
    alerts_newsroom: Newsroom, device: Device
) -> None:
    item = alerts_newsroom.publish(
        "Tram line four is running", level="urgent", sections=["economy"]
    )
    await expect(device.page.locator("main").get_by_text("Tram line four")).to_be_visible()
    await device.worker.evaluate(PATIENT)
    have = message(id=item["id"], version=item["version"], tag="tram")
    await device.push(have)
    assert await device.notifications() == []
    # A later version or another item is not on the page: notifications are shown.
    await device.push(have | {"version": item["version"] + 1, "body": "Line five too"})
    await device.push(message())
    assert sorted(await device.bodies()) == ["Bridge closed", "Line five too"]


async def test_the_page_waits_briefly_for_an_item_that_has_not_arrived(
    alerts_newsroom: Newsroom, device: Device
) -> None:
    """The push message was faster: the page is asked before it has rendered the item."""
    await device.page.evaluate(
        """() => {
          globalThis.answered = new Promise((resolve) => {
            addEventListener("ticker-item", ({ detail: { item: { id, version } } }) => {
              const { port1, port2 } = new MessageChannel();
              port1.onmessage = ({ data }) => resolve(data);
              const data = { ticker: "shows", id, version };
              const question = new MessageEvent("message", { data, ports: [port2] });
              navigator.serviceWorker.dispatchEvent(question);
            }, { capture: true, once: true });
          });
        }"""
    )
    alerts_newsroom.publish("Ferry on its way")
    async with asyncio.timeout(WAIT_MS / 1000):
        assert await device.page.evaluate("answered") is True


async def test_a_paused_page_gets_a_notification(alerts_newsroom: Newsroom, device: Device) -> None:
    for line in ("Lock closed for repairs", "Barges wait below the lock"):
        alerts_newsroom.publish(line)
    await device.page.get_by_role("button", name="Pause").click()
    item = alerts_newsroom.publish("Lock gate repaired")  # too low a level for the toast
    await expect(device.page.locator(".latest").get_by_text("New updates: 1")).to_be_visible()
    await device.push(message(id=item["id"], version=item["version"]))
    assert await device.bodies() == ["Bridge closed"]


async def test_a_page_that_does_not_answer_gets_a_notification(
    alerts_newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened("/en")
    device = Device(page, alerts_newsroom.url)
    await device.start()
    await page.goto(f"{alerts_newsroom.url}/docs")  # a visible page of the site without the script
    await device.push(message())
    assert await device.bodies() == ["Bridge closed"]


async def clicked(device: Device, id: str | None) -> list[list[str]]:
    """Click the notification; return the addresses opened and focused.

    A synthetic click cannot open windows, so the calls of the worker are recorded.
    """
    found: list[list[str]] = await device.worker.evaluate(
        """async (id) => {
          const opened = [], focused = [];
          Clients.prototype.openWindow = async (url) => { opened.push(url); };
          WindowClient.prototype.focus = async function () { focused.push(this.url); };
          const all = await registration.getNotifications();
          const notification = all.find(({ data }) => (data?.id ?? null) === id);
          const event = new NotificationEvent("notificationclick", { notification });
          const done = new Promise((resolve) => {
            event.waitUntil = (promise) => promise.then(resolve);
          });
          dispatchEvent(event);
          await done;
          return [opened, focused];
        }""",
        id,
    )
    return found


async def test_a_click_opens_the_item_or_focuses_its_page(
    alerts_newsroom: Newsroom, device: Device
) -> None:
    item = alerts_newsroom.publish("Quay wall inspected", level="urgent")
    address = f"{alerts_newsroom.url}/item/{item['id']}"
    bad = {"url": "javascript:alert(1)", "version": 9}
    await device.push(message(id=item["id"]) | bad)
    assert await clicked(device, item["id"]) == [[address], []]
    assert await device.notifications() == []
    await device.page.goto(address)
    await device.push(message(id=item["id"]) | bad | {"version": 10})
    assert await clicked(device, item["id"]) == [[], [address]]
    await device.push("unreadable")
    assert await clicked(device, None) == [[f"{alerts_newsroom.url}/"], []]


async def test_a_renewed_subscription_replaces_the_old_registration(
    alerts_newsroom: Newsroom, opened: Opened
) -> None:
    page = await opened("/en/section/sports", service=True)
    await panel(page)
    await page.locator(".alerts-submit").click()
    await state(page, "on")
    device = Device(page, alerts_newsroom.url)
    await device.start()
    answers = await device.worker.evaluate(
        """async () => {
          const sent = [], real = fetch;
          self.fetch = async (url, options) => {
            const answer = await real(url, options);
            sent.push([JSON.parse(options?.body ?? "null"), answer.status]);
            return answer;
          };
          const endpoint = "https://push.example.org/send/renewed";
          const point = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW" +
            "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
          const keys = { p256dh: point, auth: "A".repeat(22) };
          const newSubscription = { endpoint, toJSON: () => ({ endpoint, keys }) };
          const event = new ExtendableEvent("pushsubscriptionchange");
          Object.assign(event, { newSubscription, oldSubscription: null });
          const done = new Promise((resolve) => { event.waitUntil = (p) => p.then(resolve); });
          dispatchEvent(event);
          await done;
          return sent;
        }"""
    )
    [[body, status]] = answers
    before = await page.evaluate("JSON.parse(localStorage.service).endpoint")
    assert (body["replaces"], body["sections"], status) == (before, ["sports"], 201)
    saved = "caches.match('/ticker-push/registration').then((found) => found.json())"
    assert (await page.evaluate(saved))["endpoint"] == body["subscription"]["endpoint"]


class Elsewhere(BaseHTTPRequestHandler):
    """Another site, with its own service worker that imports ours."""

    newsroom = ""

    def do_GET(self) -> None:
        worker = f"""
          self.TICKER = {{ server: "{self.newsroom}/" }};
          importScripts("{self.newsroom}/push-sw.js");
          addEventListener("push", (event) => {{ self.others = event.data?.text(); }});
        """
        script = self.path == "/sw.js"
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if script else "text/html")
        self.end_headers()
        self.wfile.write((worker if script else "<!doctype html><title>Elsewhere</title>").encode())

    def log_message(self, format: str, *args: object) -> None:
        pass  # no request log


async def test_another_sites_worker_can_import_ours_and_keeps_its_own_messages(
    alerts_newsroom: Newsroom, browser: Browser
) -> None:
    handler = type("Handler", (Elsewhere,), {"newsroom": alerts_newsroom.url})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        context = await browser.new_context()
        await context.grant_permissions(["notifications"], origin=url)
        page = await context.new_page()
        await page.goto(url)
        device = Device(page, url, "/sw.js")
        await device.start()
        await device.push(message())
        await device.push(message() | {"v": 2, "tag": "later"})
        assert sorted(await device.bodies()) == ["Bridge closed", "There is news."]
        assert await clicked(device, "item-1") == [[f"{alerts_newsroom.url}/item/item-1"], []]
        await device.push(message(version=2, url="https://elsewhere.example/bridge"))
        assert await clicked(device, "item-1") == [["https://elsewhere.example/bridge"], []]
        before = await device.bodies()
        await device.push('{"of": "that site"}', ours=False)
        await wait_until(
            lambda: device.worker.evaluate("self.others"),
            lambda others: others == '{"of": "that site"}',
        )
        assert await device.bodies() == before
        await context.close()
        server.shutdown()
