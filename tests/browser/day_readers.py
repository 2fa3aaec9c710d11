"""Readers and phones of a day: each keeps what it is told, and what it shows at the end."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.browser.day_plan import EDITIONS, Report
from tests.net.peer import Peer
from tests.support.providers.apns import KEY_ID, TEAM_ID, TOPIC, Apns
from tests.support.providers.fcm import Fcm
from tests.support.providers.oauth import OAuth
from tests.support.providers.script import CREDIT, Phones
from tests.support.providers.webpush import Browser, PushService, listening
from tests.support.transports import TRANSPORTS

AWAY_AFTER = 9
"""Messages after which a connection breaks. The reader comes back with its cursor."""
HERE = '["127.0.0.0/8", "::1/128"]'


class Reader:
    """One reader, whose connection breaks now and then; ``board`` is what is on the screen."""

    def __init__(self, url: str, transport: str, edition: str) -> None:
        self.name = f"{transport} {edition}"
        self.frames: list[str] = []
        self.events: list[tuple[str, str, int]] = []
        """Action, item and version of each event, in the order of the lane."""
        self.board: dict[str, dict[str, Any]] = {}
        self.cursor: str | None = None
        self.edition = edition
        self._url, self._transport = url, transport

    async def read(self) -> None:
        """Read for ever."""
        while True:
            query = f"edition={self.edition}" + (f"&after={self.cursor}" if self.cursor else "")
            left = AWAY_AFTER
            async with aclosing(TRANSPORTS[self._transport](self._url, query)) as frames:
                async for frame in frames:
                    self.frames.append(frame)
                    self._take(json.loads(frame))
                    left -= 1
                    if left == 0 and self.cursor is not None:
                        break

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "welcome":  # its cursor is where the server stands
            assert not message["reset"], f"{self.name} was reset: {message}"
            return
        if message["type"] == "snapshot":
            assert self.cursor is None, f"{self.name}: a snapshot where a replay was possible"
            self.board = {item["id"]: item for item in message["items"]}
        self.cursor = message["cursor"]
        if message["type"] != "item":
            return
        item = message["item"]
        self.events.append((message["action"], item["id"], item["version"]))
        if message["action"] in ("retract", "expire"):
            self.board.pop(item["id"], None)
        else:
            self.board[item["id"]] = item

    def shown(self) -> list[dict[str, Any]]:
        """Return the items on the screen: pinned first, then newest."""
        return sorted(self.board.values(), key=display_order, reverse=True)


def display_order(item: dict[str, Any]) -> tuple[bool, str, str]:
    return item["pinned"], item["published_at"], item["id"]


@dataclass(frozen=True)
class Told:
    """A notification as one phone got it."""

    kind: str
    id: str
    body: str


class KeptPhones(Phones):
    """Phones that keep every message, whether a later one has replaced it or not."""

    def __init__(self, read: Callable[[Any], Told]) -> None:
        super().__init__()
        self.told: dict[str, list[Told]] = defaultdict(list)
        self._read = read

    def deliver(self, token: str, collapse: str, what: Any) -> None:
        super().deliver(token, collapse, what)
        self.told[token].append(self._read(what))


def _by_fcm(message: Any) -> Told:
    return Told(message["data"]["kind"], message["data"]["id"], message["notification"]["body"])


def _by_apns(shown: Any) -> Told:
    payload = shown["payload"]
    return Told(payload["kind"], payload["id"], payload["aps"]["alert"]["body"])


class Devices:
    """Three providers with a device for each edition; ``settings`` are those of the newsroom."""

    def __init__(self, oauth: OAuth, folder: Path) -> None:
        self._fcm, self._apns, self._service = Fcm(oauth), Apns(), PushService()
        self._fcm.phones, self._apns.phones = KeptPhones(_by_fcm), KeptPhones(_by_apns)
        self._browsers: dict[str, Browser] = {}
        self._folder = folder
        self._oauth = oauth
        self.settings: dict[str, str] = {}

    async def listen(self, stack: AsyncExitStack) -> None:
        fcm = await stack.enter_async_context(Peer(self._fcm.handle, credit=CREDIT))
        apns = await stack.enter_async_context(Peer(self._apns.handle, credit=CREDIT))
        await stack.enter_async_context(listening(self._service))
        # Browsers register over the API, which takes no name of this machine.
        self._service.origin = self._service.origin.replace("localhost", "127.0.0.1")
        self.settings = {
            "TICKER_FCM_URL": f"http://127.0.0.1:{fcm.port}",
            "TICKER_FCM_CREDENTIALS_FILE": str(self._oauth.write(self._folder)),
            "TICKER_APNS_URL": f"http://127.0.0.1:{apns.port}",
            "TICKER_APNS_KEY_FILE": str(self._apns.write(self._folder)),
            "TICKER_APNS_KEY_ID": KEY_ID,
            "TICKER_APNS_TEAM_ID": TEAM_ID,
            "TICKER_APNS_TOPIC": TOPIC,
            "TICKER_PUSH_SERVICES": json.dumps([self._service.origin]),
            "TICKER_OUTBOUND_PRIVATE_NETWORKS": HERE,
        }

    async def register(self, http: httpx.AsyncClient) -> None:
        """Register all devices, as apps and browsers do."""
        key = (await http.get("/v1/push/key")).json()["key"]
        for number, edition in enumerate(EDITIONS):
            browser = self._browsers[edition] = self._service.subscribe(key)
            body = {"subscription": browser.to_json(), "edition": edition}
            for path, sent in (
                ("subscriptions", body),
                ("devices", {"provider": "fcm", "token": f"phone-{edition}", "edition": edition}),
                ("devices", {"provider": "apns", "token": f"{number}a" * 32, "edition": edition}),
            ):
                answer = await http.post(f"/v1/push/{path}", json=sent)
                assert answer.status_code == 201, answer.text

    def told(self, edition: str) -> dict[str, list[Told]]:
        """Return what the devices of an edition got, by provider."""
        number = EDITIONS.index(edition)
        fcm, apns = self._fcm.phones, self._apns.phones
        assert isinstance(fcm, KeptPhones)
        assert isinstance(apns, KeptPhones)
        pushes = [push.json for push in self._browsers[edition].got]
        return {
            "fcm": fcm.told[f"phone-{edition}"],
            "apns": apns.told[f"{number}a" * 32],
            "webpush": [Told(one["kind"], one["id"], one["body"]) for one in pushes],
        }

    def alerted(self, report: Report) -> bool:
        """Tell whether each device of the report's edition has got its alert."""
        found = self.told(report.edition).values()
        return all(any(one.id == report.id for one in told) for told in found)

    def last(self, edition: str) -> dict[str, dict[str, Told]]:
        """Return the last notification of each item on each device of an edition."""
        return {name: {one.id: one for one in told} for name, told in self.told(edition).items()}

    def alerts(self, edition: str) -> dict[str, Counter[str]]:
        """Return how often each item rang on each device of an edition."""
        return {
            name: Counter(one.id for one in told if one.kind == "alert")
            for name, told in self.told(edition).items()
        }

    def texts(self) -> list[str]:
        """Return every text that any device was ever sent."""
        found = [self.told(edition).values() for edition in EDITIONS]
        return [one.body for lists in found for told in lists for one in told]


@asynccontextmanager
async def devices(folder: Path) -> AsyncIterator[Devices]:
    """Run the providers."""
    async with AsyncExitStack() as stack:
        made = Devices(await stack.enter_async_context(OAuth()), folder)
        await made.listen(stack)
        yield made


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[list[Reader]]:
    """Run a reader of each edition on each transport; all have their snapshot when it begins."""
    readers = [Reader(url, name, edition) for name in TRANSPORTS for edition in EDITIONS]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(reader.read()) for reader in readers]
        try:
            yield readers
        finally:
            for task in tasks:
                task.cancel()
