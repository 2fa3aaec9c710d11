"""The stores of a chaos run: one server, or a primary, two replicas and three sentinels.

A run that has a fault which needs it gets a network namespace, a clock that can be set, or a small
disk.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.faked_clock import FakedClock
from tests.support.network_namespace import NetworkNamespace
from tests.support.redis_servers import Kind, RedisServer
from tests.support.sentinels import SentinelGroup
from ticker.config import Durability
from ticker.storage.acl import RoleName
from ticker.storage.address import StoreAddress

DISK = "128m"
"""Size of the small disk."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The needs of a run."""

    kind: Kind = "valkey"
    sentinels: bool = False
    secured: bool = False
    """TLS, passwords and a user for each role; with sentinels only."""
    durability: Durability = "fsync"
    partition: bool = False
    clock: bool = False
    small_disk: bool = False


@dataclass(slots=True)
class Stores:
    """Made by ``running``. ``group`` and ``single``: one of the two is there."""

    single: RedisServer | None = None
    group: SentinelGroup | None = None
    machine: NetworkNamespace | None = None
    clock: FakedClock | None = None

    @property
    def primary(self) -> RedisServer:
        """Return the single store, or the primary that most sentinels name."""
        if self.single is not None:
            return self.single
        assert self.group is not None
        return self.group.current()

    @property
    def address(self) -> StoreAddress:
        """Return the address for this process, which may do everything."""
        if self.single is not None:
            return StoreAddress(self.single.url)
        assert self.group is not None
        return self.group.address

    def settings(self, role: RoleName, *, through: str = "", read: bool = False) -> dict[str, str]:
        """Return the settings with which a process of ``role`` reaches the store.

        It reaches a single one ``through`` that address, if there is one. With ``read`` it reads
        from a replica that the sentinels name.
        """
        if self.single is not None:
            return {"REDIS_URL": through or self.single.tcp_url}
        assert self.group is not None
        url, secured = self.group.url, self.group.secured
        names = ("REDIS_URL", "READ_REDIS_URL") if read else ("REDIS_URL",)
        if secured is None:
            return dict.fromkeys(names, url)
        return {k: v for name in names for k, v in secured.environment(role, url, name).items()}


@contextlib.contextmanager
def running(wanted: Wanted, folder: Path) -> Iterator[Stores]:
    """Run what is ``wanted``."""
    with contextlib.ExitStack() as stack:
        stores = Stores()
        if wanted.partition:
            stores.machine = stack.enter_context(NetworkNamespace())
        if wanted.clock:
            stores.clock = FakedClock(folder)
        if wanted.sentinels:
            group = SentinelGroup(wanted.kind, machine=stores.machine, secured=wanted.secured)
            stack.callback(group.stop)
            stack.callback(group.save_logs, folder)
            stores.group = group
            group.start()
        else:
            stores.single = _single(wanted, stores, stack)
        yield stores


def _single(wanted: Wanted, stores: Stores, stack: contextlib.ExitStack) -> RedisServer:
    machine = stores.machine
    server = RedisServer(
        wanted.kind,
        port=True,
        environment=stores.clock.environment if stores.clock else None,
        host=machine.address if machine else "127.0.0.1",
        within=machine.command if machine else (),
    )
    if wanted.small_disk:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(server.directory)],
            check=True,
        )
        stack.callback(shutil.rmtree, server.directory, ignore_errors=True)
        stack.callback(subprocess.run, ["umount", str(server.directory)], check=True)
    stack.callback(server.stop)
    server.start()
    return server


def disk_missing() -> str | None:
    """Return what a small disk needs and this process does not have."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return "a small disk needs root, to mount one: run it with sudo"
    return None


def clock_missing() -> str | None:
    """Return what a clock that can be set needs and this machine does not have."""
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        return "steps of the clock need a C compiler: apt-get install gcc libc6-dev"
    return None
