"""A primary, two replicas and three sentinels on loopback, with the configurations of deploy/redis.

group = SentinelGroup("redis")
group.start()               # returns when all sentinels know all servers
group.primary.freeze()
group.decided(old)          # whether a sentinel names another primary
group.stop()
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.support.ports import free_port
from tests.support.redis_servers import Kind, RedisServer, find
from tests.support.waiting import wait_until, wait_until_sync
from ticker.runtime.die_with_parent import die_with_parent
from ticker.storage.connection import connect

DEPLOY = Path(__file__).parents[2] / "deploy" / "redis"
SERVICE = "ticker"
SENTINELS = 3


def _settings(file: Path) -> dict[str, str]:
    lines = (line.strip() for line in file.read_text().splitlines())
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


class SentinelGroup:
    """``url`` is what ``ticker.storage.connection`` takes."""

    def __init__(self, kind: Kind, *, down_after_ms: int = 500, **changed: str) -> None:
        """``changed`` are settings of the servers other than deploy/redis has, with ``_``."""
        settings = _settings(DEPLOY / "redis.conf") | {
            name.replace("_", "-"): value for name, value in changed.items()
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        options = ["" if part == '""' else part for part in options]
        self.servers = [RedisServer(kind, port=True, options=options) for _ in range(3)]
        self.ports = [free_port() for _ in range(SENTINELS)]
        self._kind = kind
        self._down_after_ms = down_after_ms
        self._folder = Path(tempfile.mkdtemp(prefix="sentinels-", dir="/tmp"))
        self._sentinels: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Return the address with a dead sentinel first."""
        hosts = [f"127.0.0.1:{port}" for port in (free_port(), *self.ports)]
        return f"redis+sentinel://{','.join(hosts)}/{SERVICE}/0"

    @property
    def primary(self) -> RedisServer:
        """Return the server that was the primary at the start."""
        return self.servers[0]

    def start(self) -> None:
        """Start everything; return when every sentinel knows every server and sentinel."""
        primary = self.primary
        primary.start()
        for replica in self.servers[1:]:
            replica.start()
            self._ask(replica.port, "REPLICAOF", "127.0.0.1", str(primary.port))
        for port in self.ports:
            self._start_sentinel(port)
        wait_until_sync(lambda: all(self._complete(port) for port in self.ports))

    def stop(self) -> None:
        """End everything and delete its files."""
        for process in self._sentinels:
            process.kill()
            process.wait()
        for server in self.servers:
            server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def named(self) -> set[int]:
        """Return the ports that the sentinels name as the primary's."""
        asked = (
            self._ask(port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE).split()
            for port in self.ports
        )
        return {int(lines[-1]) for lines in asked if lines}

    def decided(self, old: RedisServer) -> bool:
        """Tell whether a sentinel names another primary than ``old``."""
        return self.named() != {old.port}

    async def follows(self, replica: RedisServer) -> None:
        """Wait until ``replica`` is a replica with a working link."""
        client = connect(replica.tcp_url, replica=True)
        await wait_until(
            lambda: client.info("replication"),
            lambda found: found.get("master_link_status") == "up",
        )
        await client.aclose()

    def _start_sentinel(self, port: int) -> None:
        settings = (DEPLOY / "sentinel.conf").read_text()
        settings = settings.replace(
            "port 26379", f"port {port}\nbind 127.0.0.1\ndir {self._folder}"
        )
        settings = settings.replace("192.0.2.1 6379", f"127.0.0.1 {self.primary.port}")
        settings = settings.replace(
            "milliseconds ticker 2000", f"milliseconds ticker {self._down_after_ms}"
        )
        file = self._folder / f"{port}.conf"
        file.write_text(settings + f"logfile {self._folder}/{port}.log\n")
        self._sentinels.append(
            subprocess.Popen(
                [str(find(self._kind)), str(file), "--sentinel"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=die_with_parent(),
            )
        )

    def _complete(self, port: int) -> bool:
        text = " ".join(self._ask(port, "SENTINEL", "MASTER", SERVICE).split())
        return "num-slaves $1 2" in text and "num-other-sentinels $1 2" in text

    def _ask(self, port: int, *words: str) -> str:
        packed = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as sock:
                sock.settimeout(1)
                sock.sendall(packed.encode())
                return sock.recv(65_536).decode()
        except OSError:
            return ""
