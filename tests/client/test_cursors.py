"""``FileCursors``: complete after a kill -9 at any moment, and used by one process at a time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from ticker.client import CursorInUse, FileCursors

SAVER = """
import asyncio, sys
from ticker.client import FileCursors

async def save():
    cursors = FileCursors(sys.argv[1])
    number = int((await cursors.load() or "e1.0-0").rpartition("-")[2])
    while True:
        number += 1
        await cursors.save(f"e1.0-{number}")
        print(number, flush=True)

asyncio.run(save())
"""


async def saver(path: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SAVER, str(path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_kept_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    cursors = FileCursors(path)
    assert await cursors.load() is None
    await cursors.save("e1.5-0")
    await cursors.save("e1.6-0")
    assert await cursors.load() == "e1.6-0"
    cursors.close()
    again = FileCursors(str(path))
    assert await again.load() == "e1.6-0"
    again.close()
    assert sorted(os.listdir(tmp_path)) == ["cursor", "cursor.lock"]


async def test_an_emptied_file_is_no_first_start(tmp_path: Path) -> None:
    (tmp_path / "cursor").write_text("")
    cursors = FileCursors(tmp_path / "cursor")
    with pytest.raises(ValueError, match="is empty"):
        await cursors.load()
    cursors.close()


async def test_killed_while_it_saves_it_has_the_last_one_or_the_next(tmp_path: Path) -> None:
    path, told = tmp_path / "cursor", 0
    for lines in (1, 7, 3, 12, 5):
        process = await saver(path)
        assert process.stdout is not None
        async with asyncio.timeout(20):
            for _ in range(lines):
                line = await process.stdout.readline()
                told = int(line)
            process.send_signal(signal.SIGKILL)
            rest, _ = await process.communicate()
        told = int([str(told), *rest.decode().split()][-1])
        cursors = FileCursors(path)  # the lock has gone with the process
        kept = await cursors.load()
        cursors.close()
        assert kept is not None
        epoch, _, number = kept.rpartition("-")
        assert epoch == "e1.0"
        assert int(number) in (told, told + 1)


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    process = await saver(path)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            await process.stdout.readline()
        cursors = FileCursors(path)
        with pytest.raises(CursorInUse, match="another process is using"):
            await cursors.load()
        with pytest.raises(CursorInUse):
            await cursors.save("e1.0-0")
    finally:
        process.kill()
        await process.communicate()


async def test_a_save_that_was_cancelled_does_not_overtake_the_next(tmp_path: Path) -> None:
    cursors = FileCursors(tmp_path / "cursor")
    for number in range(20):
        given_up = asyncio.create_task(cursors.save(f"e1.0-{number}"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        await cursors.save(f"e1.1-{number}")
        assert await cursors.load() == f"e1.1-{number}"
    cursors.close()
