"""A primary, two replicas and three sentinels on loopback, with the configurations of deploy/redis.

group = SentinelGroup("redis")
group.start()               # returns when all sentinels know all servers
group.primary.freeze()
group.decided(old)          # whether a sentinel names another primary
group.current()             # the primary that most sentinels name
group.stop()
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from redis.exceptions import ConnectionError

from tests.support.network_namespace import NetworkNamespace
from tests.support.ports import free_port
from tests.support.redis_servers import Kind, RedisServer, find, folder_of_data
from tests.support.secured_stores import SecuredStores
from tests.support.waiting import wait_until, wait_until_sync
from ticker.runtime.die_with_parent import die_with_parent
from ticker.storage.address import StoreAddress
from ticker.storage.connection import connect

DEPLOY = Path(__file__).parents[2] / "deploy" / "redis"
SERVICE = "ticker"
SENTINELS = 3
PAUSE_MS = 5_000
"""Milliseconds without writes in which a failover by hand must be over."""


def _settings(file: Path) -> dict[str, str]:
    lines = (line.strip() for line in file.read_text().splitlines())
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def _options(settings: dict[str, str]) -> list[str]:
    """Return ``settings`` as a server's command line."""
    return [
        part
        for name, value in settings.items()
        for part in (f"--{name}", "" if value == '""' else value)
    ]


