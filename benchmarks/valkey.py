"""A Valkey on the load's core, and a plain connection to it for publishing and counting."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import hiredis

from ticker.runtime.die_with_parent import die_with_parent
from ticker.runtime.embedded_store import Valkey as Embedded
from ticker.runtime.embedded_store import find_server, wait_ready

Command: TypeAlias = tuple[bytes | str | int, ...]


class Valkey:
    """A server without persistence: the disk is not what is measured here."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="bench-valkey-", dir="/tmp"))
        path = self.directory / "s"
        command = (str(find_server()), "--port", "0", "--unixsocket", str(path), "--save", "")
        self._embedded = Embedded(self.directory, path, command)
        with (self.directory / "valkey.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                preexec_fn=die_with_parent(),
            )
        asyncio.run(wait_ready(self._embedded, lambda: self._process.poll() is None))
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._replies = hiredis.Reader()
        self._owed = 0

    @property
    def url(self) -> str:
        """Return what TICKER_REDIS_URL takes."""
        return f"unix://{self._embedded.socket}"

    @property
    def pid(self) -> int:
        """Return the server's process."""
        return self._process.pid

    def send(self, commands: Sequence[Command]) -> None:
        """Send commands in one write and do not wait for the answers; ``call`` collects them."""
        self._socket.sendall(b"".join(map(_packed, commands)))
        self._owed += len(commands)

    def call(self, *command: bytes | str | int) -> Any:
        """Return the answer to one command. Raises hiredis.ReplyError if any since was an error."""
        self.send([command])
        answer = None
        while self._owed:
            answer = self._replies.gets()
            if answer is False:
                self._replies.feed(self._socket.recv(65_536))
                continue
            self._owed -= 1
            if isinstance(answer, Exception):
                raise answer
        return answer

    def command_counts(self) -> dict[str, int]:
        """Return how often each command ran since ``CONFIG RESETSTAT``, this connection's aside."""
        counts = {}
        for line in self.call("INFO", "commandstats").decode().splitlines():
            if line.startswith("cmdstat_"):
                name, _, rest = line[len("cmdstat_") :].partition(":calls=")
                counts[name] = int(rest.partition(",")[0])
        return {n: c for n, c in counts.items() if n not in ("info", "config|resetstat")}

    def stop(self) -> None:
        """End it and delete its files."""
        self._socket.close()
        self._process.kill()
        self._process.wait(10)
        shutil.rmtree(self.directory, ignore_errors=True)


def _packed(command: Command) -> bytes:
    """Return ``command`` as an array of bulk strings, as a server reads it."""
    parts = [one if isinstance(one, bytes) else str(one).encode() for one in command]
    return b"".join((b"*%d\r\n" % len(parts), *(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)))
