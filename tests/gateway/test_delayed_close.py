"""Connections that are over a limit end a moment later, a few in each turn, and have a bound."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from tests.gateway.gateway_server import gateway_server
from tests.support.waiting import wait_until
from ticker.gateway import delayed_close
from ticker.gateway.delayed_close import HELD_SECONDS, TOGETHER, DelayedClose


async def test_a_connection_ends_a_moment_later_and_a_few_do_in_one_turn() -> None:
    now, closed = [0.0], list[int]()
    held = DelayedClose(100, lambda: now[0])
    for number in range(TOGETHER + 2):
        held.add(partial(closed.append, number))
    now[0] = HELD_SECONDS / 2
    held.add(partial(closed.append, -1))
    held.close_due()
    assert not closed
    now[0] = HELD_SECONDS
    held.close_due()
    assert closed == list(range(TOGETHER))
    held.close_due()
    assert closed == list(range(TOGETHER + 2))
    assert len(held) == 1, "its time has not come"
    held.close_all()
    assert closed[-1] == -1
    assert not len(held)


async def test_with_too_many_the_oldest_ends() -> None:
    closed: list[int] = []
    held = DelayedClose(2, lambda: 0.0)
    for number in range(5):
        held.add(partial(closed.append, number))
    assert closed == [0, 1, 2]
    held.close_all()


async def test_the_loop_closes_them(monkeypatch: Any) -> None:
    monkeypatch.setattr(delayed_close, "HELD_SECONDS", 0.01)
    closed: list[int] = []
    held = DelayedClose(9, asyncio.get_running_loop().time)
    held.add(partial(closed.append, 1))
    await wait_until(lambda: closed, [1].__eq__)
    held.add(partial(closed.append, 2))
    await wait_until(lambda: closed, [1, 2].__eq__)


async def test_a_client_over_its_limits_is_neither_read_nor_answered_until_it_is_closed() -> None:
    spent: dict[str, Any] = {
        "unlimited_networks": (),
        "trusted_proxies": "",
        "address_connections": 1,
    }
    async with gateway_server(**spent) as s:
        gate, refused = s.gateway.gate, s.gateway.budgets
        async with s.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as one:
            await one.read_until(b"hello")
            while refused.has("refusals", "127.0.0.1"):
                refused.take("refusals", "127.0.0.1")
            async with s.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as other:
                await wait_until(lambda: len(gate.closes), (1).__eq__)
                assert len(gate) == 2, "it counts until then"
                gate.closes.close_all()
                with pytest.raises(ConnectionResetError):  # it was not read
                    await other.rest()
            assert len(s.asked) == 1
            await wait_until(lambda: len(gate), (1).__eq__)
