"""Addresses of Redis or Valkey: the URL, and the files with passwords and certificates beside it.

A password in a file is read for every new connection, and so are certificates when their files have
changed: replace the file, and the next connection uses it without a restart.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from redis.asyncio.connection import Connection, SSLConnection
from redis.credentials import CredentialProvider
from redis.exceptions import ConnectionError

from ticker.config import Settings

SCHEMES = (
    *("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel"),
    *("redis+cluster", "rediss+cluster"),
)
PASSWORD_MAX = 4_096
"""Characters of the longest password; a larger file is not a password."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files for TLS. Without ``ca``, the authorities of the system are trusted."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    check_hostname: bool = True


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """The place of a server, and how to log in. ``url`` may itself hold user and password."""

    url: str = field(repr=False)
    password_file: Path | None = None
    tls: TlsFiles = TlsFiles()
    sentinel_user: str = ""
    sentinel_password_file: Path | None = None
    tag: str = ""
    """The hash tag of the keys, which says where they are in a cluster."""

    @property
    def scheme(self) -> str:
        """Return the scheme of the URL."""
        return self.url.partition("://")[0]

    @property
    def has_sentinel(self) -> bool:
        """Tell whether sentinels say where the server is."""
        return self.scheme.endswith("+sentinel")

    @property
    def has_cluster(self) -> bool:
        """Tell whether the URL names nodes of a cluster."""
        return self.scheme.endswith("+cluster")

    @property
    def has_tls(self) -> bool:
        """Tell whether connections are encrypted, those to sentinels included."""
        return self.scheme.startswith("rediss")

    @property
    def shown(self) -> str:
        """Return the URL without its password, for people and logs."""
        return without_password(self.url)

    def check(self) -> None:
        """Raise ValueError if the URL or a file cannot be used."""
        if self.scheme not in SCHEMES:
            raise ValueError(
                "a store's URL begins with redis://, rediss://, unix://, redis+sentinel://, "
                "redis+cluster://, rediss+sentinel:// or rediss+cluster://"
            )
        self._check_url()
        for file in (self.password_file, self.sentinel_password_file):
            if file is not None:
                read_password(file)
        if self.has_tls:
            tls_context(self.tls)

    def _check_url(self) -> None:
        """Raise ValueError if the URL cannot be split, with nothing of it: it has a password."""
        if self.scheme == "unix":
            return  # a path may have any character
        try:
            parts = urlsplit(self.url)
        except ValueError:
            raise ValueError("the URL's host is not valid") from None
        if "@" in self.url and "@" not in parts.netloc:
            raise ValueError("write / ? # in a user or password as %2F %3F %23")
        if self.scheme in ("redis", "rediss"):
            try:
                _ = parts.port
            except ValueError:
                raise ValueError("the URL's port must be a number from 0 to 65535") from None

    def split(self) -> tuple[str, dict[str, Any]]:
        """Return the URL without user and password, and redis-py's options that log in."""
        parts = urlsplit(self.url)
        credentials, at, rest = parts.netloc.rpartition("@")
        if not at:
            return self.url, self._login("", "")
        user, _, password = credentials.partition(":")
        url = urlunsplit(parts._replace(netloc=rest))
        if self.scheme == "unix" and not url.startswith("unix://"):  # urlunsplit drops an empty //
            url = url.replace("unix:", "unix://", 1)
        return url, self._login(unquote(user), unquote(password))

    def _login(self, user: str, password: str) -> dict[str, Any]:
        if self.password_file is not None:
            return {"credential_provider": PasswordFile(user, self.password_file)}
        return {"username": user or None, "password": password or None} if password else {}

    def sentinel_login(self) -> dict[str, Any]:
        """Return redis-py's options that log in to the sentinels."""
        if self.sentinel_password_file is None:
            return {}
        return {
            "credential_provider": PasswordFile(self.sentinel_user, self.sentinel_password_file)
        }

    def tls_options(self) -> dict[str, Any]:
        """Return redis-py's options for ``TlsConnection``; none for a URL without TLS."""
        if not self.has_tls:
            return {}
        return {
            "ssl_ca_certs": _text(self.tls.ca),
            "ssl_certfile": _text(self.tls.certificate),
            "ssl_keyfile": _text(self.tls.key),
            "ssl_check_hostname": self.tls.check_hostname,
        }


