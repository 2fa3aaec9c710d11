"""Reconnecting: delays, close codes, timeouts, transports. Time is simulated."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUERY = "sub.1=edition%3Den%26backlog%3D20"

# A transport controlled by the test: `sockets` are the attempts, in order.
SETUP = """async (options) => {
  const { Ticker } = await import("/client.js");
  window.sockets = [];
  const transport = (name) => (base, query, receiver) => {
    const socket = { name, query: String(query), receiver, sent: [], closed: false };
    sockets.push(socket);
    return { close: () => (socket.closed = true), send: (message) => socket.sent.push(message) };
  };
  window.ticker = new Ticker({ transports: [transport("first"), transport("second")], ...options });
  window.changes = [];
  ticker.addEventListener("change", ({ detail }) => changes.push(detail));
  window.hear = (message) => sockets.at(-1).receiver.message(message);
  window.end = (code, reason = "") => sockets.at(-1).receiver.close(code, reason);
  window.welcome = (mode = ticker.state.cursor ? "live" : "begin", reset = false) => {
    const begins = mode === "begin";
    if (begins) mode = "snapshot";
    hear({ type: "welcome", mode, reset, reason: null, cursor: "w", heartbeat: 25, subs: [1] });
    if (begins) hear({ type: "snapshot", cursor: "w", items: [], sub: 1 });
  };
  ticker.start();
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(modules: Page) -> Page:
    await modules.clock.pause_at(2_000)
    await modules.evaluate(SETUP, {"edition": "en"})
    return modules


async def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(
        "({ ...ticker.status, sockets: sockets.length, query: sockets.at(-1).query,"
        " name: sockets.at(-1).name, closed: sockets.at(-1).closed, sent: sockets.at(-1).sent,"
        " wait: ticker.status.retryAt - Date.now() })"
    )
    return found


async def test_resumes_from_the_cursor_of_the_last_message(page: Page) -> None:
    assert (await state(page))["query"] == QUERY
    await page.evaluate('welcome("snapshot")')
    assert (await state(page))["phase"] == "connecting"
    await page.evaluate('hear({ type: "snapshot", cursor: "e.1-0", items: [] })')
    assert (await state(page))["phase"] == "live"
    await page.evaluate('hear({ type: "heartbeat", cursor: "e.2-0" }); end(1006)')
    now = await state(page)
    assert (now["phase"], now["closed"]) == ("waiting", True)
    assert 0 <= now["wait"] <= 1_000
    await page.clock.run_for(1_001)
    now = await state(page)
    assert (now["sockets"], now["query"]) == (2, f"{QUERY}&after=e.2-0")


@pytest.mark.parametrize("module", ["client", "widget"])
async def test_a_removal_is_told_of_also_if_the_items_do_not_have_it(
    modules: Page, module: str
) -> None:
    """It may be on the page, from before the subscription or beyond what the state keeps."""
    await modules.evaluate(SETUP.replace("client", module), {"edition": "en"})
    await modules.wait_for_function("sockets.length")
    told = await modules.evaluate(
        """() => {
          welcome();
          const told = [];
          for (const [action, version] of [["retract", 2], ["retract", 2], ["expire", 3]]) {
            hear({ type: "item", cursor: `c${version}`, action, item: { id: "old", version } });
            told.push(changes.filter(({ message }) => message.type === "item").length);
          }
          return told;
        }"""
    )
    assert told == [1, 1, 2]


async def test_backoff_grows_to_the_cap_and_is_jittered(page: Page) -> None:
    waits = await page.evaluate(
        """async () => {
          const { backoff } = await import("/client.js");
          const attempts = [0, 1, 2, 3, 4, 5, 50, 5000];
          return attempts.map((n) => [backoff(n, () => 0), backoff(n, () => 1)]);
        }"""
    )
    highest = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
    assert waits == [[0, most] for most in highest]


async def test_a_stable_connection_resets_the_backoff(page: Page) -> None:
    await page.evaluate("Math.random = () => 1")
    for expected in (1_000, 2_000, 4_000):
        await page.evaluate("end(1006)")
        assert (await state(page))["wait"] == expected
        await page.clock.run_for(expected)
    await page.evaluate("welcome()")
    await page.clock.run_for(5_000)
    await page.evaluate("end(1006)")
    assert (await state(page))["wait"] == 1_000


async def test_a_welcome_alone_does_not_reset_the_backoff(page: Page) -> None:
    """It used to: a server that closed after each welcome was reconnected to twice a second."""
    await page.evaluate("Math.random = () => 1")
    for expected in (1_000, 2_000, 4_000, 8_000):
        await page.evaluate("welcome()")
        await page.clock.run_for(4_999)
        await page.evaluate("end(1006)")
        assert (await state(page))["wait"] == expected
        await page.clock.run_for(expected)


async def test_the_network_returning_ends_a_long_delay(page: Page) -> None:
    await page.evaluate("Math.random = () => 1")
    for _ in range(6):
        await page.evaluate("end(1006)")
        await page.clock.run_for((await state(page))["wait"])
    await page.evaluate("end(1006)")
    before = await state(page)
    assert before["wait"] == 30_000
    await page.evaluate('dispatchEvent(new Event("online"))')
    now = await state(page)
    assert (now["phase"], now["sockets"]) == ("connecting", before["sockets"] + 1)
    await page.evaluate("end(1006)")
    assert (await state(page))["wait"] == 1_000


async def test_goodbye_sets_the_delay_and_nothing_shortens_it(page: Page) -> None:
    await page.evaluate(
        'welcome(); hear({ type: "goodbye", reason: "drain", reconnect: true, delay_ms: 7000 })'
    )
    assert (await state(page))["phase"] == "live"
    await page.evaluate('end(1012); dispatchEvent(new Event("online"))')
    assert (await state(page))["wait"] == 7_000
    await page.clock.run_for(7_000)
    assert (await state(page))["sockets"] == 2


async def test_while_a_server_is_replaced_the_same_transport_is_tried_often(page: Page) -> None:
    await page.evaluate("Math.random = () => 1")
    await page.evaluate(
        'welcome(); hear({ type: "goodbye", reason: "drain", reconnect: true, delay_ms: 100,'
        " retry_ms: 700 }); end(1012)"
    )
    assert (await state(page))["wait"] == 100
    for wait in (100, *[700] * 58):
        await page.clock.run_for(wait)
        await page.evaluate("end(1006)")
        assert (await state(page))["wait"] == 700
    await page.clock.run_for(700)
    await page.evaluate("end(1006)")
    assert (await state(page))["wait"] == 1_000, "late: from here on the delays double"


async def test_the_delay_of_a_goodbye_is_capped(page: Page) -> None:
    await page.evaluate(
        'hear({ type: "goodbye", reason: "drain", reconnect: true, delay_ms: 1e9 }); end(1012)'
    )
    assert (await state(page))["wait"] == 120_000


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 4001, 4002, 4003, 4004, 4099])
async def test_reconnects_after(page: Page, code: int) -> None:
    await page.evaluate("(code) => { welcome(); end(code); }", code)
    assert (await state(page))["phase"] == "waiting"


