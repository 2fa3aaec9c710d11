"""An unmodified Firefox, over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/).

Playwright supports only its own patched Firefox. The few commands that the tests need are sent over
the WebSocket that every Firefox provides.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.waiting import wait_until

WAIT_SECONDS = 30
START_SECONDS = 30

KEYS = {"Tab": "\ue004", "Enter": "\ue007", "ArrowLeft": "\ue012", "ArrowRight": "\ue014"}
DOWN_UP = ("Down", "Up")

PREFS = {
    # Without DNS, no request leaves this machine. (The "recommended preferences" of automation turn
    # most background requests off, but not all.)
    "network.dns.disabled": True,
    "network.trr.mode": 5,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox:
    """A running browser. ``logged`` has the errors and warnings of its pages."""

    def __init__(self, link: ClientConnection) -> None:
        self._link = link
        self._numbers = count(1)
        self.logged: list[str] = []
        self.tabs: list[Tab] = []

    async def send(self, method: str, **params: Any) -> Any:
        """Return a command's result. Errors logged by pages until then are added to ``logged``."""
        number = next(self._numbers)
        await self._link.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(WAIT_SECONDS):
            while (message := json.loads(await self._link.recv())).get("id") != number:
                entry = message["params"]  # log.entryAdded is the only subscribed event
                if entry["level"] in ("error", "warn"):
                    self.logged.append(entry["text"])
        assert message["type"] == "success", message
        return message["result"]

    async def open(self, url: str) -> Tab:
        """Open a page in a new tab in the foreground; the other tabs become hidden."""
        made = await self.send("browsingContext.create", type="tab")
        tab = Tab(self, made["context"])
        self.tabs.append(tab)
        await self.send("browsingContext.navigate", context=tab.id, url=url, wait="complete")
        return tab


class Tab:
    def __init__(self, firefox: Firefox, id: str) -> None:
        self.firefox = firefox
        self.id = id

    async def evaluate(self, expression: str) -> Any:
        """Return the JSON value of a JavaScript expression, which may await."""
        value = await self._node(f"(async () => JSON.stringify({expression}) ?? 'null')()")
        return json.loads(value["value"])

    async def until(self, expression: str, wanted: object = True) -> None:
        """Wait until the expression has the value ``wanted``; raise on timeout."""
        await wait_until(
            lambda: self.evaluate(expression), lambda now: now == wanted, seconds=WAIT_SECONDS
        )

    async def press(self, *keys: str) -> None:
        strokes = [{"type": f"key{way}", "value": KEYS[key]} for key in keys for way in DOWN_UP]
        await self._perform({"type": "key", "id": "keyboard", "actions": strokes})

    async def click(self, expression: str) -> None:
        """Click with the mouse in the middle of an element."""
        node = await self._node(expression)
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}
        strokes = [move, *({"type": f"pointer{way}", "button": 0} for way in DOWN_UP)]
        await self._perform({"type": "pointer", "id": "mouse", "actions": strokes})

    async def close(self) -> None:
        self.firefox.tabs.remove(self)
        await self.firefox.send("browsingContext.close", context=self.id)

    async def _perform(self, source: dict[str, Any]) -> None:
        await self.firefox.send("input.performActions", context=self.id, actions=[source])

    async def _node(self, expression: str) -> Any:
        target = {"context": self.id}
        done = await self.firefox.send(
            "script.evaluate", expression=expression, target=target, awaitPromise=True
        )
        assert done["type"] == "success", done
        return done["result"]


@asynccontextmanager
async def launched(profile: Path) -> AsyncIterator[Firefox]:
    """Run a headless Firefox with an empty profile. Raises FileNotFoundError if not installed."""
    prefs = (
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFS.items()
    )
    (profile / "user.js").write_text("".join(prefs))
    log = profile / "stderr"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            shutil.which("firefox-esr") or "firefox",
            *("--headless", "--no-remote", "--profile", str(profile)),
            *("--remote-debugging-port", "0"),
            env={"HOME": str(profile), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"},
            stdout=out,
            stderr=out,
        )
    try:

        def listening() -> re.Match[str] | None:
            assert process.returncode is None, log.read_text()
            return re.search(r"BiDi listening on (ws:\S+)\n", log.read_text())

        found = await wait_until(listening, seconds=START_SECONDS)
        assert found is not None
        address = f"{found[1]}/session"
        async with connect(address, proxy=None, ping_interval=None, max_size=2**24) as link:
            firefox = Firefox(link)
            await firefox.send("session.new", capabilities={})
            await firefox.send("session.subscribe", events=["log.entryAdded"])
            yield firefox
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