def main_store(settings: Settings) -> StoreAddress:
    """Return the address of the server with wire, lane and items."""
    return _address(settings, settings.redis_url, settings.redis_password_file)


def job_store(settings: Settings) -> StoreAddress:
    """Return the address of the server with arq's queues."""
    if settings.jobs_redis_url is None:
        return main_store(settings)
    return _address(settings, settings.jobs_redis_url, settings.jobs_redis_password_file)


def gateway_store(settings: Settings) -> StoreAddress:
    """Return the address from which gateways read the lane."""
    if settings.gateway_redis_url is None:
        return main_store(settings)
    return _address(settings, settings.gateway_redis_url, settings.gateway_redis_password_file)


def read_store(settings: Settings) -> StoreAddress | None:
    """Return the address of the replica on which gateways follow the lane, if there is one."""
    if settings.read_redis_url is None:
        return None
    return _address(settings, settings.read_redis_url, settings.read_redis_password_file)


def _address(settings: Settings, url: str, password_file: Path | None) -> StoreAddress:
    return StoreAddress(
        url,
        password_file,
        TlsFiles(
            settings.redis_ca_file,
            settings.redis_cert_file,
            settings.redis_key_file,
            settings.redis_check_hostname,
        ),
        settings.sentinel_user,
        settings.sentinel_password_file,
        settings.namespace,
    )


def without_password(url: str) -> str:
    """Return ``url`` with ``***`` for its password."""
    scheme, mark, rest = url.partition("://")
    credentials, at, where = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    return f"{scheme}{mark}{user}{':***' if colon else ''}{at}{where}"


def read_password(file: Path) -> str:
    """Return the password in ``file``, without the end of its line. Raises ValueError."""
    try:
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ValueError(f"cannot read the password file {file}: {reason}") from None
    if not 0 < len(text) <= PASSWORD_MAX or "\n" in text:
        raise ValueError(f"the password file {file} must have one line with the password")
    return text


class PasswordFile(CredentialProvider):
    """Logs in with the password that the file has at that moment."""

    def __init__(self, user: str, file: Path) -> None:
        self._user = user
        self._file = file

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Return user and password, or the password of the default user."""
        try:
            password = read_password(self._file)
        except ValueError as error:
            raise ConnectionError(str(error)) from None
        return (self._user, password) if self._user else (password,)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        """Return the same. The file is small and local, so reading it does not wait."""
        return self.get_credentials()


class TlsConnection(SSLConnection):
    """A connection with a TLS context that all connections of the process share.

    redis-py makes one for each connection, with all authorities of the system in it even if
    ``ssl_ca_certs`` names one; that takes milliseconds of the event loop and trusts too many.
    """

    def _connection_arguments(self) -> dict[str, Any]:
        found = dict(Connection._connection_arguments(self))
        found["ssl"] = tls_context(
            TlsFiles(
                _path(self.ca_certs),
                _path(self.certfile),
                _path(self.keyfile),
                bool(self.check_hostname),
            )
        )
        return found


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the client's TLS context for ``files``, a new one if a file has changed.

    Raises ValueError for a file that cannot be used.
    """
    named = (files.ca, files.certificate, files.key)
    try:
        changed = tuple(os.stat(file).st_mtime_ns for file in named if file is not None)
        return _tls_context(files, changed)
    except (OSError, ssl.SSLError) as error:
        shown = ", ".join(str(file) for file in named if file is not None)
        raise ValueError(f"cannot use the TLS files {shown}: {error.strerror or error}") from None


@lru_cache(maxsize=8)
def _tls_context(files: TlsFiles, changed: tuple[int, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=_text(files.ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = files.check_hostname
    if files.certificate is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
