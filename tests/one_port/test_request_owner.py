"""The owner of a request: the same answer however the bytes arrive, and never a wrong guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.one_port.request_owner import Owner, owner

GATEWAY = (
    b"GET /v1/ws HTTP/1.1",
    b"GET /v1/ws?edition=en&after=x HTTP/1.1",
    b"GET /v1/events HTTP/1.0",
    b"GET /v1/items HTTP/1.1",
    b"HEAD /v1/items?limit=3 HTTP/1.1",
    b"\r\nGET /v1/items?tag=x HTTP/1.1",
    b"GET http://news.example/v1/events?edition=en HTTP/1.1",
    b"HEAD https://news.example:8443/v1/items HTTP/1.1",
    b"GET /v1/items?format=x&call=1&tag=at=2 HTTP/1.1",
    b"GET /healthz HTTP/1.1",
    b"GET /readyz?x HTTP/1.1",
    b"GET /v1/%65vents HTTP/1.1",
    b"GET ws://news.example/v1/ws HTTP/1.1",
    b"GET /v1/events?install=1&all=true HTTP/1.1",
    b"GET /v1/items?install=1 HTTP/1.1",
    b"HEAD /%761%2fite%6Ds?limit=3 HTTP/1.1",
    b"GET http://news.example/v1/%77s HTTP/1.1",
    b"HEAD /%76%31%2f%69%74%65%6d%73 HTTP/1.1",
)
WEB = (
    b"GET / HTTP/1.1",
    b"GET /v1/feed.atom?limit=200&tag=x HTTP/1.1",
    b"POST /v1/items HTTP/1.1",
    b"PATCH /v1/items/01 HTTP/1.1",
    b"OPTIONS /v1/items HTTP/1.1",
    b"HEAD /v1/events HTTP/1.1",
    b"GET /v1/items/01 HTTP/1.1",
    b"GET /v1/items?all=true HTTP/1.1",
    b"GET /v1/items?limit=5&all=true HTTP/1.1",
    b"GET /v1/items?before=1764000000000.x HTTP/1.1",
    b"GET /v1/items?edition=en&at=2026-11-28T18:30:00Z HTTP/1.1",
    b"GET /v1/itemsx HTTP/1.1",
    b"GET /v1/items%3Flimit=3 HTTP/1.1",
    b"GET /v1/items%20 HTTP/1.1",
    b"GET /v1/%69tems?all=true HTTP/1.1",
    b"GET /v1/%69temsx HTTP/1.1",
    b"GET /v1/items%2 HTTP/1.1",
    b"GET /v1/%zz HTTP/1.1",
    b"GET /v1/%2565vents HTTP/1.1",
    b"GET http://news.example/ HTTP/1.1",
    b"get /v1/items HTTP/1.1",
    b"GET /v1/items\r\n",
    b"GET /v1/items?x\r\n",
    b"\x16\x03\x01",
    b"GET /" + b"%41" * 9_000 + b" HTTP/1.1",
)


@pytest.mark.parametrize("line", GATEWAY)
def test_readers_belong_to_the_gateway(line: bytes) -> None:
    assert owner(line + b"\r\nHost: x\r\n\r\n") is Owner.GATEWAY


@pytest.mark.parametrize("line", WEB)
def test_everything_else_belongs_to_the_web_process(line: bytes) -> None:
    assert owner(line + b"\r\nHost: x\r\n\r\n") is Owner.WEB


@given(st.sampled_from((*GATEWAY, *WEB)), st.integers(0, 80))
def test_a_beginning_is_undecided_or_says_the_same(line: bytes, cut: int) -> None:
    assert owner(line[:cut]) in (Owner.UNDECIDED, owner(line + b"\r\n"))


_PIECES = (b"?", b"&", b"=", b"all", b"at", b"before", b"tag", b"ws", b"items", b"/", b" ", b"\n")


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map(b"".join))
def test_the_usual_request_has_the_owner_that_all_steps_find(rest: bytes) -> None:
    line = b"GET /v1/items" + rest + b" HTTP/1.1\r\n"
    assert owner(line) is owner(b"\r\n" + line), "an empty line before it leads through all steps"


@given(st.binary(max_size=40))
def test_any_bytes_have_an_owner(data: bytes) -> None:
    assert owner(data) in Owner


@pytest.mark.parametrize("start", [b"", b"\r\n", b"\n\r\n"])
def test_what_follows_the_first_line_changes_nothing(start: bytes) -> None:
    more = b"Host: x\r\n\r\nGET /page HTTP/1.1\r\nHost: x\r\nX: all=\r\n\r\n"
    for target in (
        b"/v1/items",
        b"/v1/items?all=true",
        b"/page",
        b"/v1/%69tems",
        b"http://x/v1/ws",
    ):
        line = start + b"GET " + target + b" HTTP/1.1\r\n"
        assert owner(line) is owner(line + more) is not Owner.UNDECIDED
