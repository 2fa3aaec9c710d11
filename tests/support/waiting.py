"""Bounded waiting: the one place in the tests that sleeps.

    # a plain condition
    await wait_until(lambda: screen.items)
    # an awaited value, and what it has to be
    answer = await wait_until(lambda: http.get("/readyz"), lambda found: found.is_success)
    # in a test that is no coroutine
    wait_until_sync(lambda: path.exists())

Each returns the first accepted value, and raises AssertionError with the last value seen when
``seconds`` have passed. The bound is generous on purpose: a busy machine is no defect.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar, overload

T = TypeVar("T")

SECONDS = 30.0
"""The usual bound."""

LOOK_EVERY, LOOK_MAX = 0.001, 0.01
"""Seconds between two looks at a variable, at first and at most."""

ASK_EVERY, ASK_MAX = 0.01, 0.03
"""Seconds between two questions to a server, at first and at most: each costs the server and the
test about a millisecond of a processor."""

SLOWER = 1.1
"""By how much each pause is longer than the one before: no wait takes much more than a tenth too
long."""


@overload
async def wait_until(
    read: Callable[[], Awaitable[T]],
    accept: Callable[[T], object] = ...,
    *,
    seconds: float = ...,
) -> T: ...
@overload
async def wait_until(
    read: Callable[[], T], accept: Callable[[T], object] = ..., *, seconds: float = ...
) -> T: ...
async def wait_until(
    read: Callable[[], Any],
    accept: Callable[[Any], object] = bool,
    *,
    seconds: float = SECONDS,
) -> Any:
    """Call ``read``, and await what it returns, until ``accept`` takes the value; return it."""
    value: Any = None
    slower = 1.0
    bound = asyncio.timeout(seconds)
    try:
        async with bound:
            while True:
                pause, most = LOOK_EVERY, LOOK_MAX
                value = read()
                if inspect.isawaitable(value):
                    pause, most = ASK_EVERY, ASK_MAX
                    value = await value
                if accept(value):
                    return value
                await asyncio.sleep(min(pause * slower, most))
                slower *= SLOWER
    except TimeoutError as error:
        if not bound.expired():
            raise  # from what was read
        raise AssertionError(f"not within {seconds} s; the last value was {value!r}") from error


def wait_until_sync(
    read: Callable[[], T],
    accept: Callable[[T], object] = bool,
    *,
    seconds: float = SECONDS,
) -> T:
    """Call ``read`` until ``accept`` takes the value; return it. For tests without a loop."""
    deadline = time.monotonic() + seconds
    pause = ASK_EVERY
    while not accept(value := read()):
        assert time.monotonic() < deadline, f"not within {seconds} s; the last value was {value!r}"
        time.sleep(min(pause, ASK_MAX))
        pause *= SLOWER
    return value


async def stays(condition: Callable[[], object], seconds: float) -> None:
    """Look at ``condition`` for ``seconds``; raise AssertionError if it is false at any time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), "it did not stay so"
        await asyncio.sleep(LOOK_EVERY)


async def wait_past(at: datetime) -> None:
    """Return just after ``at``: the store judges by its own clock, which a test cannot set."""
    left = at.timestamp() - time.time()
    assert left < SECONDS, f"{at} is too far away to wait for"
    await asyncio.sleep(max(left, 0) + ASK_EVERY)


async def forever() -> None:
    """Never return, as a peer that hangs does. The caller cancels it."""
    await asyncio.Event().wait()


async def simulated_delay(seconds: float) -> None:
    """Take ``seconds``, as a slow peer or an outage does. Only fakes and faults use it.

    A test that awaits something else waits for its condition with ``wait_until``.
    """
    await asyncio.sleep(seconds)


def simulated_delay_sync(seconds: float) -> None:
    """Take ``seconds`` in a thread of its own, as ``simulated_delay`` does on the loop."""
    time.sleep(seconds)
