"""The HTTP protocol: bounds of head and body, and plain requests."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from benchmarks.attacks import upgrade
from tests.gateway.gateway_server import gateway_server
from tests.support.waiting import wait_until
from ticker.domain.budgets import MALFORMED
from ticker.gateway.http_protocol import (
    BODY_RATE,
    FRAMING_MAX,
    HEAD_MAX,
    PIPELINE_MAX,
    HttpProtocol,
)
from ticker.gateway.request_rules import HEADERS_MAX
from ticker.server.web_protocols import NoWebSocket, WebHttpProtocol

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED_ABC = b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"
END = b"hello\r\n0\r\n\r\n"
"""The end of the test application's response."""


def problem(response: bytes) -> tuple[int, str]:
    """Return the status of a refusal and the slug of its problem document."""
    head, _, body = response.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    document = json.loads(body)
    assert document["status"] == int(head.split()[1])
    return document["status"], document["type"].removeprefix("/problems/")


async def test_an_endless_head_is_refused() -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\n" + (b"X-Filler: " + b"x" * 1_000 + b"\r\n") * 33
    async with gateway_server() as s, s.raw(head) as raw:
        assert (await raw.rest()).startswith(b"HTTP/1.1 431 ")


async def test_a_body_that_keeps_arriving_extends_its_deadline_and_a_trickle_does_not() -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    async with (
        gateway_server(handshake_timeout=0.5) as s,
        s.raw(post, b"x" * 2 * BODY_RATE) as slow,
        s.raw(post, b"x") as trickle,
    ):

        def arrived() -> set[int]:
            return {len(http.cycle.body) for http in s.http if http.cycle}

        await wait_until(arrived, {1, 2 * BODY_RATE}.__eq__)
        s.clock.now += 1.0
        await trickle.rest()
        assert len(s.gateway.request_deadlines) == 1
        s.clock.now += 2.0
        await slow.rest()
        assert len(s.gateway.request_deadlines) == 0


@pytest.mark.parametrize("role", [{}, {"http": WebHttpProtocol, "ws": NoWebSocket}])
async def test_a_response_of_a_draining_server_says_that_the_connection_closes(
    role: dict[str, Any],
) -> None:
    async with gateway_server(**role) as s, s.raw(GET) as raw:
        assert b"\r\nconnection: close\r\n" not in await raw.read_until(END)
        s.hub.begin_drain()
        answer = await raw.send(GET, GET).rest()
        assert answer.count(b"\r\nconnection: close\r\n") == answer.count(b"HTTP/1.1 200 ") == 1
        assert answer.endswith(END)


async def test_plain_http_and_keep_alive_still_work() -> None:
    async with gateway_server() as s, s.raw() as raw:
        for _ in range(3):
            await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").read_until(b"hello\r\n0\r\n\r\n")
        assert not s.gateway.request_deadlines