class SentinelGroup:
    """``url`` is what ``ticker.storage.connection`` takes."""

    def __init__(
        self,
        kind: Kind,
        *,
        down_after_ms: int = 2_000,
        machine: NetworkNamespace | None = None,
        secured: bool = False,
        **changed: str,
    ) -> None:
        """``changed`` are settings of the servers other than deploy/redis has, with ``_``.

        ``down_after_ms`` must be more than 1,000: deploy/redis/sentinel.conf says why.

        The first server and the first sentinel run on ``machine``, if there is one. With
        ``secured`` there are TLS, passwords and users; the kind must be ``redis`` then.
        """
        settings = _settings(DEPLOY / "redis.conf") | {
            name.replace("_", "-"): value for name, value in changed.items()
        }
        here = machine.outside if machine else "127.0.0.1"
        there = machine.address if machine else here
        self._hosts = [there, here, here]
        self._within = [machine.command if machine else (), (), ()]
        self._control = [machine.control_address if machine else here, here, here]
        self._folder = Path(tempfile.mkdtemp(prefix="sentinels-", dir=folder_of_data()))
        self.secured = SecuredStores(self._folder, self._hosts) if secured else None
        self.servers = []
        for host, within in zip(self._hosts, self._within, strict=True):
            port = free_port()
            of_this = self.secured.server_settings(port) if self.secured else {"port": str(port)}
            options = _options(settings | of_this)
            server = RedisServer(kind, options=options, host=host, within=within)
            server.port = port
            self.servers.append(server)
        self.ports = [free_port() for _ in range(SENTINELS)]
        self._dead = free_port()
        self._kind = kind
        self._down_after_ms = down_after_ms
        self._sentinels: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Return the address with a dead sentinel first."""
        hosts = zip((self._hosts[1], *self._hosts), (self._dead, *self.ports), strict=True)
        listed = ",".join(f"{host}:{port}" for host, port in hosts)
        scheme = "rediss" if self.secured else "redis"
        return f"{scheme}+sentinel://{listed}/{SERVICE}/0"

    @property
    def address(self) -> StoreAddress:
        """Return the same for an operator."""
        return self.secured.address(self.url) if self.secured else StoreAddress(self.url)

    def address_of(self, server: RedisServer) -> StoreAddress:
        """Return the address of one server for an operator."""
        if self.secured is None:
            return StoreAddress(server.tcp_url)
        return self.secured.address(server.tcp_url.replace("redis://", "rediss://"))

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
            self._ask(replica.host, replica.port, "REPLICAOF", primary.host, str(primary.port))
        for number in range(SENTINELS):
            self._configure_sentinel(number)
            self.start_sentinel(number)
        wait_until_sync(lambda: all(self._complete(number) for number in range(SENTINELS)))

    def save_logs(self, folder: Path) -> None:
        """Copy the logs of servers and sentinels into ``folder``, each named by its port."""
        for server in self.servers:
            shutil.copy(server.directory / "log", folder / f"store-{server.port}.log")
        for port in self.ports:
            shutil.copy(self._folder / f"{port}.log", folder / f"sentinel-{port}.log")

    def stop(self) -> None:
        """End everything and delete its files."""
        for process in self._sentinels.values():
            process.kill()
            process.wait()
        for server in self.servers:
            server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def named(self) -> set[int]:
        """Return the ports that the sentinels name as the primary's."""
        return set(self._answers())

    def current(self) -> RedisServer:
        """Return the primary that most sentinels name. Raises AssertionError if none answers."""
        named = Counter(self._answers()).most_common(1)
        assert named, "no sentinel answers"
        return next(server for server in self.servers if server.port == named[0][0])

    def whole(self) -> bool:
        """Tell whether all sentinels agree, and the primary has two replicas that keep up."""
        if len(self.named()) != 1 or not all(map(self._complete, range(SENTINELS))):
            return False
        primary = self.current()
        found = self._ask(primary.host, primary.port, "INFO", "replication")
        return "role:master" in found and found.count("state=online") == len(self.servers) - 1

    def start_replica(self, replica: RedisServer) -> None:
        """Start a server that was a replica, as one: its configuration says so."""
        primary = self.current()
        replica.start("--replicaof", f"{primary.host} {primary.port}")

    def promote(self, server: RedisServer) -> None:
        """Ask for failovers, until ``server`` is the primary. ``whole`` tells when it is done.

        Writes stop before each one, as docs/operations/runbooks.md tells operators: the old primary
        would accept them until it learns that it is a replica.
        """
        sentinel = (self._control[1], self.ports[1])
        for other in self.servers:
            priority = "1" if other is server else "100"
            self._ask(other.host, other.port, "CONFIG", "SET", "replica-priority", priority)

        def done() -> bool:
            old = self.current()
            if old is server:
                return True
            self._ask(old.host, old.port, "CLIENT", "PAUSE", str(PAUSE_MS), "WRITE")
            self._ask(*sentinel, "SENTINEL", "FAILOVER", SERVICE)
            return False

        wait_until_sync(done, seconds=60)
        for other in self.servers:  # a preference would go before what a replica has
            self._ask(other.host, other.port, "CONFIG", "SET", "replica-priority", "100")

    def _answers(self) -> list[int]:
        asked = (
            self._ask(host, port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE).split()
            for host, port in zip(self._control, self.ports, strict=True)
        )
        return [int(lines[-1]) for lines in asked if lines and lines[-1].isdigit()]

    def decided(self, old: RedisServer) -> bool:
        """Tell whether a sentinel names another primary than ``old``."""
        return self.named() != {old.port}

    async def follows(self, replica: RedisServer) -> None:
        """Wait until ``replica`` is a replica with a working link."""
        client = connect(self.address_of(replica), replica=True)

        async def link() -> object:
            with contextlib.suppress(ConnectionError):  # a sentinel cuts it with the change of role
                return (await client.info("replication")).get("master_link_status")
            return None

        await wait_until(link, lambda found: found == "up")
        await client.aclose()

    def start_sentinel(self, number: int) -> None:
        """Start a sentinel, with what it has written to its file."""
        file = self._folder / f"{self.ports[number]}.conf"
        self._sentinels[number] = subprocess.Popen(
            [*self._within[number], str(find(self._kind)), str(file), "--sentinel"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent(),
        )

    def kill_sentinel(self, number: int) -> None:
        """End a sentinel: kill -9."""
        process = self._sentinels.pop(number)
        process.kill()
        process.wait()

    def _configure_sentinel(self, number: int) -> None:
        port = self.ports[number]
        binding = "127.0.0.1" if self._hosts[0] == "127.0.0.1" else "0.0.0.0"
        settings = (DEPLOY / "sentinel.conf").read_text()
        here = f"port {port}\n"
        if self.secured is not None:
            here = self.secured.sentinel_lines(port, SERVICE)
        monitor = next(line for line in settings.splitlines() if "sentinel monitor" in line)
        settings = settings.replace(monitor + "\n", "").replace(
            "port 26379\n",
            f"bind {binding}\nprotected-mode no\ndir {self._folder}\n"
            f"sentinel announce-ip {self._hosts[number]}\n{monitor}\n{here}",
        )
        settings = settings.replace("192.0.2.1 6379", f"{self.primary.host} {self.primary.port}")
        settings = settings.replace(
            "milliseconds ticker 2000", f"milliseconds ticker {self._down_after_ms}"
        )
        file = self._folder / f"{port}.conf"
        file.write_text(settings + f"logfile {self._folder}/{port}.log\n")

    def _complete(self, number: int) -> bool:
        text = self._ask(self._control[number], self.ports[number], "SENTINEL", "MASTER", SERVICE)
        text = " ".join(text.split())
        return (
            "flags $6 master" in text
            and "num-slaves $1 2" in text
            and "num-other-sentinels $1 2" in text
        )

    def _ask(self, host: str, port: int, *words: str) -> str:
        packed = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
        try:
            with socket.create_connection((host, port), 1) as plain:
                plain.settimeout(1)
                sock = plain
                if self.secured is not None:
                    sock = self.secured.logged_in(plain, sentinel=port in self.ports)
                with sock:
                    sock.sendall(packed.encode())
                    return sock.recv(65_536).decode()
        except OSError:
            return ""
