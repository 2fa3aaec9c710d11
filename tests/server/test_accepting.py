"""When a gateway accepts connections, and when it leaves them to another one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from tests.support.waiting import wait_until
from ticker.domain.usage_table import UsageTable, size
from ticker.gateway.gateway import Gateway
from ticker.server.accepting import HEARD_WITHIN, Accepting

PLACES = 160
"""Of each gateway: ten are little room."""


class Gate:
    """Calls back when there are many connections, as the real one does."""

    def watch(self, many: int, when_many: Callable[[], None]) -> None:
        self.many, self.when_many = many, when_many


class Process:
    """One gateway process, its room as a number, and how often it began to accept."""

    def __init__(self, usage: UsageTable) -> None:
        self.began = self.ended = 0
        self.gateway = SimpleNamespace(
            places=PLACES, room=PLACES, usage=usage, gate=Gate(), clock=lambda: 100.0
        )
        self.accepting = Accepting(cast(Gateway, self.gateway), self._listen)

    async def _listen(self) -> asyncio.Server:
        self.began += 1
        return cast(asyncio.Server, SimpleNamespace(close=self._close))

    def _close(self) -> None:
        self.ended += 1

    def connect(self, room: int) -> None:
        """A connection came, and leaves so much room."""
        self.gateway.room = room
        if PLACES - room >= self.gateway.gate.many:
            self.gateway.gate.when_many()

    async def accepts(self, expected: bool) -> None:
        await wait_until(self._accepts, lambda found: found is expected)

    async def _accepts(self) -> bool:
        return self.accepting.accepts


def pair() -> tuple[Process, Process]:
    memory = memoryview(bytearray(size(2)))
    one, other = (Process(UsageTable(memory, b"k" * 16, number, 2)) for number in range(2))
    return one, other


async def test_one_with_little_room_pauses_at_once_while_another_has_more() -> None:
    one, other = pair()
    running = [asyncio.create_task(process.accepting.run()) for process in (one, other)]
    await one.accepts(True)
    await other.accepts(True)
    one.connect(11)
    assert one.accepting.accepts
    one.connect(10)
    assert not one.accepting.accepts
    other.connect(9)
    assert other.accepting.accepts, "the first one has no more room than that"
    await one.accepts(True)
    one.connect(0)
    assert not one.accepting.accepts, "the other one has nine places"
    other.connect(0)
    await one.accepts(True)
    assert other.accepting.accepts, "both refuse what is too much"
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    assert (one.began, one.ended) == (3, 3)
    assert (other.began, other.ended) == (1, 1)


async def test_one_that_stands_still_is_not_waited_for() -> None:
    one, other = pair()
    other.gateway.usage.set_room(PLACES, 100.0 - HEARD_WITHIN - 0.1)
    task = asyncio.create_task(one.accepting.run())
    await one.accepts(True)
    one.connect(0)
    assert one.accepting.accepts
    other.gateway.usage.set_room(PLACES, 100.0)
    one.connect(0)
    assert not one.accepting.accepts
    samples: list[Any] = one.accepting.metrics()
    assert len(samples) == 1
    task.cancel()
    await asyncio.wait([task])
