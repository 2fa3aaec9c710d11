"""Runs a module in a process of its own for one input: whatever it reads harms nothing else.

What is read is untrusted: pictures, feeds. The process gets no secrets, limits itself
(``process_limits``), and is killed when its time is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

_CHUNK = 262_144
_PASSED = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
"""Variables that the process gets. Passwords and keys are not among them."""


class Failed(Exception):
    """The process gave no answer. ``status`` is its exit status, None if it was ended by us."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class TookTooLong(Failed):
    """The process took longer than it may."""


class TooMuch(Failed):
    """The process wrote more than it may."""


def environment() -> dict[str, str]:
    """Return the variables that such a process gets."""
    return {name: os.environ[name] for name in _PASSED if name in os.environ}


async def answer_of(
    module: str, data: bytes, *arguments: str, timeout: float, answer_max: int
) -> bytes:
    """Run ``python -m module`` with ``data`` as its input, and return what it writes.

    ``timeout`` is in seconds, ``answer_max`` in bytes. Raises Failed. Cancelling ends the process.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(timeout):
            feeding = asyncio.create_task(_feed(process.stdin, data))
            try:
                found = await _bounded(process.stdout, answer_max)
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
            code = await process.wait()
    except TimeoutError:
        raise TookTooLong(f"it takes longer than {timeout:.0f} seconds") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await _discard(process.stdout)
            await process.wait()
    if code != 0:
        raise Failed(f"it failed (status {code})", code)
    return found


async def _feed(stdin: asyncio.StreamWriter, data: bytes) -> None:
    try:
        stdin.write(data)
        await stdin.drain()
        stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the process has ended; its status says why


async def _discard(stdout: asyncio.StreamReader) -> None:
    """Read what a killed process has left behind.

    ``Process.wait`` returns once its pipes are closed, and one whose reader is full never is.
    """
    while await stdout.read(_CHUNK):
        pass


async def _bounded(stdout: asyncio.StreamReader, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := await stdout.read(_CHUNK):
        size += len(chunk)
        if size > most:
            raise TooMuch(f"its answer is larger than {most:,} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
