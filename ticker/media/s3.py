"""Pictures in a bucket of an S3-compatible store: ``PREFIX/ID/WIDTH.FORMAT``.

obstore (the Rust crate object_store) speaks to it: signatures, retries and the credentials of the
machine's role are its work. Its calls run in threads: of its own asynchronous ones, one in ten
aborted the process when the interpreter ended (0.12, Python 3.11).
"""

from __future__ import annotations

import configparser
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from ticker.domain.errors import MediaUnavailable
from ticker.domain.renditions import TYPES
from ticker.media.storage import CACHE, CHUNK, NAME, StoredFile
from ticker.media.threads import Threads

if TYPE_CHECKING:
    from ticker.config import Settings

TIMEOUT = timedelta(seconds=15)
CONNECT_TIMEOUT = timedelta(seconds=3)
RETRY_FOR = timedelta(seconds=10)
_CHECK = "check/write"
P = ParamSpec("P")
T = TypeVar("T")


class MediaBucket:
    """A ``Storage`` in one bucket, which must exist."""

    def __init__(self, store: S3Store, place: str) -> None:
        self._store = store
        self._place = place
        self._threads = Threads()

    @classmethod
    def of(cls, settings: Settings) -> MediaBucket:
        """Return the bucket of ``settings``. Raises ValueError."""
        parts = urlsplit(settings.media_url)
        options: dict[str, Any] = {"region": settings.media_region}
        client: dict[str, Any] = {"timeout": TIMEOUT, "connect_timeout": CONNECT_TIMEOUT}
        if settings.media_endpoint is not None:
            options["endpoint"] = settings.media_endpoint
            client["allow_http"] = settings.media_endpoint.startswith("http://")
        if settings.media_credentials_file is not None:
            options |= _credentials(settings.media_credentials_file)
        prefix = parts.path.strip("/")
        try:
            store = S3Store(
                parts.netloc,
                prefix=prefix or None,
                client_options=client,  # type: ignore[arg-type]  # a TypedDict
                retry_config={"max_retries": 3, "retry_timeout": RETRY_FOR},
                **options,
            )
        except (BaseError, ValueError) as error:
            raise ValueError(f"media_url: {error}") from None
        return cls(store, settings.media_url)

    @property
    def place(self) -> str:
        """Return the bucket's address."""
        return self._place

    async def put(self, id: str, files: Mapping[str, bytes]) -> None:
        """Store all files of a picture. Raises MediaUnavailable."""
        await self._run(self._put, id, files)

    async def open(self, id: str, name: str) -> StoredFile | None:
        """Return a file, None if there is none."""
        if NAME.fullmatch(name) is None:
            return None
        found = await self._run(self._get, f"{id}/{name}")
        if found is None:
            return None
        return StoredFile(found.meta["size"], self._chunks(found), _nothing)

    async def delete(self, id: str) -> None:
        """Delete all files of a picture."""
        await self._run(self._delete, id)

    async def check(self) -> str:
        """Write, read and delete a file."""
        await self._run(self._check)
        return "the bucket can be written and read"

    async def tidy(self, before_ms: int) -> None:
        """Nothing is left: a file is written as a whole, and the records name every picture."""

    async def aclose(self) -> None:
        """End the threads."""
        self._threads.close()

    async def _run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return await self._threads.run(work, *arguments, **named)
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error

    def _put(self, id: str, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            kind = TYPES[name.rpartition(".")[2]]
            self._store.put(
                f"{id}/{name}",
                content,
                attributes={"Content-Type": kind, "Cache-Control": CACHE},
                use_multipart=False,
            )

    def _get(self, path: str) -> obstore.GetResult | None:
        try:
            return self._store.get(path)
        except FileNotFoundError:
            return None

    def _delete(self, id: str) -> None:
        listed = self._store.list_with_delimiter(id)
        paths = [one["path"] for one in listed["objects"]]
        if paths:
            self._store.delete(paths)

    def _check(self) -> None:
        self._store.put(_CHECK, b"check", use_multipart=False)
        self._store.get(_CHECK)
        self._store.delete(_CHECK)

    async def _chunks(self, found: obstore.GetResult) -> AsyncIterator[bytes]:
        stream = iter(found.stream(min_chunk_size=CHUNK))
        while (chunk := await self._run(next, stream, None)) is not None:
            yield bytes(chunk)


def _nothing() -> None:
    """Close a download: it ends when nobody reads it any more."""


def _unavailable(error: BaseException) -> MediaUnavailable:
    """Return the error for an editor; obstore's own text is long, and may have keys in it."""
    return MediaUnavailable(f"the bucket of pictures does not answer ({type(error).__name__})")


def _credentials(path: Path) -> dict[str, str]:
    """Return the options in a credentials file. Raises ValueError."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        text = path.expanduser().read_text(encoding="utf-8")
        parser.read_string(text if text.lstrip().startswith("[") else f"[default]\n{text}")
        section = parser[parser.sections()[0]]
        found = {
            "access_key_id": section["aws_access_key_id"],
            "secret_access_key": section["aws_secret_access_key"],
        }
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"media_credentials_file: {path} cannot be read: {error}") from None
    except (configparser.Error, KeyError, IndexError):
        raise ValueError(
            f"media_credentials_file: {path} must have aws_access_key_id and aws_secret_access_key"
        ) from None
    if "aws_session_token" in section:
        found["session_token"] = section["aws_session_token"]
    return found