@pytest.mark.parametrize("code", [4400, 4401, 4403, 4413, 4429, 4499])
async def test_stops_after(page: Page, code: int) -> None:
    await page.evaluate(
        """(code) => {
          hear({ type: "error", code: "bad_filter", message: "unknown edition 'xx'" });
          end(code);
        }""",
        code,
    )
    await page.clock.run_for(120_000)
    now = await state(page)
    assert (now["phase"], now["sockets"]) == ("stopped", 1)
    assert now["error"] == "unknown edition 'xx'"


async def test_a_connection_times_out_after_two_heartbeats_and_five_seconds(page: Page) -> None:
    await page.evaluate("welcome()")
    await page.clock.run_for(54_000)
    await page.evaluate('hear({ type: "heartbeat", cursor: "e.1-0" })')
    await page.clock.run_for(54_999)
    assert (await state(page))["phase"] == "live"
    await page.clock.run_for(1)
    now = await state(page)
    assert (now["phase"], now["closed"]) == ("waiting", True)
    assert now["since"] == 2_054_000  # time of the last message, not of the timeout


async def test_a_connection_without_a_welcome_times_out(page: Page) -> None:
    await page.clock.run_for(9_999)
    assert (await state(page))["phase"] == "connecting"
    await page.clock.run_for(1)
    now = await state(page)
    assert (now["phase"], now["closed"]) == ("waiting", True)


