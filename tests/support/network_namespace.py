"""A machine of its own on this machine: a network namespace whose cable can be pulled out.

    with NetworkNamespace() as machine:
        subprocess.Popen([*machine.command, "redis-server", "--bind", machine.address])
        machine.cut()           # packets in both directions vanish; nobody gets a reset
        machine.restore()

A second cable, which stays, leads to ``control_address``: tests reach the machine while it is cut
off. Needs root and ``ip`` (iproute2); ``missing`` says what is not there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from types import TracebackType


def missing() -> str | None:
    """Return what a namespace needs and this process does not have; None if it can be made."""
    if shutil.which("ip") is None:
        return "network namespaces need the command ip: apt-get install iproute2"
    if os.geteuid() != 0:
        return "network namespaces need root: run it with sudo"
    return None


class NetworkNamespace:
    """``outside`` is this machine's address for those inside, ``address`` is theirs."""

    def __init__(self) -> None:
        number = os.getpid() % 120
        self.outside = f"10.199.{2 * number}.1"
        self.address = f"10.199.{2 * number}.2"
        self.control_address = f"10.199.{2 * number + 1}.2"
        self._control_outside = f"10.199.{2 * number + 1}.1"
        self._name = f"ticker{number}"
        self.command = ("ip", "netns", "exec", self._name)
        """What a command begins with that runs inside."""

    def __enter__(self) -> NetworkNamespace:
        """Make it. A bridge keeps the addresses outside while the cable is out."""
        self._delete()
        name = self._name
        _ip(f"netns add {name}")
        _ip(f"link add {name}b type bridge")
        _ip(f"link add {name}d type veth peer name data netns {name}")
        _ip(f"link add {name}c type veth peer name control netns {name}")
        _ip(f"link set {name}d master {name}b up")
        _ip(f"addr add {self.outside}/24 dev {name}b")
        _ip(f"addr add {self._control_outside}/24 dev {name}c")
        _ip(f"link set {name}b up")
        _ip(f"link set {name}c up")
        _ip(f"-n {name} addr add {self.address}/24 dev data")
        _ip(f"-n {name} addr add {self.control_address}/24 dev control")
        for device in ("lo", "data", "control"):
            _ip(f"-n {name} link set {device} up")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Delete it. What still runs inside loses its network."""
        self._delete()

    def cut(self) -> None:
        """Pull the cable out."""
        _ip(f"link set {self._name}d down")

    def restore(self) -> None:
        """Put the cable in."""
        _ip(f"link set {self._name}d up")

    def _delete(self) -> None:
        for words in (f"link del {self._name}d", f"link del {self._name}c"):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip(words)
        for words in (f"link del {self._name}b", f"netns del {self._name}"):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip(words)


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)
