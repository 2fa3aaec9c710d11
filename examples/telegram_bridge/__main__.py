"""``python -m examples.telegram_bridge``: run the bridge until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

import httpx

from examples.telegram_bridge.chat import Chat, Closed
from examples.telegram_bridge.forward import Forwarder
from examples.telegram_bridge.ledger import Ledger
from ticker.client import Bridge, ClientError, Editor, Failure, Retry, Skip

API = "https://api.telegram.org"
TIMEOUT = 20.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def told(failure: Failure) -> None:
    """Say what failed; end the bridge where trying again cannot help."""
    if isinstance(failure.error, Closed):
        raise failure.error
    say(f"{failure.operation} failed ({failure.error!r}), again in {failure.delay:.1f} s")


def lost(retry: Retry) -> None:
    say(f"newsroom: {retry.reason}, again in {retry.delay:.1f} s")


def skipped(skip: Skip) -> None:
    say(f"skipped at {skip.event.cursor}: {skip.reason}")


async def run(options: argparse.Namespace, token: str, chat: str) -> None:
    ledger = Ledger(options.database)
    async with (
        httpx.AsyncClient(base_url=options.api, timeout=TIMEOUT) as http,
        Editor(options.url) as newsroom,
    ):
        bridge = Bridge(
            options.url,
            ledger,
            edition=options.edition,
            section=options.section,
            story=options.story,
            level=options.level,
            max_batch=1,  # messages go one by one, and a stop need not wait for a hundred
            on_failure=told,
            on_retry=lost,
            on_skip=skipped,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, bridge.stop)
        await bridge.run(Forwarder(Chat(http, token, chat), ledger, newsroom, say))
    ledger.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="telegram_bridge", description=__doc__)
    parser.add_argument("--url", default=os.environ.get("TICKER_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--database", default="telegram.db")
    parser.add_argument("--api", default=API, help="a Bot API server of your own")
    for facet in ("--edition", "--section", "--story"):
        parser.add_argument(facet, action="append", default=[])
    parser.add_argument("--level", default=None)
    options = parser.parse_args()
    token, chat = (os.environ.get(name, "") for name in ("TELEGRAM_TOKEN", "TELEGRAM_CHAT"))
    if not token or not chat:
        parser.error("TELEGRAM_TOKEN and TELEGRAM_CHAT must be set")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # below, it logs addresses: the token
    try:
        asyncio.run(run(options, token, chat))
    except (Closed, ClientError) as error:
        sys.exit(f"stopped: {error}")


if __name__ == "__main__":
    main()
