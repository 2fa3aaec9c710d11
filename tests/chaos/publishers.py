"""Editors who publish, correct and retract without a pause, and repeat what is not answered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import httpx

from tests.chaos.records import Act, Kind
from tests.support.waiting import simulated_delay

TIMEOUT = 5.0
AGAIN = 0.1
"""Seconds before a request is repeated."""
OPEN_ITEMS = 50
"""Items that an editor may still correct or retract."""


class Publisher:
    """One editor. ``acts`` has every request, answered or not."""

    def __init__(
        self,
        name: str,
        urls: list[str],
        key: str,
        clock: Callable[[], float],
        seed: int,
        pause: float,
    ) -> None:
        """``urls`` are web processes; after a failure the next is asked. ``pause`` is seconds."""
        self.acts: list[Act] = []
        self.refusals: list[tuple[float, str]] = []
        """When a request was refused, and the type of the problem."""
        self.stopped = asyncio.Event()
        self._name = name
        self._urls = urls
        self._key = key
        self._clock = clock
        self._dice = random.Random(seed)
        self._pause = pause
        self._open: list[Act] = []
        self._turn = 0

    async def run(self) -> None:
        """Publish until ``stopped`` is set; then finish the request under way."""
        number = 0
        async with httpx.AsyncClient(
            timeout=TIMEOUT, headers={"authorization": f"Bearer {self._key}"}
        ) as http:
            while not self.stopped.is_set():
                number += 1
                act = self._next(number)
                self.acts.append(act)
                await self._carry_out(http, act)
                await simulated_delay(self._pause)

    def _next(self, number: int) -> Act:
        key = f"{self._name}-{number}"
        text = f"Line {number} of desk {self._name}: the bridge is open"
        kind: Kind = "publish"
        if len(self._open) > 5:
            [kind] = self._dice.choices(("publish", "correct", "retract"), (70, 15, 15))
        if kind == "publish":
            return Act(kind, key, text, self._clock())
        before = self._dice.choice(self._open)
        if kind == "retract":
            text = before.text
            self._open.remove(before)
        return Act(kind, key, text, self._clock(), before.item)

    async def _carry_out(self, http: httpx.AsyncClient, act: Act) -> None:
        while True:
            act.tries += 1
            try:
                answer = await self._send(http, act)
            except httpx.TransportError:
                self._turn += 1
                self.refusals.append((self._clock(), "no answer"))
            else:
                if answer.is_success:
                    self._answered(act, answer)
                    return
                if answer.status_code < 500 and answer.status_code != 429:
                    return  # the item is gone: a fault took it, and the checker judges that
                self._turn += 1
                self.refusals.append((self._clock(), _problem(answer)))
            if self.stopped.is_set() and act.tries > 50:
                return
            await simulated_delay(AGAIN)

    async def _send(self, http: httpx.AsyncClient, act: Act) -> httpx.Response:
        url = self._urls[self._turn % len(self._urls)]
        headers = {"idempotency-key": act.key}
        if act.kind == "publish":
            draft = {"headline": act.text, "edition": "en", "force": True}
            return await http.post(f"{url}/v1/items", json=draft, headers=headers)
        if act.kind == "correct":
            change = {"headline": act.text, "correction": "The line was wrong"}
            return await http.patch(f"{url}/v1/items/{act.item}", json=change, headers=headers)
        reason = {"reason": "It was not true"}
        return await http.post(f"{url}/v1/items/{act.item}/retract", json=reason, headers=headers)

    def _answered(self, act: Act, answer: httpx.Response) -> None:
        act.acknowledged = self._clock()
        act.item = str(answer.json()["item"]["id"])
        act.answers.add(act.item)
        if act.kind == "publish":
            self._open.append(act)
            del self._open[:-OPEN_ITEMS]


def _problem(answer: httpx.Response) -> str:
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return str(answer.json()["type"]).rpartition("#")[2].rpartition("/")[2]
    return str(answer.status_code)
