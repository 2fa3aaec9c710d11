"""Pictures in a bucket of moto's server, over HTTP."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from obstore.store import S3Store

from tests.support.ports import free_port
from tests.support.waiting import wait_until_sync
from ticker.config import Settings
from ticker.domain.errors import MediaUnavailable
from ticker.media.open import storage
from ticker.media.s3 import MediaBucket
from ticker.media.storage import CACHE, CHUNK, Storage

pytestmark = pytest.mark.processes

ID, OTHER = "0" * 31 + "1", "0" * 31 + "2"
FILES = {"320.jpg": b"x" * (2 * CHUNK), "320.webp": b"y"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3 server with the bucket ``pictures``."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_sync(lambda: _answers(port))
            url = f"http://127.0.0.1:{port}"
            urllib.request.urlopen(urllib.request.Request(f"{url}/pictures", method="PUT")).close()
            yield url
        finally:
            process.kill()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/moto-api/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def settings_of(url: str, tmp_path: Path, bucket: str = "pictures/news") -> Settings:
    credentials = tmp_path / "credentials"
    credentials.write_text(
        "aws_access_key_id = key\naws_secret_access_key = secret\n", encoding="utf-8"
    )
    return Settings(
        media_url=f"s3://{bucket}", media_endpoint=url, media_credentials_file=credentials
    )


@pytest.fixture
async def bucket(s3: str, tmp_path: Path) -> AsyncIterator[Storage]:
    found = storage(settings_of(s3, tmp_path))
    assert isinstance(found, MediaBucket)
    yield found
    await found.aclose()


async def read(storage: Storage, id: str, name: str) -> bytes | None:
    file = await storage.open(id, name)
    if file is None:
        return None
    content = b"".join([chunk async for chunk in file.chunks])
    assert len(content) == file.size
    return content


async def test_a_picture_from_its_first_to_its_last_byte(bucket: Storage, s3: str) -> None:
    assert bucket.place == "s3://pictures/news"
    assert "written and read" in await bucket.check()
    await bucket.put(ID, FILES)
    await bucket.put(OTHER, FILES)
    assert {name: await read(bucket, ID, name) for name in FILES} == FILES
    store = S3Store(
        "pictures",
        endpoint=s3,
        access_key_id="key",
        secret_access_key="secret",
        client_options={"allow_http": True},
    )
    sent = await asyncio.to_thread(store.get, f"news/{ID}/320.webp")
    assert sent.attributes["Content-Type"] == "image/webp"
    assert sent.attributes["Cache-Control"] == CACHE, "a shared cache asks again after an hour"
    assert await read(bucket, ID, "640.jpg") is None
    assert await read(bucket, ID, "../320.jpg") is None
    await bucket.delete(ID)
    await bucket.delete(ID)
    assert await read(bucket, ID, "320.jpg") is None
    assert await read(bucket, OTHER, "320.jpg") == FILES["320.jpg"]


async def test_a_bucket_that_is_not_there(s3: str, tmp_path: Path) -> None:
    missing = MediaBucket.of(settings_of(s3, tmp_path, "no-such-bucket"))
    with pytest.raises(MediaUnavailable) as found:
        await missing.put(ID, FILES)
    assert "secret" not in found.value.detail
    with pytest.raises(MediaUnavailable):
        await missing.check()
    await missing.aclose()


@pytest.mark.parametrize("text", ["", "aws_access_key_id = a", "[a]\nb", "\0", "no ini"])
def test_credentials_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    settings = settings_of("http://127.0.0.1:1", tmp_path)
    assert settings.media_credentials_file is not None
    settings.media_credentials_file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="must have aws_access_key_id"):
        MediaBucket.of(settings)
    settings.media_credentials_file.unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        MediaBucket.of(settings)
