"""``ticker webhooks listen``: receive and show webhook events on this machine."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Mapping
from typing import Any

import orjson

from ticker.cli import times
from ticker.cli.bidi import one_line
from ticker.cli.item_text import LEVEL_STYLE, TEXT_STYLE, correction_notice, full_text
from ticker.cli.output import Output
from ticker.cli.receiver import Receiver
from ticker.cli.runner import settings, usage
from ticker.cli.standard_streams import CannotPrint
from ticker.cli.time_zone import shown_now
from ticker.client import Item, errors
from ticker.client.webhooks import Webhook, WebhookEditor
from ticker.webhooks.signature import BadSignature, verify

LOOPBACK = "127.0.0.0/8"
FORWARD_TIMEOUT = 12.0
"""Seconds; the newsroom waits for 15."""


async def listen(
    out: Output, port: int, forward: str | None, url: str | None, filter: Mapping[str, Any]
) -> None:
    """Add an endpoint, show its events until SIGINT or SIGTERM, and delete it."""
    stop = asyncio.Event()
    view = DeliveryPrinter(out, forward, stop)
    try:
        receiver = Receiver(port, view.handle)
    except OSError as error:
        usage(out, f"port {port} cannot be used: {error.strerror}; choose another with --port")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    receiver.start()
    found = settings()
    try:
        async with WebhookEditor(found.url, found.key) as editor:
            made = await _register(out, editor, url, receiver.url, filter)
            try:
                view.begin(made.secret or "")
                out.note(f"Endpoint {made.id} at {made.url}. Ctrl-C stops and deletes it.")
                if not out.as_json:
                    out.note(f"Secret: {made.secret}")
                await stop.wait()
                if view.failure is not None:
                    raise view.failure
            finally:
                await editor.remove_webhook(made.id)
                out.note(f"Deleted endpoint {made.id}; received {view.seen} events.")
    finally:
        await receiver.stop()


async def _register(
    out: Output, editor: WebhookEditor, url: str | None, here: str, filter: Mapping[str, Any]
) -> Webhook:
    try:
        return await editor.add_webhook(url or here, filter, description="ticker webhooks listen")
    except errors.Invalid as error:
        if url is None and any(wrong.field == "url" for wrong in error.errors):
            out.note(
                "The newsroom does not send to this machine. Its operator can allow it with "
                f"TICKER_OUTBOUND_PRIVATE_NETWORKS='[\"{LOOPBACK}\"]'. Or pass the https "
                "address of a tunnel to this machine with --url."
            )
        raise


class DeliveryPrinter:
    """Verifies, prints and forwards deliveries."""

    def __init__(self, out: Output, forward: str | None, stop: asyncio.Event | None = None) -> None:
        """``stop`` is set when standard output cannot be written; ``failure`` says why."""
        self.seen = 0
        self.failure: CannotPrint | None = None
        self._stop = stop
        self._out = out
        self._forward = forward
        self._secret = ""
        self._ready = asyncio.Event()

    def begin(self, secret: str) -> None:
        """Process the deliveries that have arrived, and verify them with ``secret``."""
        self._secret = secret
        self._ready.set()

    async def handle(self, headers: dict[str, str], body: bytes) -> int:
        """Return the status of the answer: 400 for a bad signature, otherwise 204.

        A forwarded delivery gets the status of the server that it was forwarded to.
        """
        await self._ready.wait()
        try:
            verify(self._secret, headers, body, time.time())
            event = orjson.loads(body)
        except (BadSignature, ValueError) as error:
            self._out.note(f"✗ refused: {error}", style="bold red")
            return 400
        self.seen += 1
        status = 204 if self._forward is None else await self._pass_on(headers, body)
        try:
            if self._out.as_json:
                self._out.json({"id": headers["webhook-id"], "status": status, "event": event})
            else:
                self._show(event, status)
        except CannotPrint as error:  # this is the receiver's request: the command itself ends
            self.failure = error
            if self._stop is not None:
                self._stop.set()
        return status

    async def _pass_on(self, headers: Mapping[str, str], body: bytes) -> int:
        import httpx

        kept = {
            name: value
            for name, value in headers.items()
            if name.startswith("webhook-") or name in ("content-type", "user-agent")
        }
        assert self._forward is not None
        try:
            async with httpx.AsyncClient(timeout=FORWARD_TIMEOUT) as http:
                answer = await http.post(self._forward, content=body, headers=kept)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._out.note(
                f"{self._forward}: {errors.connection_error_text(error)}", style="yellow"
            )
            return 502
        return answer.status_code

    def _show(self, event: Mapping[str, Any], status: int) -> None:
        from rich.text import Text

        item = Item.read(event["data"]["item"])
        when = times.shown(str(event["timestamp"]), shown_now())
        level = "" if item.level == "ticker" else item.level.upper()
        text = one_line(full_text(item), self._out.bidi, item.dir) if item.headline else item.id
        parts = [
            (when, "dim"),
            (item.edition, "dim"),
            (str(event["type"]), "cyan"),
            (level, LEVEL_STYLE.get(item.level, "")),
            (text, TEXT_STYLE.get(item.level, "") if item.headline else "dim"),
            ("" if status < 300 else f"→ {status}", "bold red"),
        ]
        line = Text("  ").join(Text(*part) for part in parts if part[0])
        self._out.console.print(line, soft_wrap=True)
        if notice := correction_notice(item):
            self._out.labelled("  ", notice, "italic dim", direction=item.dir)
