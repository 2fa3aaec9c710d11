"""Reports of the audience: one write a second at most, and none for nothing."""

from __future__ import annotations

import asyncio

from ticker.domain.audience import Audience
from ticker.domain.errors import Unavailable
from ticker.gateway.audience_report import REPEAT, AudienceReport


async def test_a_report_is_written_when_it_differs_or_is_old() -> None:
    now, counts, written, down = [0.0], [Audience(1)], [], [False]
    removed: list[str] = []

    async def report(process: str, found: Audience) -> None:
        if down[0]:
            raise Unavailable("no store")
        written.append((process, found.readers))

    async def remove(process: str) -> None:
        removed.append(process)

    reports = AudienceReport("one", lambda: counts[0], report, lambda: now[0], remove)
    await reports.step()
    await reports.step()
    assert [readers for _, readers in written] == [1]
    counts[0] = Audience(2)
    await reports.step()
    assert [readers for _, readers in written] == [1, 2]
    now[0] += REPEAT
    await reports.step()
    assert [readers for _, readers in written] == [1, 2, 2]
    down[0], counts[0] = True, Audience(3)
    await reports.step()
    down[0] = False
    await reports.step()
    assert [readers for _, readers in written] == [1, 2, 2, 3]
    assert {process for process, _ in written} == {"one"}
    running = asyncio.create_task(reports.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    assert removed == ["one"], "a process that stops is no gateway any more"
