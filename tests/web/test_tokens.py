"""The JavaScript client with reader tokens, in Node.js, against a real gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.gateway.test_token_deadlines import address, paywall
from tests.support.reader_tokens import token
from tests.support.waiting import wait_until
from tests.web.test_package import NODE_22, ROOT

pytestmark = pytest.mark.processes

SCRIPT = """
Math.random = () => 0;
const [url, client, transport, ...tokens] = process.argv.slice(1);
const { Ticker, withToken } = await import(client);
const transports = withToken((refused) => {
  console.log(`asked ${refused}`);
  return tokens.length > 1 ? tokens.shift() : tokens[0];
});
const chosen = transports[transport];
const ticker = new Ticker({ url, edition: "es", share: false, transports: [chosen] });
ticker.addEventListener("status", ({ detail }) => console.log(detail.phase, detail.error ?? ""));
ticker.addEventListener("change", ({ detail }) =>
  console.log(detail.message.item?.headline ?? "snapshot"));
ticker.start();
"""

WEBSOCKET = "0"


class Client:
    """A client in Node.js and what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []

    async def until(self, line: str) -> None:
        """Read until ``line`` is printed."""
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while line not in self.lines:
                read = await self._process.stdout.readline()
                assert read, self.lines
                self.lines.append(read.decode().strip())


@asynccontextmanager
async def running(url: str, transport: str, *tokens: str) -> AsyncIterator[Client]:
    client = (ROOT / "ticker" / "web" / "dist" / "client.js").as_uri()
    command: tuple[str, ...] = ("--input-type=module", "--eval", SCRIPT, url, client, transport)
    process = await asyncio.create_subprocess_exec(
        NODE_22,
        *command,
        *tokens,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Client(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_client_renews_its_token_on_the_same_connection() -> None:
    async with paywall() as (s, clock):
        first, second = token(["es"], seconds=200), token(["es"], seconds=500)
        wrong = token(["es"], aud="another")
        async with running(address(s), WEBSOCKET, wrong, first, second) as client:
            await client.until("snapshot")
            assert client.lines.count("asked false") == 1  # before the first connection
            assert client.lines.count("asked true") == 1  # after the refusal
            clock.now += 150
            s.gateway.tokens.tick()
            await wait_until(lambda: s.gateway.access.accepted == 2)
            clock.now += 100
            s.gateway.tokens.tick()
            s.hub.advance([s.news.publish("Sigue", edition="es")])
            await client.until("Sigue")
            assert s.gateway.tokens.expired == 0


async def test_a_client_stops_when_the_next_token_is_refused_too() -> None:
    async with paywall() as (s, _), running(address(s), WEBSOCKET, token(["en"])) as client:
        await client.until("stopped the token does not permit this edition: es")
        assert [line for line in client.lines if line.startswith("asked")] == [
            "asked false",
            "asked true",
        ]
