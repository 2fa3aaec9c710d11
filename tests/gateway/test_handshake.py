"""The handshake of RFC 6455 §4.2, from the example in its §1.3 to malformed requests."""

from __future__ import annotations

import pytest

from ticker.gateway.handshake import Accepted, Refused, respond
from ticker.gateway.request_head import Head, read_head

HEADERS = {
    "host": "example.org",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}


def request(target: str = "/v1/ws", method: str = "GET", **changes: str | None) -> Head | None:
    headers = {**HEADERS, **{k.replace("_", "-"): v for k, v in changes.items()}}
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return read_head("\r\n".join([*lines, "", ""]).encode("latin-1"))


def test_accepts_with_the_key_of_the_rfc() -> None:
    outcome = respond(request("/v1/ws?edition=en"), compress=True)
    assert isinstance(outcome, Accepted)
    assert outcome.response.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in outcome.response
    assert outcome.response.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [("ticker.v1", True), ("graphql, ticker.v1", True), ("graphql", False), (None, False)],
)
def test_subprotocol_is_named_only_when_offered(offered: str | None, chosen: bool) -> None:
    outcome = respond(request(sec_websocket_protocol=offered), compress=True)
    assert isinstance(outcome, Accepted)
    assert (b"Sec-WebSocket-Protocol: ticker.v1" in outcome.response) is chosen


@pytest.mark.parametrize("compress", [True, False])
def test_compression_is_accepted_only_if_it_is_on(compress: bool) -> None:
    outcome = respond(request(sec_websocket_extensions="permessage-deflate"), compress=compress)
    assert isinstance(outcome, Accepted)
    assert bool(outcome.extension) is compress
    assert (b"\r\nSec-WebSocket-Extensions: permessage-deflate;" in outcome.response) is compress


@pytest.mark.parametrize("offer", [None, "x-webkit-deflate-frame", "permessage-deflate; x"])
def test_without_an_offer_that_can_be_met_no_extension_is_named(offer: str | None) -> None:
    outcome = respond(request(sec_websocket_extensions=offer), compress=True)
    assert isinstance(outcome, Accepted)
    assert not outcome.extension
    assert b"xtension" not in outcome.response


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request(method="POST"), b"400"),
        (request("/v1/nothing"), b"404"),
        (request(sec_websocket_version="8"), b"426"),
        (request(sec_websocket_version=None), b"426"),
        (request(sec_websocket_key=None), b"400"),
        (request(sec_websocket_key="short"), b"400"),
        (request(sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="), b"400"),
        (None, b"400"),
    ],
)
def test_refuses_with_a_whole_response(head: Head | None, status: bytes) -> None:
    outcome = respond(head, compress=True)
    assert isinstance(outcome, Refused)
    assert outcome.response.startswith(b"HTTP/1.1 " + status)
    length = int(outcome.response.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert len(outcome.response.split(b"\r\n\r\n", 1)[1]) == length