async def test_a_network_change_sends_a_ping(page: Page) -> None:
    await page.evaluate('welcome(); dispatchEvent(new Event("online"))')
    assert (await state(page))["sent"] == [{"type": "ping"}]
    await page.clock.run_for(4_999)
    assert (await state(page))["phase"] == "live"
    await page.clock.run_for(1)
    assert (await state(page))["phase"] == "waiting"


async def test_another_transport_is_tried_after_two_failures(page: Page) -> None:
    await page.evaluate("Math.random = () => 0")
    for _ in range(4):
        await page.evaluate("end(1006)")
        await page.clock.run_for(1)
    names = await page.evaluate("sockets.map(({ name }) => name)")
    assert names == ["first", "first", "second", "second", "first"]


async def test_a_transport_that_worked_is_kept(page: Page) -> None:
    await page.evaluate("Math.random = () => 0")
    for _ in range(4):
        await page.evaluate("welcome(); end(1006)")
        await page.clock.run_for(1)
    assert await page.evaluate("sockets.every(({ name }) => name === 'first')")


@pytest.mark.parametrize("code", [4003, 4004])
async def test_a_full_or_starting_server_does_not_change_the_transport(
    page: Page, code: int
) -> None:
    await page.evaluate("Math.random = () => 0")
    for _ in range(3):
        await page.evaluate("(code) => end(code)", code)
        await page.clock.run_for(1)
    assert await page.evaluate("sockets.map(({ name }) => name)") == ["first"] * 4


async def test_an_unsupported_transport_is_skipped(modules: Page) -> None:
    await modules.clock.pause_at(2_000)
    await modules.evaluate(SETUP, {})
    await modules.evaluate(
        """async () => {
          const { Ticker } = await import("/client.js");
          Math.random = () => 0;
          window.asked = 0;
          const missing = () => { throw new ReferenceError("WebSocket is not defined"); };
          const works = () => { asked += 1; return { close() {}, send: null }; };
          new Ticker({ transports: [missing, works] }).start();
        }"""
    )
    await modules.clock.run_for(5)
    assert await modules.evaluate("asked") == 1


async def on_second(page: Page) -> None:
    """Let the first transport fail twice and the second one succeed."""
    await page.evaluate("Math.random = () => 0")
    for _ in range(2):
        await page.evaluate("end(1006)")
        await page.clock.run_for(1)
    await page.evaluate("welcome()")
    assert (await state(page))["name"] == "second"


