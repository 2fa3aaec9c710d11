"""TLS and passwords with real servers: redis-server has TLS, the embedded Valkey has not."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority, Certificate
from tests.support.ports import free_port
from tests.support.redis_servers import RedisServer, find
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.runtime.die_with_parent import die_with_parent
from ticker.storage.address import StoreAddress, main_store
from ticker.storage.connection import connect, translate
from ticker.storage.scripts import command

pytestmark = pytest.mark.redis_server


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def tls_options(authority: Authority, own: Certificate, port: int) -> list[str]:
    return [
        *("--tls-port", str(port), "--tls-ca-cert-file", str(authority.ca)),
        *("--tls-cert-file", str(own.certificate), "--tls-key-file", str(own.key)),
        *("--tls-replication", "yes"),
    ]


@pytest.fixture
def tls_server(authority: Authority) -> Iterator[tuple[RedisServer, int]]:
    """A server that asks for client certificates and a password."""
    port = free_port()
    options = tls_options(authority, authority.issue("server"), port)
    server = RedisServer("redis", options=[*options, "--requirepass", "secret"])
    server.start()
    yield server, port
    server.stop()


def settings_for(url: str, authority: Authority, folder: Path) -> Settings:
    client = authority.issue("client")
    (folder / "password").write_text("secret\n")
    return Settings(
        redis_url=url,
        redis_password_file=folder / "password",
        redis_ca_file=authority.ca,
        redis_cert_file=client.certificate,
        redis_key_file=client.key,
    )


def start_sentinel(
    authority: Authority, folder: Path, port: int, primary: int
) -> subprocess.Popen[bytes]:
    own = authority.issue("sentinel")
    config = folder / "sentinel.conf"
    config.write_text(
        f"port 0\ntls-port {port}\nbind 127.0.0.1\ndir {folder}\nlogfile {folder}/log\n"
        f"tls-ca-cert-file {authority.ca}\ntls-cert-file {own.certificate}\n"
        f"tls-key-file {own.key}\ntls-replication yes\nrequirepass of-sentinels\n"
        f"sentinel monitor desk 127.0.0.1 {primary} 1\nsentinel auth-pass desk secret\n"
    )
    return subprocess.Popen(
        [str(find("redis")), str(config), "--sentinel"], preexec_fn=die_with_parent()
    )


async def refused(address: StoreAddress) -> str:
    before = open_files()
    client = connect(address)
    try:
        with pytest.raises(Unavailable) as caught, translate():
            await command(client, "PING")
        return caught.value.detail
    finally:
        await client.aclose()
        # A transport is closed when the server has answered the end of TLS.
        await wait_until(lambda: open_files() <= before)


def open_files() -> int:
    """Return how many descriptors this process has, the one that lists them included."""
    return len(os.listdir("/dev/fd"))


async def test_tls_with_a_client_certificate_and_a_password_from_a_file(
    authority: Authority, tls_server: tuple[RedisServer, int], tmp_path: Path
) -> None:
    server, port = tls_server
    chosen = settings_for(f"rediss://127.0.0.1:{port}/1", authority, tmp_path)
    client = connect(main_store(chosen))
    assert await command(client, "SET", "where", "here")
    # The password changes on both sides: the next connection uses the new one, without a restart.
    await command(client, "CONFIG", "SET", "requirepass", "changed")
    (tmp_path / "password").write_text("changed\n")
    await client.connection_pool.disconnect()
    assert await command(client, "GET", "where") == b"here"
    await client.aclose()
    assert server.port == 0  # nothing else listens


async def test_what_does_not_prove_itself_is_refused(
    authority: Authority, tls_server: tuple[RedisServer, int], tmp_path: Path
) -> None:
    _, port = tls_server
    url = f"rediss://127.0.0.1:{port}"
    chosen = settings_for(url, authority, tmp_path)
    known = main_store(chosen)
    unknown = Authority(tmp_path, "unknown")
    other_ca = chosen.model_copy(update={"redis_ca_file": unknown.ca})
    assert "certificate verify failed" in await refused(main_store(other_ca))
    no_certificate = chosen.model_copy(update={"redis_cert_file": None, "redis_key_file": None})
    await refused(main_store(no_certificate))
    (tmp_path / "password").write_text("wrong\n")
    assert "invalid" in await refused(known)
    (tmp_path / "password").unlink()
    with pytest.raises(ValueError, match="password"):
        connect(known)


async def test_the_host_of_the_url_must_be_in_the_certificate(
    authority: Authority, tmp_path: Path
) -> None:
    port = free_port()
    own = authority.issue("elsewhere", "redis.example")
    server = RedisServer("redis", options=tls_options(authority, own, port))
    server.start()
    try:
        chosen = settings_for(f"rediss://127.0.0.1:{port}", authority, tmp_path)
        chosen = chosen.model_copy(update={"redis_password_file": None})
        assert "certificate is not valid for" in await refused(main_store(chosen))
        lenient = chosen.model_copy(update={"redis_check_hostname": False})
        client = connect(main_store(lenient))
        assert await command(client, "PING")
        await client.aclose()
    finally:
        server.stop()


async def test_a_file_that_vanishes_later_is_503_not_an_unfinished_connection(
    authority: Authority, tls_server: tuple[RedisServer, int], tmp_path: Path
) -> None:
    _, port = tls_server
    chosen = settings_for(f"rediss://127.0.0.1:{port}", authority, tmp_path)
    client = connect(main_store(chosen))
    (tmp_path / "password").unlink()
    for _ in range(2):
        with pytest.raises(Unavailable, match="password file"), translate():
            await command(client, "PING")
    (tmp_path / "password").write_text("secret")
    assert await command(client, "PING")
    await client.aclose()


async def test_sentinels_with_tls_and_a_password_of_their_own(
    authority: Authority, tls_server: tuple[RedisServer, int], tmp_path: Path
) -> None:
    _, port = tls_server
    sentinel_port = free_port()
    process = start_sentinel(authority, tmp_path, sentinel_port, port)
    (tmp_path / "sentinels").write_text("of-sentinels\n")
    url = f"rediss+sentinel://localhost:{sentinel_port}/desk/2"
    chosen = settings_for(url, authority, tmp_path)
    chosen = chosen.model_copy(update={"sentinel_password_file": tmp_path / "sentinels"})
    client = connect(main_store(chosen))

    async def reachable() -> bool:
        try:
            with translate():
                return bool(await command(client, "SET", "through", "sentinel"))
        except Unavailable:
            return False

    try:
        await wait_until(reachable)
        await client.aclose()
        (tmp_path / "sentinels").write_text("wrong\n")
        await refused(main_store(chosen))
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
