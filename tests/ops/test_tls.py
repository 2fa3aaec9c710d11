"""TLS of the shipped Caddyfile: current protocols and forward secrecy, nothing older.

A real Caddy with a certificate of its own answers ``openssl s_client``, whose security level is
lowered so that it is the server that refuses.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.proxies import ROOT, SBIN
from tests.support.waiting import wait_until

INSTALLED = all(shutil.which(name, path=SBIN) for name in ("caddy", "openssl"))
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not INSTALLED, reason="caddy and openssl are not installed"),
]

REFUSED = (
    ("-tls1",),
    ("-tls1_1",),
    ("-tls1_2", "-cipher", "AES128-SHA:AES256-SHA:@SECLEVEL=0"),  # no forward secrecy
    ("-tls1_2", "-cipher", "AES128-GCM-SHA256:AES256-GCM-SHA384:@SECLEVEL=0"),
    ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0"),  # CBC
    ("-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"),
)
ACCEPTED = (
    ("-tls1_2", "-cipher", "ECDHE+AESGCM:ECDHE+CHACHA20"),
    ("-tls1_3",),
)


@pytest.fixture
async def caddy(tmp_path: Path) -> AsyncIterator[int]:
    """Run Caddy with the shipped file; yield its port."""
    port = free_port()
    # Without these it would serve port 80 and an administration port, and change this machine.
    local = f"{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {free_port()}\n"
    shipped = (ROOT / "deploy" / "Caddyfile").read_text()
    assert shipped.count("\n{\n") == 1
    config = tmp_path / "Caddyfile"
    config.write_text(shipped.replace("\n{\n", f"\n{local}", 1))
    folders = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PATH": SBIN}
    process = await asyncio.create_subprocess_exec(
        *("caddy", "run", "--adapter", "caddyfile", "--config", str(config)),
        env={**os.environ, **folders, "NEWS_HOST": f"localhost:{port}"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await wait_until(lambda: handshake(port, "-tls1_3"))
        yield port
    finally:
        process.terminate()
        await process.wait()


def _lowered(options: tuple[str, ...]) -> tuple[str, ...]:
    old = options[0] in ("-tls1", "-tls1_1")
    return (*options, "-cipher", "ALL:@SECLEVEL=0") if old else options


async def handshake(port: int, *options: str) -> bool:
    """Return whether a handshake with these options of ``openssl s_client`` succeeds."""
    client = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost"),
        *options,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await client.communicate()
    return b"Cipher is (NONE)" not in output and b"Cipher is" in output


@pytest.fixture
async def lax(tmp_path: Path) -> AsyncIterator[int]:
    """Run a server that accepts everything; yield its port."""
    port, key, certificate = free_port(), tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
        *("-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    process = await asyncio.create_subprocess_exec(
        *("openssl", "s_server", "-accept", str(port), "-key", str(key), "-cert", str(certificate)),
        *("-cipher", "ALL:eNULL:@SECLEVEL=0", "-min_protocol", "TLSv1", "-quiet"),
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


async def test_the_client_here_would_accept_what_it_offers(lax: int) -> None:
    for options in (*ACCEPTED, *REFUSED):
        if "ECDSA" not in "".join(options):
            assert await handshake(lax, *_lowered(options)), options


async def test_only_current_protocols_and_ciphers(caddy: int) -> None:
    for options in ACCEPTED:
        assert await handshake(caddy, *options), options
    for options in REFUSED:
        assert not await handshake(caddy, *_lowered(options)), options
