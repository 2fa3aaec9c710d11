"""RFC 6455 §4.2, from the example in its §1.3 to what a scanner sends."""

from __future__ import annotations

import pytest

from ticker.gateway.handshake import Accepted, Refused, answer

HEADERS = {
    "host": "example.org",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}


def head(target: str = "/v1/ws", method: str = "GET", **changes: str | None) -> bytes:
    headers = {**HEADERS, **{k.replace("_", "-"): v for k, v in changes.items()}}
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def test_accepts_with_the_key_of_the_rfc() -> None:
    outcome = answer(head("/v1/ws?edition=en"))
    assert isinstance(outcome, Accepted)
    assert outcome.response.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in outcome.response
    assert outcome.response.endswith(b"\r\n\r\n")
    assert (outcome.path, outcome.query, outcome.origin) == ("/v1/ws", "edition=en", None)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [("ticker.v1", True), ("graphql, ticker.v1", True), ("graphql", False), (None, False)],
)
def test_subprotocol_is_named_only_when_offered(offered: str | None, chosen: bool) -> None:
    outcome = answer(head(sec_websocket_protocol=offered))
    assert isinstance(outcome, Accepted)
    assert (b"Sec-WebSocket-Protocol: ticker.v1" in outcome.response) is chosen


def test_no_extension_is_negotiated() -> None:
    outcome = answer(head(sec_websocket_extensions="permessage-deflate"))
    assert b"xtension" not in outcome.response


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (head(method="POST"), b"405"),
        (head(sec_websocket_version="8"), b"426"),
        (head(sec_websocket_version=None), b"426"),
        (head(sec_websocket_key=None), b"400"),
        (head(sec_websocket_key="short"), b"400"),
        (head(sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="), b"400"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_refuses_with_a_whole_response(request_head: bytes, status: bytes) -> None:
    outcome = answer(request_head)
    assert isinstance(outcome, Refused)
    assert outcome.response.startswith(b"HTTP/1.1 " + status)
    length = int(outcome.response.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert len(outcome.response.split(b"\r\n\r\n", 1)[1]) == length
