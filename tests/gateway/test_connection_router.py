"""The connection router: a request in several pieces ends up at the same protocol."""

from __future__ import annotations

import pytest

from tests.gateway.gateway_server import gateway_server
from tests.gateway.test_sse import get
from tests.gateway.test_websocket import UPGRADE
from tests.support.waiting import wait_until


@pytest.mark.parametrize("cut", [1, 20, len(UPGRADE) - 1])
async def test_a_request_in_pieces_gets_the_same_response(cut: int) -> None:
    async with gateway_server() as s:
        async with s.raw(UPGRADE[:cut]) as raw:
            await wait_until(lambda: s.partial)
            raw.send(UPGRADE[cut:])
            assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in await raw.read_until(b"\r\n\r\n")
            await raw.read_until(b'"type":"snapshot"')
        whole = get("edition=en")
        async with s.raw(whole[: cut % len(whole)]) as raw:
            await wait_until(lambda: s.partial)
            raw.send(whole[cut % len(whole) :])
            await raw.read_until(b"event: snapshot")
        await wait_until(lambda: not s.server.server_state.connections)
