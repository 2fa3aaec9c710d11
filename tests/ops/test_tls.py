"""TLS of the shipped nginx and Caddy files: what a scanner such as testssl would report is nothing.

The real proxies, each with a certificate of its own, answer ``openssl s_client``, whose security
level is lowered so that it is the server that refuses. What readers do works through them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.ops.test_proxy import NGINX, configuration
from tests.support.certificates import Authority, Certificate
from tests.support.ports import free_port
from tests.support.proxies import ROOT, SBIN, newsroom, over_sse, over_websocket, proxy
from tests.support.waiting import wait_until
from ticker.client import ItemEvent, Snapshot, Ticker

INSTALLED = all(shutil.which(name, path=SBIN) for name in ("caddy", "nginx", "openssl"))
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not INSTALLED, reason="caddy, nginx and openssl are not installed"),
]

WEAK = {
    "TLS 1.0": ("-tls1",),
    "TLS 1.1": ("-tls1_1",),
    "no forward secrecy, CBC": ("-tls1_2", "-cipher", "AES128-SHA:AES256-SHA:@SECLEVEL=0"),
    "no forward secrecy": (
        *("-tls1_2", "-cipher", "AES128-GCM-SHA256:AES256-GCM-SHA384:@SECLEVEL=0"),
    ),
    "CBC": (*("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0"),),
    "no authentication or encryption": ("-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"),
}
STRONG = {
    "TLS 1.2": ("-tls1_2", "-cipher", "ECDHE+AESGCM:ECDHE+CHACHA20"),
    "TLS 1.3": ("-tls1_3",),
    "TLS 1.3 with ChaCha20": ("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"),
}
YEAR = 31_536_000


async def handshake(port: int, *options: str) -> bool:
    """Return whether a handshake with these options of ``openssl s_client`` succeeds."""
    if options[0] in ("-tls1", "-tls1_1"):
        options = (*options, "-cipher", "ALL:@SECLEVEL=0")
    client = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost"),
        *options,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await client.communicate()
    return b"Cipher is (NONE)" not in output and b"Cipher is" in output


async def findings(port: int) -> set[str]:
    """Return what is wrong with the HTTPS server at ``port``."""
    found = {f"offers {name}" for name, options in WEAK.items() if await handshake(port, *options)}
    for name, options in STRONG.items():
        if not await handshake(port, *options):
            found.add(f"refuses {name}")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="localhost"
    )
    if writer.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
        found.add("no HTTP/2")
    writer.close()
    context.set_alpn_protocols(["http/1.1"])
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="localhost"
    )
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n" % port)
    answer = (await reader.read()).lower()
    _, _, policy = answer.partition(b"\r\nstrict-transport-security: max-age=")
    if int(policy.partition(b"\r")[0] or 0) < YEAR:
        found.add("no HSTS")
    writer.close()
    return found


@asynccontextmanager
async def lax(folder: Path) -> AsyncIterator[int]:
    """Run a server that accepts everything; yield its port."""
    port, key, certificate = free_port(), folder / "key.pem", folder / "certificate.pem"
    made = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
        *("-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    process = await asyncio.create_subprocess_exec(
        *("openssl", "s_server", "-accept", str(port), "-key", str(key), "-cert", str(certificate)),
        *("-cipher", "ALL:eNULL:@SECLEVEL=0", "-min_protocol", "TLSv1", "-quiet", "-www"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await wait_until(lambda: handshake(port, "-tls1_3"))
        yield port
    finally:
        process.terminate()
        await process.wait()


async def test_a_lax_server_is_found(tmp_path: Path) -> None:
    async with lax(tmp_path) as port:
        assert await findings(port) == {
            *(f"offers {name}" for name in WEAK),
            "no HTTP/2",
            "no HSTS",
        }


def nginx_with_tls(folder: Path, port: int, secure: int, upstream: str, own: Certificate) -> Path:
    """Write both shipped files, with the addresses and paths of this test."""
    (folder / "tls").mkdir(parents=True)
    text = (ROOT / "deploy" / "nginx-tls.conf").read_text()
    for old, new in {
        "listen 443": f"listen 127.0.0.1:{secure}",
        "/etc/nginx/tls/fullchain.pem;": f"{own.certificate};",
        "/etc/nginx/tls/privkey.pem;": f"{own.key};",
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "tls" / "ticker.conf").write_text(text)
    return configuration(folder, port, upstream)


async def test_nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert NGINX is not None
    authority, port, secure = Authority(tmp_path), free_port(), free_port()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    async with newsroom(tmp_path / "data") as up:
        upstream = up.url.removeprefix("http://")
        config = nginx_with_tls(tmp_path / "n", port, secure, upstream, authority.issue("nginx"))
        command = (NGINX, "-c", str(config), "-g", "daemon off;")
        async with proxy(command, port) as plain, asyncio.timeout(60):
            assert await findings(secure) == set()
            url = f"https://localhost:{secure}"
            await over_websocket(up, url)
            await over_sse(up, url)
            await plain_requests_go_to_https(plain)
            await every_secure_response_has_hsts(url)
            async with Ticker(url, edition="en") as feed:
                assert isinstance(await anext(feed), Snapshot)
                await renewal(lambda: authority.issue("nginx"), config, secure)
                published = await up.publish("After the renewal, to a reader from before it")
                event = await anext(feed)
                assert isinstance(event, ItemEvent)
                assert event.item.id == published["item"]["id"]


async def renewal(replace: Callable[[], object], config: Path, secure: int) -> None:
    """Reload nginx as docs/operations/keys.md says; new connections get another certificate."""
    assert NGINX is not None
    before = await certificate_at(secure)
    replace()
    assert await certificate_at(secure) == before, "nginx reads the files when it is told to"
    for options in (("-t",), ("-s", "reload")):
        done = await asyncio.create_subprocess_exec(
            *(NGINX, "-c", str(config), *options), stderr=asyncio.subprocess.DEVNULL
        )
        assert await done.wait() == 0
    await wait_until(lambda: certificate_at(secure), before.__ne__)


async def certificate_at(port: int) -> str:
    return await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))


async def plain_requests_go_to_https(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        for path in ("/en?x=1", "/v1/items", "/v1/ws", "/healthz/"):
            answer = await http.get(path)
            assert answer.status_code == 308
            assert answer.headers["location"] == f"https://127.0.0.1{path}"
            assert "strict-transport-security" not in answer.headers
        assert (await http.get("/readyz")).status_code == 200


async def every_secure_response_has_hsts(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        for path in ("/en", "/none", "/v1/items", "/site/site.js", "/v1/events?edition=none"):
            answer = await http.get(path)
            assert answer.headers.get_list("strict-transport-security") == ["max-age=63072000"]
        feed = (await http.get("/v1/feed.json")).json()
        assert feed["feed_url"].startswith(url)


async def test_caddy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    # Without these it would serve port 80 and an administration port, and change this machine.
    local = f"{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {free_port()}\n"
    shipped = (ROOT / "deploy" / "Caddyfile").read_text()
    assert shipped.count("\n{\n") == 1
    config = tmp_path / "Caddyfile"
    config.write_text(shipped.replace("\n{\n", f"\n{local}", 1))
    async with newsroom(tmp_path / "data") as up:
        upstream = up.url.removeprefix("http://")
        variables = {
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
            "PATH": SBIN,
            "NEWS_HOST": f"localhost:{port}",
            "TICKER_GATEWAY": upstream,
            "TICKER_WEB": upstream,
        }
        process = await asyncio.create_subprocess_exec(
            *("caddy", "run", "--adapter", "caddyfile", "--config", str(config)),
            env={**os.environ, **variables},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(60):
                await wait_until(lambda: handshake(port, "-tls1_3"))
                assert await findings(port) == set()
                ca = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
                monkeypatch.setenv("SSL_CERT_FILE", str(ca))
                await over_websocket(up, f"https://localhost:{port}")
                await over_sse(up, f"https://localhost:{port}")
                await every_secure_response_has_hsts(f"https://localhost:{port}")
        finally:
            process.terminate()
            await process.wait()
