"""The pipe on which a process tells its supervisor that it is ready."""

from __future__ import annotations

import os

import pytest

from ticker.runtime.ready_signal import READY_VARIABLE, ReadyPipe, announce


async def test_the_signal_arrives_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = ReadyPipe()
    monkeypatch.setenv(READY_VARIABLE, str(pipe.descriptor))
    announce()
    announce()  # the variable is gone
    assert await pipe.announced()


async def test_a_process_that_ends_has_not_announced() -> None:
    pipe = ReadyPipe()
    pipe.started()
    assert not await pipe.announced()


def test_without_a_supervisor_nothing_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(READY_VARIABLE, raising=False)
    announce()
    assert READY_VARIABLE not in os.environ
