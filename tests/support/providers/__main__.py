"""Run ``python -m tests.support.providers fcm|apns``: a provider in its own process.

Prints one line of JSON when it listens: ``settings`` for a newsroom that is to use it. Credentials
are written to ``--dir``.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import orjson

from tests.net.peer import Handler, Peer
from tests.support.providers.apns import KEY_ID, TEAM_ID, TOPIC, Apns
from tests.support.providers.fcm import Fcm
from tests.support.providers.lean import Lean
from tests.support.providers.oauth import OAuth
from tests.support.providers.script import CREDIT

NAME = b'{"name":"projects/newsroom-test/messages/0:1764000000000000%31bd1c9631bd1c96"}'


async def serve(which: str, folder: Path, port: int, lean: bool, delay: float = 0.0) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        settings: dict[str, str]
        handler: Handler
        if which == "fcm":
            oauth = await stack.enter_async_context(OAuth())
            handler = Fcm(oauth).handle
            settings = {"fcm_credentials_file": str(oauth.write(folder))}
        else:
            apns = Apns()
            handler = apns.handle
            settings = {
                "apns_key_file": str(apns.write(folder)),
                "apns_key_id": KEY_ID,
                "apns_team_id": TEAM_ID,
                "apns_topic": TOPIC,
            }
        if lean:
            body = NAME if which == "fcm" else b""
            server = await loop.create_server(lambda: Lean(body, delay), "127.0.0.1", port)
            stack.callback(server.close)
            origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        else:
            peer = Peer(handler, credit=CREDIT)
            peer.port = port
            await stack.enter_async_context(peer)
            origin = f"http://127.0.0.1:{peer.port}"
        print(orjson.dumps({f"{which}_url": origin} | settings).decode(), flush=True)
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.providers")
    parser.add_argument("which", choices=("fcm", "apns"))
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--lean", action="store_true")
    parser.add_argument("--delay", type=float, default=0.0, help="ms an answer takes, if lean")
    given = parser.parse_args()
    if given.lean:
        import uvloop

        uvloop.run(serve(given.which, given.dir, given.port, lean=True, delay=given.delay / 1000))
    else:
        asyncio.run(serve(given.which, given.dir, given.port, lean=False))


if __name__ == "__main__":
    main()
