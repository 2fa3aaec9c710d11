"""The process that hashes passwords, as the web process uses it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.cheap_hashing import CHEAP
from ticker.domain.errors import Unavailable
from ticker.people.password_hashes import PasswordHashes
from ticker.people.password_hashing import PasswordHashing
from ticker.people.password_process import NICE

GOOD = "seven grey herons"


@pytest.fixture
async def hashing() -> AsyncIterator[PasswordHashing]:
    hashing = PasswordHashing()
    yield hashing
    await hashing.close()


async def test_what_a_newsroom_keeps_has_the_parameters_of_the_standard(
    hashing: PasswordHashing,
) -> None:
    assert hashing.pid is None, "before the first password there is no process"
    kept = await hashing.hash(GOOD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PasswordHashes().verify(kept, GOOD)
    comes_last(hashing.pid)


def comes_last(pid: int | None) -> None:
    """As a thread of the web process, at a lower priority, it delayed readers up to 25 times."""
    assert pid is not None
    assert os.getsid(pid) == pid, "the system compares it as a group of its own"
    assert os.getpriority(os.PRIO_PROCESS, pid) == max(NICE, os.getpriority(os.PRIO_PROCESS, 0))
    if sys.platform == "linux":
        assert len(os.sched_getaffinity(pid)) == 1
        group = Path(f"/proc/{pid}/autogroup")
        assert not group.exists() or group.read_text().split()[-1] == str(NICE)


async def test_it_is_started_again_and_nobody_gets_the_answer_to_another_password(
    hashing: PasswordHashing,
) -> None:
    kept = CHEAP.hash(GOOD)
    assert await hashing.verify(kept, GOOD)
    assert hashing.pid is not None
    os.kill(hashing.pid, signal.SIGSTOP)
    asking = asyncio.create_task(hashing.verify(kept, GOOD))
    await asyncio.sleep(0)  # the question is on its way
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert hashing.pid is None
    assert not await hashing.verify(kept, f"{GOOD}s")
    assert hashing.pid is not None
    os.kill(hashing.pid, signal.SIGKILL)
    assert await hashing.verify(kept, GOOD)
    os.kill(hashing.pid, signal.SIGSTOP)
    hashing.timeout = 0.05
    with pytest.raises(Unavailable):
        await hashing.verify(None, GOOD)
    assert hashing.pid is None, "one that does not answer in time is ended"


async def test_sign_ins_are_unavailable_without_it() -> None:
    hashing = PasswordHashing("ticker.no_such_module")
    with pytest.raises(Unavailable):
        await hashing.verify(None, GOOD)
    assert hashing.pid is None
