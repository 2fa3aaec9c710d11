"""Peers that are small programs of ours: a message comes over a control connection, and goes out.

PROGRAM PORT CONTROL    four bytes of length, big endian, then the message, for each message
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from benchmarks import machine
from benchmarks.peers.base import Missing, Peer, Transport, free_port
from ticker.stream import frames

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ticker-benchmarks"


class Controlled(Peer):
    """``command`` runs the program."""

    _control: socket.socket

    def command(self) -> list[str]:
        """Return the program and its first arguments."""
        raise NotImplementedError

    def start(self) -> None:
        control = free_port()
        self.spawn([*self.command(), str(self.port), str(control)], NODE_PATH=str(NODE_MODULES))
        self._control = self.wait_for(control)

    def publish(self, count: int = 1) -> None:
        messages = [self.encode(self.events.message(self.events.next())) for _ in range(count)]
        self._control.sendall(b"".join(len(m).to_bytes(4, "big") + m for m in messages))

    def encode(self, message: bytes) -> bytes:
        """Return what the program gets for a message: the message, unless it frames nothing."""
        return message

    def stop(self) -> None:
        if hasattr(self, "_control"):
            self._control.close()
        super().stop()


class Floor(Controlled):
    """``send()`` to each of N sockets, in C where there is a compiler."""

    name = "floor"
    title = "bare send() loop"
    transports: ClassVar[tuple[Transport, ...]] = ("ws", "sse")

    @classmethod
    def version(cls) -> str:
        return "C" if shutil.which("gcc") else "Python: no gcc here"

    def command(self) -> list[str]:
        if shutil.which("gcc") is None:
            return [sys.executable, str(HERE / "floor.py")]
        CACHE.mkdir(parents=True, exist_ok=True)
        program, source = CACHE / "floor", HERE / "floor.c"
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["gcc", "-O2", "-o", str(program), str(source)], check=True)
        return [str(program)]

    def encode(self, message: bytes) -> bytes:
        if self.transport == "ws":
            return frames.ws_text(message)
        return frames.sse("item", message, "midc1z40.1795468803107-100002")


class Python(Controlled):
    """A Python program beside this file."""

    program: ClassVar[str]

    def command(self) -> list[str]:
        return [sys.executable, str(HERE / self.program)]


class Broadcast(Python):
    """``websockets.broadcast()``."""

    name = "broadcast"
    title = "websockets.broadcast()"
    program = "broadcast.py"

    @classmethod
    def version(cls) -> str:
        return machine.versions()["websockets"]


class Starlette(Python):
    """A loop of ``send_text`` in Starlette, on uvicorn."""

    name = "starlette"
    title = "Starlette send_text loop"
    program = "starlette_loop.py"

    @classmethod
    def version(cls) -> str:
        found = machine.versions()
        return f"{found['starlette']}, uvicorn {found['uvicorn']}"


NODE_MODULES = CACHE / "node_modules"


class Node(Controlled):
    """A Node program beside this file; its packages are installed into the cache directory."""

    program: ClassVar[str]
    package: ClassVar[str]

    @classmethod
    def check(cls) -> None:
        if shutil.which("node") is None:
            raise Missing("Node is not here (Debian: apt-get install nodejs npm)")
        if machine.output("node", "-p", _VERSION % str(NODE_MODULES / cls.package)) is not None:
            return
        if shutil.which("npm") is None:
            raise Missing("npm is not here (Debian: apt-get install npm)")
        CACHE.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "package.json", CACHE)
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        if subprocess.run(install, cwd=CACHE, check=False).returncode:
            raise Missing(f"npm could not install {cls.package}")

    @classmethod
    def version(cls) -> str:
        return machine.output("node", "-p", _VERSION % str(NODE_MODULES / cls.package)) or ""

    def command(self) -> list[str]:
        return ["node", str(HERE / self.program)]


_VERSION = "require('%s/package.json').version"


class Ws(Node):
    """``ws`` on Node, a frame a client, as its own example of a broadcast does."""

    name = "ws"
    title = "ws (Node)"
    program = "ws.cjs"
    package = "ws"


class SocketIo(Node):
    """Socket.IO's ``io.emit`` to WebSocket clients."""

    name = "socketio"
    title = "Socket.IO (Node)"
    program = "socketio.cjs"
    package = "socket.io"
    hello = b"\x81\x82\0\0\0\x0040"
    """Engine.IO's message (4) that connects (0) to the main namespace."""

    def target(self) -> str:
        return "/socket.io/?EIO=4&transport=websocket"
