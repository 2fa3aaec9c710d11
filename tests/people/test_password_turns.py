"""Turns of those who sign in: clients in turn, known people first, and a bounded number."""

from __future__ import annotations

import asyncio

import pytest

from ticker.domain.errors import Unavailable
from ticker.people.password_turns import WAITING_MAX, PasswordTurns


class Line:
    """People who wait, and the order in which they get their turns."""

    def __init__(self) -> None:
        self.turns = PasswordTurns()
        self.order: list[str] = []
        self.leave = asyncio.Event()
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def join(self, name: str, client: str, *, known: bool = False) -> None:
        self.tasks[name] = asyncio.create_task(self._one(name, client, known))
        await asyncio.sleep(0)  # it waits, has the turn, or is refused

    async def _one(self, name: str, client: str, known: bool) -> None:
        async with self.turns.turn(client, known=known):
            self.order.append(name)
            await self.leave.wait()

    async def end(self) -> list[str]:
        """Let all have their turns; return the names of those that were refused."""
        self.leave.set()
        found = await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        assert len(self.turns) == 0
        return [
            name
            for name, one in zip(self.tasks, found, strict=True)
            if isinstance(one, Unavailable)
        ]


async def test_clients_take_turns_and_known_people_come_first() -> None:
    line = Line()
    for number in range(3):
        await line.join(f"guess {number}", "192.0.2.66")
    await line.join("newcomer", "192.0.2.1")
    await line.join("editor", "192.0.2.2", known=True)
    assert await line.end() == []
    assert line.order == ["guess 0", "editor", "guess 1", "newcomer", "guess 2"]


async def test_one_more_takes_the_place_of_the_client_with_the_most() -> None:
    line = Line()
    for number in range(WAITING_MAX + 2):
        await line.join(f"guess {number}", "192.0.2.66")
    assert line.tasks[f"guess {WAITING_MAX + 1}"].done(), "one has the turn, 16 wait"
    await line.join("newcomer", "192.0.2.1")
    assert len(line.turns) == WAITING_MAX
    assert await line.end() == [f"guess {WAITING_MAX}", f"guess {WAITING_MAX + 1}"]
    assert line.order[:3] == ["guess 0", "guess 1", "newcomer"]


async def test_others_from_many_addresses_leave_room_for_known_people() -> None:
    line = Line()
    for number in range(WAITING_MAX + 1):
        await line.join(f"guess {number}", f"192.0.2.{number}")
    await line.join("newcomer", "198.51.100.1")
    await line.join("editor", "198.51.100.1", known=True)
    assert await line.end() == ["newcomer"]
    assert line.order[:2] == ["guess 0", "editor"]


@pytest.mark.parametrize("granted", [False, True])
async def test_who_goes_away_leaves_the_turn_to_the_next(granted: bool) -> None:
    line = Line()
    for name in ("first", "gone", "last"):
        await line.join(name, "192.0.2.1")
    if granted:
        line.tasks["first"].cancel()
        await asyncio.sleep(0)  # the turn is the second one's, which has not noticed it yet
    line.tasks["gone"].cancel()
    await line.end()
    assert line.order == ["first", "last"]