async def beat(page: Page, seconds: int) -> None:
    """Let time pass with heartbeats on the third socket."""
    for _ in range(seconds // 25):
        await page.clock.run_for(25_000)
        await page.evaluate('sockets[2].receiver.message({ type: "heartbeat", cursor: "w" })')


async def test_the_preferred_transport_is_tried_every_ten_minutes(page: Page) -> None:
    """Once: if it fails, the working transport resumes from the same cursor."""
    await on_second(page)
    await beat(page, 575)
    assert (await state(page))["sockets"] == 3
    await beat(page, 25)
    now = await state(page)
    assert (now["sockets"], now["name"], now["phase"]) == (4, "first", "connecting")
    assert now["query"].endswith("after=w")
    await page.evaluate("end(1006)")
    await page.clock.run_for(1)
    now = await state(page)
    assert (now["sockets"], now["name"]) == (5, "second")
    await page.evaluate("welcome()")
    await page.evaluate("sockets[4].receiver.message({ type: 'heartbeat', cursor: 'w' })")
    assert (await state(page))["sockets"] == 5


async def test_a_network_change_tries_the_preferred_transport(page: Page) -> None:
    await on_second(page)
    await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    assert (await state(page))["sockets"] == 3  # too soon
    await page.evaluate('dispatchEvent(new Event("online"))')
    now = await state(page)
    assert (now["sockets"], now["name"]) == (4, "first")
    await page.evaluate("welcome(); end(1006)")
    await page.clock.run_for(1)
    assert (await state(page))["name"] == "first"


async def test_the_network_returning_replaces_a_pending_attempt(page: Page) -> None:
    assert (await state(page))["phase"] == "connecting"
    await page.evaluate('dispatchEvent(new Event("online"))')
    now = await state(page)
    assert (now["sockets"], now["phase"]) == (2, "connecting")
    assert await page.evaluate("sockets[0].closed")


async def test_after_an_outage_the_best_transport_is_tried_soon(page: Page) -> None:
    """A server that is down makes every transport fail."""
    await page.evaluate("Math.random = () => 0; welcome()")
    for _ in range(3):
        await page.evaluate("end(1006)")
        await page.clock.run_for(1)
    assert (await state(page))["name"] == "second"
    await page.evaluate("welcome()")
    for _ in range(2):
        await page.clock.run_for(25_000)
        await page.evaluate('hear({ type: "heartbeat", cursor: "w" })')
    assert (await state(page))["name"] == "second"
    await page.clock.run_for(25_000)
    await page.evaluate('hear({ type: "heartbeat", cursor: "w" })')
    now = await state(page)
    assert (now["sockets"], now["name"]) == (5, "first")


async def test_the_network_returning_starts_with_the_preferred_transport(page: Page) -> None:
    await page.evaluate("Math.random = () => 0; welcome()")
    for _ in range(2):
        await page.evaluate("end(1006)")
        await page.clock.run_for(1)
    await page.evaluate("end(1006)")
    await page.evaluate('dispatchEvent(new Event("online"))')
    now = await state(page)
    assert (now["sockets"], now["name"]) == (4, "first")


async def test_a_page_in_the_back_forward_cache_is_disconnected(page: Page) -> None:
    await page.evaluate('welcome(); hear({ type: "heartbeat", cursor: "e.5-0" })')
    await page.evaluate('dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))')
    await page.clock.run_for(300_000)
    now = await state(page)
    assert (now["closed"], now["sockets"]) == (True, 1)
    await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
    now = await state(page)
    assert (now["sockets"], now["phase"]) == (2, "connecting")
    assert now["query"].endswith("after=e.5-0")


async def test_reports_a_reset(page: Page) -> None:
    await page.evaluate('welcome(); welcome("snapshot", true)')
    await page.evaluate(
        """hear({ type: "snapshot", cursor: "e.1-0", items: [
          { id: "a", version: 1, published_at: "2026-11-23T19:00:00.000Z", pinned: false }] })"""
    )
    assert await page.evaluate("changes.map(({ reset }) => reset)") == [False, True]


async def test_stop_disconnects_and_start_resumes(page: Page) -> None:
    await page.evaluate('welcome(); hear({ type: "heartbeat", cursor: "e.5-0" }); ticker.stop()')
    await page.clock.run_for(300_000)
    now = await state(page)
    assert (now["phase"], now["closed"], now["sockets"]) == ("idle", True, 1)
    await page.evaluate("ticker.start(); ticker.start()")
    now = await state(page)
    assert (now["sockets"], now["query"]) == (2, f"{QUERY}&after=e.5-0")
    assert now["since"] == 2_300_000  # while stopped, the client does not try to be current


async def test_every_facet_is_in_the_query(page: Page) -> None:
    chosen = {"edition": ["en", "es"], "tag": "storm", "story": ["ferries", "tides"]}
    await page.evaluate(SETUP, chosen)
    assert (await state(page))["query"] == (
        "sub.1=edition%3Den%252Ces%26tag%3Dstorm%26story%3Dferries%252Ctides%26backlog%3D20"
    )
