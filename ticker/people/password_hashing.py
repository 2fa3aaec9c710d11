"""The web process's side of the process that hashes passwords.

Hashing in the web process shares its memory map and its right to the cores: Linux compares the
processes of a newsroom as whole groups, whatever the niceness of a thread in one of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Sequence
from typing import Any

import orjson

from ticker.domain.errors import Unavailable
from ticker.domain.messages import said
from ticker.runtime.one_shot import environment

log = logging.getLogger(__name__)

TIMEOUT = 30.0
"""Seconds that one hash may take, on a busy machine."""


class PasswordHashing:
    """Starts the process with the first password, and again if it has ended.

    It ends when this process does. Its callers ask one after the other.
    """

    def __init__(
        self, module: str = "ticker.people.password_process", timeout: float = TIMEOUT
    ) -> None:
        """``module`` is what the process runs."""
        self.timeout = timeout
        self._command: Sequence[str] = (sys.executable, "-m", module)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None while there is no process."""
        return None if self._process is None else self._process.pid

    async def hash(self, password: str) -> str:
        """Return the hash of ``password`` with its parameters. Raises Unavailable."""
        return str(await self._answer({"hash": password}))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one whose hash is ``kept``. Raises Unavailable.

        Without ``kept`` (there is no such account) it takes as long, and is False.
        """
        return await self._answer({"verify": [kept, password]}) is True

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _answer(self, request: dict[str, Any]) -> Any:
        """Ask once, and once more if the process has ended meanwhile."""
        line = orjson.dumps(request) + b"\n"
        for _ in range(2):
            whole = False
            try:
                async with asyncio.timeout(self.timeout):
                    found = await self._ask(line)
                whole = found.endswith(b"\n")
            except TimeoutError:
                break
            except OSError:
                continue
            finally:
                if not whole:  # also when cancelled: the next one must not get this answer
                    await self.close()
            if whole:
                return orjson.loads(found)
        log.error("passwords cannot be checked: the process that hashes them ended or hung")
        raise Unavailable(said("passwords-unchecked"), 2)

    async def _ask(self, line: bytes) -> bytes:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        await process.stdin.drain()
        return await process.stdout.readline()
