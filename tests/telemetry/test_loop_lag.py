"""Event loop lag."""

from __future__ import annotations

from tests.support.clock import FakeClock
from tests.support.waiting import wait_until
from ticker.telemetry.loop_lag import LoopLag


async def test_a_stall_is_seen() -> None:
    clock = FakeClock()
    async with LoopLag(clock, interval=0.01).run() as lag:
        await wait_until(lambda: lag.lag.count)
        assert lag.lag.sum == 0
        clock.now += 0.3  # the loop did not turn for so long
        await wait_until(lambda: lag.lag.sum)
        assert 0.1 < lag.lag.sum <= 0.3
