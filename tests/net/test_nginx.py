"""The client against nginx, another HTTP/2 implementation, which also ends connections at will."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.net.calls import HEAD
from tests.net.certificates import Certificate, certificate
from tests.support.ports import free_port
from tests.support.proxies import SBIN, proxy
from tests.support.waiting import wait_until
from ticker.net.client import HttpClient
from ticker.net.reply import Reply, Unanswered

NGINX = shutil.which("nginx", path=SBIN)
REQUESTS = 600
EACH = 50
"""Requests that nginx takes on a connection before it takes its leave."""

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]

CONFIGURATION = """
{user} error_log {folder}/errors; pid {folder}/pid;
events {{ worker_connections 500; }}
http {{
  log_format line "$request_uri $status $request_length $server_protocol";
  access_log {folder}/requests line;
  client_max_body_size 0; http2_max_concurrent_streams 20;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{health}; access_log off;
    location /healthz {{ return 200; }}
    location / {{ client_body_in_single_buffer on; return 201; }}
  }}
  server {{
    listen 127.0.0.1:{port} {options}; {tls}
    keepalive_requests {each};
    location /kept/ {{ proxy_pass http://127.0.0.1:{health}; }}
    location / {{ add_header x-seen $content_length always; return 410 "gone with a body"; }}
  }}
}}
"""


@asynccontextmanager
async def nginx(folder: Path, options: str, own: Certificate | None = None) -> AsyncIterator[str]:
    """Run one that listens with these options; yield its origin."""
    port, health, tls = free_port(), free_port(), ""
    if own is not None:
        (folder / "pem").write_bytes(own.pem)
        tls = f"ssl_certificate {folder}/pem; ssl_certificate_key {folder}/pem;"
    (folder / "conf").write_text(
        CONFIGURATION.format(
            user="user root;" if os.getuid() == 0 else "",
            folder=folder,
            port=port,
            health=health,
            options=options,
            tls=tls,
            each=EACH,
        )
    )
    assert NGINX is not None
    command = (NGINX, "-c", str(folder / "conf"), "-g", "daemon off; master_process off;")
    async with proxy(command, health):
        yield f"{'https' if own else 'http'}://localhost:{port}"


def requests(folder: Path) -> list[list[str]]:
    """Return path, status, length and protocol of what nginx has logged."""
    return [line.split() for line in (folder / "requests").read_text().splitlines()]


KINDS = pytest.mark.parametrize(
    ("options", "secure", "protocol"),
    [
        pytest.param("http2", False, "HTTP/2.0", id="h2c"),
        pytest.param("ssl http2", True, "HTTP/2.0", id="h2"),
        pytest.param("ssl", True, "HTTP/1.1", id="https"),
        pytest.param("", False, "HTTP/1.1", id="http"),
    ],
)


@KINDS
async def test_requests_and_responses_of_every_size_arrive(
    tmp_path: Path, options: str, secure: bool, protocol: str
) -> None:
    own = certificate() if secure else None
    async with nginx(tmp_path, options, own) as origin:
        client = HttpClient(
            timeout=10,
            allow=None,
            tls=own.client if own else None,
            prior_knowledge=protocol == "HTTP/2.0",
        )
        for size in (0, 1, 4_096, 300_000):
            reply = await client.post(origin, b"/a", HEAD, [(b"topic", b"x" * 20)], bytes(size))
            assert reply.status == 410
            assert reply.headers[b"x-seen"] == b"%d" % size
            assert reply.body == b"gone with a body"
            kept = await client.post(origin, b"/kept/%d" % size, HEAD, (), bytes(size))
            assert kept.status == 201
        await client.aclose()
        assert {line[3] for line in requests(tmp_path)} == {protocol}


@KINDS
async def test_each_request_arrives_once_however_often_it_ends_connections(
    tmp_path: Path, options: str, secure: bool, protocol: str
) -> None:
    """Those that its GOAWAY leaves out are told apart from the others: only they are sent again."""
    own = certificate() if secure else None
    async with nginx(tmp_path, options, own) as origin:
        client = HttpClient(
            timeout=10,
            allow=None,
            tls=own.client if own else None,
            prior_knowledge=protocol == "HTTP/2.0",
        )

        async def deliver(number: int) -> Reply:
            for _ in range(20):
                try:
                    return await client.post(origin, b"/%d" % number, HEAD, (), b"text")
                except Unanswered as unanswered:
                    if unanswered.sent:
                        raise
            raise AssertionError(f"{number} was never taken")

        replies = await asyncio.gather(*(deliver(number) for number in range(REQUESTS)))
        assert {reply.status for reply in replies} == {410}
        assert client.counts.opened >= REQUESTS // EACH
        await client.aclose()
        await wait_until(lambda: len(requests(tmp_path)) >= REQUESTS)
        paths = sorted(int(line[0][1:]) for line in requests(tmp_path))
        assert paths == list(range(REQUESTS))
