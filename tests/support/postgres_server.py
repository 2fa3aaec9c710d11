"""A real PostgreSQL server for tests: Debian's, on a unix socket in a directory of its own.

PostgreSQL refuses to run as root: then it runs as the user ``postgres``, whom the package made.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from ticker.runtime.die_with_parent import die_with_parent

START_TIMEOUT = 60.0


class PostgresServer:
    """One server process with an empty database ``postgres``; ``url`` leads to it."""

    def __init__(self) -> None:
        self._bin = _programs()
        self._user = "postgres" if os.getuid() == 0 else None
        self.directory = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))
        if self._user is not None:
            shutil.chown(self.directory, self._user)
        self._data = self.directory / "data"
        self._run(
            *("initdb", "-D", str(self._data), "-U", "ticker", "-A", "trust", "--no-sync"),
            *("-E", "UTF8", "--locale=C", "--no-instructions"),
        )
        self.start()

    def start(self) -> None:
        """Start it, on the data that is there; return when it answers."""
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *(str(self._bin / "postgres"), "-D", str(self._data)),
                *("-k", str(self.directory), "-h", "", "-F"),
                *("-c", "shared_buffers=16MB", "-c", "autovacuum=off", "-c", "max_connections=20"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self._user,
            preexec_fn=die_with_parent(),
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not (self._data / "postmaster.pid").exists() or b"ready" not in (
            (self._data / "postmaster.pid").read_bytes()
        ):
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("postgres did not start")
            time.sleep(0.01)

    def crash(self) -> None:
        """End it as a power cut does: without a checkpoint, and without a word to its clients."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    @property
    def url(self) -> str:
        return f"postgresql://ticker@/postgres?host={self.directory}"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            user=self._user,
            cwd="/",
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    if found:
        return found[-1]
    program = shutil.which("postgres")
    assert program, "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    return Path(program).resolve().parent
