"""Tasks that never die, and say so once."""

from __future__ import annotations

import asyncio
import logging

import pytest

from ticker.domain.errors import Unavailable
from workers import supervised_task
from workers.supervised_task import BACKOFF_MAX, SupervisedTask, backoff


def test_backoff_grows_is_jittered_and_bounded() -> None:
    for failures in range(1, 200):
        waits = [backoff(failures) for _ in range(20)]
        assert 0 < min(waits) <= max(waits) <= BACKOFF_MAX
        if failures < 10:
            assert len(set(waits)) > 1
    assert backoff(1) < 0.06
    assert backoff(50) >= BACKOFF_MAX / 2


async def test_it_outlives_every_failure_and_logs_each_change_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervised_task, "BACKOFF_MIN", 0.0)
    outcomes: list[Exception | None] = [
        None,
        Unavailable("gone"),
        Unavailable("gone"),
        RuntimeError("a bug"),
        None,
        None,
        Unavailable("gone again"),
        None,
    ]
    forgotten = 0
    finished = asyncio.Event()

    async def step() -> float:
        if not outcomes:
            finished.set()
            return 1.0
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return 0.0

    def forget() -> None:
        nonlocal forgotten
        forgotten += 1

    task = SupervisedTask("the relay", step, forget)
    with caplog.at_level(logging.INFO, "workers.supervised_task"):
        running = asyncio.create_task(task.run())
        await asyncio.wait_for(finished.wait(), 30)
        running.cancel()
        await asyncio.wait([running])
    assert (task.losses, task.failures, forgotten) == (2, 0, 4)
    words = ["interrupted" if "interrupted" in r.message else "works" for r in caplog.records]
    assert words == ["interrupted", "works", "interrupted", "works"]