FORWARDED = [
    (b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n", "203.0.113.9", "https"),
    (b"X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n", "203.0.113.9", "http"),
    (b"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 2001:db8::9\r\n", "2001:db8::9", "http"),
    (b"X-Forwarded-Proto: https\r\n", "127.0.0.1", "https"),
    (b"X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\n", "127.0.0.1", "https"),
    (b"X-Forwarded-Proto: wss\r\n", "127.0.0.1", "http"),
    (b"X-Forwarded-For: ,\r\nX-Forwarded-Proto:\r\n", "127.0.0.1", "http"),
    (b"", "127.0.0.1", "http"),
]


@pytest.mark.parametrize("role", [{"http": HttpProtocol}, {"http": WebHttpProtocol}])
@pytest.mark.parametrize(("lines", "client", "scheme"), FORWARDED)
async def test_a_trusted_proxy_says_who_its_client_is_and_how_it_came(
    lines: bytes, client: str, scheme: str, role: dict[str, Any]
) -> None:
    for trusted in (True, False):
        proxies = "127.0.0.1" if trusted else "192.0.2.1"
        async with gateway_server(trusted_proxies=proxies, **role) as s:
            async with s.raw(b"GET / HTTP/1.1\r\nHost: x\r\n%s\r\n" % lines) as raw:
                await raw.read_until(END)
            [scope] = s.asked
            found = (scope["client"][0], scope["scheme"])
            assert found == ((client, scheme) if trusted else ("127.0.0.1", "http"))


async def test_each_pipelined_request_has_the_client_that_the_proxy_reports_for_it() -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.%d\r\n\r\n"
    async with gateway_server(trusted_proxies="127.0.0.1", http=HttpProtocol) as s:
        async with s.raw(head % 1, head % 2, GET) as raw:
            for _ in range(3):
                await raw.read_until(END)
        found = [scope["client"][0] for scope in s.asked]
        assert found == ["203.0.113.1", "203.0.113.2", "127.0.0.1"]


async def test_a_path_with_a_control_character_is_refused() -> None:
    plain, posted = "", "Content-Length: 0\r\n"
    upgrade = "Upgrade: websocket\r\nConnection: upgrade\r\n"
    async with gateway_server() as s:
        for path in ("/metrics%0a", "/a%00", "/%1b[2J", "/%7F", "/%C2%85", "/v1/ws%0d"):
            for method, more in (("GET", plain), ("POST", posted), ("GET", upgrade)):
                request = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()
                async with s.raw(request) as raw:
                    assert problem(await raw.rest()) == (400, "bad-request"), (method, path)


TWO_READINGS = (
    b"Host: x\r\nHost: y\r\n",
    b"Host: x\r\nHost: x\r\n",
    b"",
    b"Host: x\r\nOrigin: https://a\r\nOrigin: https://b\r\n",
    b"Host: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n",
    b"Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
    b"Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
    b"Host: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
    b"Host: x\r\nTransfer-Encoding: chunked, gzip\r\n",
    b"Host: x\r\n folded\r\n",
    b"Host : x\r\n",
)


async def test_a_head_with_two_readings_is_refused() -> None:
    async with gateway_server() as s:
        for lines in TWO_READINGS:
            for path in (b"/", b"/v1/events", b"/v1/ws"):
                async with s.raw(b"GET %s HTTP/1.1\r\n%s\r\n" % (path, lines)) as raw:
                    assert problem(await raw.rest()) == (400, "bad-request"), (path, lines)


async def test_header_lines_and_their_names_have_a_bound() -> None:
    many = b"".join(b"X-%d: 1\r\n" % number for number in range(HEADERS_MAX + 1))
    name, value = b"X" * 2 * HEAD_MAX + b": 1\r\n", b"X: " + b"x" * 200_000 + b"\r\n"
    async with gateway_server() as s:
        for lines in (many, name, value):
            async with s.raw(b"GET / HTTP/1.1\r\nHost: x\r\n", lines, b"\r\n") as raw:
                assert problem(await raw.rest()) == (431, "head-too-large")


async def test_a_trailer_is_never_a_header() -> None:
    trailers = b"Authorization: Bearer x\r\nX-Forwarded-For: 192.0.2.1\r\nHost: y\r\n"
    async with gateway_server() as s, s.raw(CHUNKED, b"1\r\nx\r\n0\r\n") as raw:
        await raw.send(trailers, b"\r\n").read_until(END)
        (http,) = s.http
        assert http.headers == [(b"host", b"x"), (b"transfer-encoding", b"chunked")]
        await raw.send(GET).read_until(END)


async def test_the_framing_of_a_body_has_a_bound() -> None:
    """Trailers, chunk extensions and tiny chunks end the connection, whatever comes after."""
    line, word = b"X-Filler: " + b"x" * 1_000 + b"\r\n", b"x" * 1_000
    async with gateway_server() as s:
        for start, more in (
            (b"0\r\n", line),
            (b"0\r\nX: ", word),
            (b"0\r\n", b"X: 1\r\n" * 200),
            (b"1;", word),
            (b"", b"1;a=1\r\nx\r\n" * 200),
            (b"", b"1\r\nx\r\n" * 200),
        ):
            body = [start, *[more] * (4 * FRAMING_MAX // len(more))]
            async with s.raw(CHUNKED, *body) as raw:
                response = await raw.rest()  # the application may have answered before
                assert response.endswith(END) or problem(response) == (400, "bad-request"), start


async def test_after_many_malformed_bodies_no_chunked_body_of_that_address_is_read() -> None:
    own = CHUNKED.replace(b"Host", b"X-Forwarded-For: 192.0.2.1\r\nHost")
    tiny = b"1;a=1\r\nx\r\n" * FRAMING_MAX
    async with gateway_server() as s:
        refused = s.gateway.budgets.refused
        for _ in range(int(MALFORMED.burst)):
            async with s.raw(own, tiny) as raw:
                await raw.rest()
            assert not refused["malformed"]
        async with s.raw(own, tiny) as raw:
            assert problem(await raw.rest()) == (429, "too-many-requests")
        assert refused["malformed"] == 1
        async with s.raw(GET.replace(b"Host", b"X-Forwarded-For: 192.0.2.1\r\nHost")) as raw:
            await raw.read_until(END)
        async with s.raw(CHUNKED, b"1\r\nx\r\n0\r\n\r\n") as raw:
            await raw.read_until(END)


async def test_heads_that_came_before_the_first_malformed_body_get_no_more_of_them_read() -> None:
    own = CHUNKED.replace(b"Host", b"X-Forwarded-For: 192.0.2.1\r\nHost")
    tiny = b"1;a=1\r\nx\r\n" * FRAMING_MAX
    async with gateway_server(reads=True) as s, contextlib.AsyncExitStack() as stack:
        sent = []
        for _ in range(int(MALFORMED.burst) + 2):
            sent.append(await stack.enter_async_context(s.raw(own)))
        await wait_until(lambda: len(s.asked) == len(sent))
        answers = [problem(await raw.send(tiny).rest()) for raw in sent]
    assert answers[:-2] == [(400, "bad-request")] * int(MALFORMED.burst)
    assert answers[-2:] == [(429, "too-many-requests")] * 2


async def test_pipelined_requests_are_answered_in_order_up_to_a_bound() -> None:
    async with gateway_server() as s, s.raw(GET * PIPELINE_MAX) as raw:
        for _ in range(PIPELINE_MAX):
            await raw.read_until(END)
        response = await raw.send(GET * 5_000).rest()
    served, _, refused = response.rpartition(END)
    assert served.count(END) == PIPELINE_MAX - 1
    assert problem(refused) == (429, "too-many-requests")
    assert b"retry-after: 1\r\n" in refused


async def test_abandoned_requests_leave_nothing_and_log_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with gateway_server() as s:
        for _ in range(20):
            async with s.raw(GET * 2_000):
                pass
        await wait_until(lambda: not s.server.server_state.connections)
        await wait_until(lambda: not s.server.server_state.tasks)
        assert not s.gateway.request_deadlines
    assert [record for record in caplog.records if record.name != "uvicorn.error"] == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_an_invalid_request_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    garbage = (b"\x16\x03\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n"
    async with gateway_server() as s:
        for data in garbage:
            async with s.raw(data) as raw:
                assert problem(await raw.rest()) == (400, "bad-request")
        async with s.raw(request) as raw:
            assert (await raw.rest()).endswith(END)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("role", [{}, {"http": WebHttpProtocol, "ws": NoWebSocket}])
async def test_a_request_that_asks_for_another_protocol_keeps_its_body(role: Any) -> None:
    head = b"POST /a?b HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    async with gateway_server(**role) as s:
        for body in (b"Content-Length: 3\r\n\r\nabc", CHUNKED_ABC):
            async with s.raw(head, body) as raw:
                await raw.read_until(END)
                (http,) = s.http
                assert (http.scope["path"], bytes(http.cycle.body)) == ("/a", b"abc")
                assert b"upgrade" not in dict(http.scope["headers"])
            await wait_until(lambda: not s.http)


async def test_an_error_after_a_good_request_leaves_its_response_whole() -> None:
    async with gateway_server() as s, s.raw(GET, b"no request\r\n\r\n") as raw:
        assert (await raw.rest()).endswith(END)


async def test_a_target_in_absolute_form_is_served() -> None:
    async with gateway_server() as s:
        head = b"GET http://news.example/a?b HTTP/1.1\r\nHost: other\r\n\r\n"
        async with s.raw(head) as raw:
            await raw.read_until(END)
            (http,) = s.http
            assert (http.scope["path"], http.scope["query_string"]) == ("/a", b"b")
            assert http.headers == [(b"host", b"news.example")]
        key = b"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        key += b"Sec-WebSocket-Version: 13\r\nContent-Length: 0\r\n"
        key += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        for target in (b"/v1/ws", b"http://news.example/v1/ws", b"ws://news.example/v1/ws?tag=x"):
            async with s.raw(b"GET " + target + b" HTTP/1.1\r\nHost: other\r\n" + key) as raw:
                assert b" 101 " in await raw.read_until(b"\r\n\r\n"), target
        stream = b"GET http://news.example/v1/events HTTP/1.1\r\nHost: other\r\n\r\n"
        async with s.raw(stream) as raw:
            assert b"text/event-stream" in await raw.read_until(b"\r\n\r\n")


async def test_a_body_nobody_reads_is_dropped_up_to_a_bound() -> None:
    post = b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    async with gateway_server(max_import_body=100_000) as s:
        async with s.raw(post % 100_000, b"x" * 100_000) as raw:
            await raw.read_until(END)
            await raw.send(GET).read_until(END)
        async with s.raw(post % 1_000_000, b"x" * 200_000) as raw:
            assert (await raw.rest()).endswith(END)


async def test_a_client_that_expects_100_continue_gets_it_when_its_body_is_read() -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    async with gateway_server() as s, s.raw(post) as raw:
        assert (await raw.read_until(END)).startswith(b"HTTP/1.1 200 ")
        await raw.send(b"abc", GET).read_until(END)


WHOLE = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
ENDED = [
    (GET, 1),
    (GET * 5, 5),
    (WHOLE + GET, 2),
    (CHUNKED.replace(b"Transfer-Encoding: chunked\r\n\r\n", CHUNKED_ABC), 1),
    (GET + GET[:-2], 1),  # the second request never arrives whole
    (GET[:-2], 0),
    (WHOLE[:-1], 0),
    (b"", 0),
]
"""What a client sends before it shuts its writing side down, and the answers that it gets."""


@pytest.mark.parametrize("role", [{}, {"http": WebHttpProtocol, "ws": NoWebSocket}])
async def test_a_client_that_sends_no_more_reads_every_answer_that_is_due(
    role: dict[str, Any],
) -> None:
    async with gateway_server(**role, reads=True) as s:
        for sent, answers in ENDED:
            async with s.raw(sent) as raw:
                answer = await raw.end().rest()
                assert answer.count(b"HTTP/1.1 200 ") == answer.count(END) == answers, sent
                assert not answer or answer.endswith(END)
                await wait_until(lambda: not len(s.gateway.gate))
                assert not s.server.server_state.connections


async def test_a_readers_request_behind_another_one_lets_its_answer_out() -> None:
    stream = b"GET /v1/events?backlog=0 HTTP/1.1\r\nHost: x\r\n\r\n"
    async with gateway_server() as s:
        for behind in (upgrade("/v1/ws?backlog=0"), stream):
            async with s.raw(GET + behind) as raw:
                answer = await raw.rest()
                assert answer.count(b"HTTP/1.1 200 ") == answer.count(END) == 1
                assert answer.endswith(END)
        assert not s.hub.connections
        await wait_until(lambda: not len(s.gateway.gate))


async def test_a_reader_that_sends_no_more_gets_its_welcome_and_the_end() -> None:
    stream = b"GET /v1/events?backlog=0 HTTP/1.1\r\nHost: x\r\n\r\n"
    async with gateway_server() as s:
        for sent, status in (
            (stream, b"200"),
            (stream.replace(b"Host: x", b"Host: x\r\nX: \xff"), b"200"),  # the full parser reads it
            (upgrade("/v1/ws?backlog=0"), b"101"),
        ):
            async with s.raw(sent) as raw:
                answer = await raw.end().rest()
                assert answer.startswith(b"HTTP/1.1 %s " % status)
                assert b"welcome" in answer
                await wait_until(lambda: not s.hub.connections and not len(s.gateway.gate))


EARLY = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
"""A request that is answered before its body arrives."""
ROLES: list[dict[str, Any]] = [
    {"http": HttpProtocol},
    {"http": WebHttpProtocol},
    {"web_path": "web"},
]


@pytest.mark.parametrize("role", ROLES)
async def test_a_body_whose_response_is_out_may_take_longer_than_an_idle_connection(
    role: dict[str, Any], tmp_path: Path
) -> None:
    paths = {name: str(tmp_path / value) for name, value in role.items() if name == "web_path"}
    async with gateway_server(**(role | paths)) as s, s.raw(EARLY) as raw:
        await raw.read_until(END)
        [http] = s.http
        await wait_until(lambda: http.timeout_keep_alive_task)
        raw.send(b"x")
        await wait_until(lambda: http.timeout_keep_alive_task is None)
        assert len(s.gateway.request_deadlines) == 1
        raw.send(b"x" * 8)
        await wait_until(lambda: http.timeout_keep_alive_task)  # it is idle again
        assert not s.gateway.request_deadlines
        await raw.send(EARLY, b"x" * 9).read_until(END)


@pytest.mark.parametrize("role", ROLES)
async def test_a_line_end_between_two_requests_leaves_no_connection_without_a_bound(
    role: dict[str, Any], tmp_path: Path
) -> None:
    paths = {name: str(tmp_path / value) for name, value in role.items() if name == "web_path"}
    async with gateway_server(**(role | paths)) as s, s.raw(EARLY, b"x" * 9) as raw:
        await raw.read_until(END)
        [http] = s.http
        await wait_until(lambda: http.timeout_keep_alive_task)
        before = http.timeout_keep_alive_task
        raw.send(b"\r\n")
        await wait_until(lambda: http.timeout_keep_alive_task is not before)
        assert http.timeout_keep_alive_task or s.gateway.request_deadlines
        await raw.send(EARLY, b"x" * 9).read_until(END)
