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


def log(text: str) -> None:
    """Print a message to standard error."""
    print(text, file=sys.stderr, flush=True)


def log_failure(failure: Failure) -> None:
    """Log a failed attempt. Raises ``Closed`` to end the bridge, because a retry cannot help."""
    if isinstance(failure.error, Closed):
        raise failure.error
    log(f"{failure.operation} failed ({failure.error!r}), retrying in {failure.delay:.1f} s")


def log_retry(retry: Retry) -> None:
    """Log a lost connection to the newsroom."""
    log(f"newsroom: {retry.reason}, reconnecting in {retry.delay:.1f} s")


def log_skip(skip: Skip) -> None:
    """Log an event that the Bot API does not accept."""
    log(f"skipped at {skip.event.cursor}: {skip.reason}")


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
            max_batch=1,  # one message at a time, so that a stop does not wait for a whole batch
            on_failure=log_failure,
            on_retry=log_retry,
            on_skip=log_skip,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, bridge.stop)
        await bridge.run(Forwarder(Chat(http, token, chat), ledger, newsroom, log))
    ledger.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="telegram_bridge", description=__doc__)
    parser.add_argument("--url", default=os.environ.get("TICKER_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--database", default="telegram.db")
    parser.add_argument("--api", default=API, help="address of your own Bot API server")
    for facet in ("--edition", "--section", "--story"):
        parser.add_argument(facet, action="append", default=[])
    parser.add_argument("--level", default=None)
    options = parser.parse_args()
    token, chat = (os.environ.get(name, "") for name in ("TELEGRAM_TOKEN", "TELEGRAM_CHAT"))
    if not token or not chat:
        parser.error("TELEGRAM_TOKEN and TELEGRAM_CHAT must be set")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # info logs the URL with the token
    try:
        asyncio.run(run(options, token, chat))
    except (Closed, ClientError) as error:
        sys.exit(f"stopped: {error}")


if __name__ == "__main__":
    main()
