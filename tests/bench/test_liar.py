"""Servers that lose, double and forget: the count must notice, or it is worth nothing."""

from __future__ import annotations

from typing import Any

from tests.bench.test_run import Phases
from tests.client.fake_gateway import Connection, Script, scripted
from ticker.bench.plan import Plan
from ticker.bench.result import Result
from ticker.bench.run import Run

CLIENTS = 3


def cursor(number: int, epoch: str = "abc") -> str:
    return f"{epoch}.{number}-0"


def welcome(at: int, mode: str = "live", **more: Any) -> dict[str, Any]:
    return {"type": "welcome", "mode": mode, "cursor": cursor(at), "heartbeat": 25, **more}


def event(number: int) -> dict[str, Any]:
    item = {"id": f"i{number}", "version": 1, "headline": "A line"}
    return {"type": "item", "cursor": cursor(number), "action": "publish", "item": item}


def act(*messages: dict[str, Any]) -> Script:
    async def play(connection: Connection) -> None:
        await connection.send(welcome(0), *messages)
        await connection.hold()

    return play


async def listen(*acts: Script, storm: bool = False) -> Result:
    async with scripted(*acts) as peer:
        plan = Plan(peer.url, clients=CLIENTS, seconds=0, storm=storm, quiet=0.2)
        return await Run(plan, None, Phases()).go()


def counts(result: Result) -> tuple[int, int, int]:
    return result.verdict.delivered, result.verdict.lost, result.verdict.doubled


GOOD = act(event(1), event(2), event(3))


async def test_an_honest_server_has_a_clean_count() -> None:
    result = await listen(GOOD, GOOD, GOOD)
    assert counts(result) == (9, 0, 0)
    assert result.clean


async def test_an_event_that_one_reader_did_not_get_is_lost() -> None:
    result = await listen(GOOD, act(event(1), event(3)), GOOD)
    assert counts(result) == (8, 1, 0)
    assert not result.clean


async def test_an_event_that_came_twice_or_late_is_doubled() -> None:
    twice = act(event(1), event(2), event(2), event(3))
    result = await listen(GOOD, twice, act(event(2), event(1), event(3)))
    assert counts(result) == (8, 1, 2)
    assert not result.clean


async def test_a_gap_in_a_storm_is_lost() -> None:
    async def short(connection: Connection) -> None:
        await connection.send(welcome(3, "replay"), event(5))
        await connection.hold()

    async def whole(connection: Connection) -> None:
        await connection.send(welcome(3, "replay"), event(4), event(5))
        await connection.hold()

    result = await listen(GOOD, GOOD, GOOD, whole, short, whole, storm=True)
    assert counts(result) == (14, 1, 0)
    assert result.storm is not None
    assert result.storm.back == CLIENTS


async def test_a_reset_is_counted_as_what_it_is() -> None:
    async def reset(connection: Connection) -> None:
        snapshot = {"type": "snapshot", "cursor": cursor(9), "items": []}
        await connection.send(welcome(9, "snapshot", reset=True, reason="expired"), snapshot)
        await connection.hold()

    result = await listen(GOOD, GOOD, GOOD, reset, reset, reset, storm=True)
    assert counts(result) == (9, 0, 0)
    assert result.resets == CLIENTS
    assert not result.clean


async def test_readers_that_cannot_come_back_are_said() -> None:
    result = await listen(GOOD, GOOD, GOOD, GOOD, storm=True)
    assert result.storm is not None
    assert result.storm.seconds is None
    assert result.failures == {"HTTP 503": 2}
    assert not result.clean


async def test_a_connection_that_ends_is_said_with_its_reason() -> None:
    async def close(connection: Connection) -> None:
        await connection.send(welcome(0), event(1))
        await connection.close(4001, "lagging")

    result = await listen(GOOD, close, GOOD)
    assert result.drops == {"closed with 4001 lagging": 1}
    assert counts(result)[1:] == (0, 0)
    assert result.ending == "complete"
    assert not result.clean
