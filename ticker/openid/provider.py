"""An OpenID Connect provider over HTTP: its metadata, its keys, and tokens for codes.

The metadata and the keys are read when they are first needed, and kept for ``KEEP`` seconds. A
token that names an unknown key has the keys read at once, but at most once in ``AGAIN`` seconds:
so a provider rotates its keys whenever it likes. After a failure the next attempt waits as long.
Requests are bounded in time and size, are not redirected, and reach no private network but those of
``outbound_private_networks``.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import orjson

from ticker.config import Settings
from ticker.domain import web_address
from ticker.domain.errors import Unavailable
from ticker.net.client import HttpClient
from ticker.net.headers import Field, Head
from ticker.net.reply import Unanswered
from ticker.openid.tokens import Refused
from ticker.reader_access.key_set import DOCUMENT_MAX, BadKeys, KeySet, from_document

TIMEOUT = 5.0
"""Seconds for each request."""
KEEP = 3_600.0
AGAIN = 10.0

_GET = Head([(b"accept", b"application/json")])
_POST = Head(
    [(b"accept", b"application/json"), (b"content-type", b"application/x-www-form-urlencoded")]
)
T = TypeVar("T")


class BadProvider(Exception):
    """The provider's answer cannot be used."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The used part of the provider's configuration (OpenID Connect Discovery 1.0, section 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    secret_in_body: bool
    """Whether the provider takes the client's secret in the body alone."""
    names_issuer: bool
    """Whether each answer to a browser has the issuer (RFC 9207)."""


def metadata_of(document: bytes, issuer: str) -> Metadata:
    """Return the metadata in ``document``. Raises BadProvider."""
    data = _object(document)
    if data.get("issuer") != issuer:
        raise BadProvider("it names another issuer")
    urls = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        url = data.get(name)
        try:
            parts = web_address.parse(url if isinstance(url, str) else "")
        except ValueError as error:
            raise BadProvider(f"{name} {error}") from None
        if issuer.startswith("https:") and parts.scheme != "https":
            raise BadProvider(f"{name} is not an https address")
        urls[name] = str(url)
    methods = data.get("token_endpoint_auth_methods_supported")
    in_body = isinstance(methods, list) and "client_secret_basic" not in methods
    named = data.get("authorization_response_iss_parameter_supported") is True
    return Metadata(**urls, secret_in_body=in_body, names_issuer=named)


class Provider:
    """The provider of this newsroom. ``clock`` is monotonic seconds. Methods raise Unavailable."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        secret_file: Path | None,
        allow: Sequence[Any],
        clock: Callable[[], float],
    ) -> None:
        """``allow`` are private networks in which the provider may be."""
        self.issuer = issuer
        self._client_id = client_id
        self._secret_file = secret_file
        self._http = HttpClient(
            timeout=TIMEOUT,
            allow=allow,
            body_max=DOCUMENT_MAX + 1,
            connections_h1=4,
            waiting=32,
        )
        self._metadata = _Kept(self._read_metadata, clock)
        self._keys = _Kept(self._read_keys, clock)

    @classmethod
    def of(cls, settings: Settings, clock: Callable[[], float]) -> Provider | None:
        """Return the provider of these settings, if they name one."""
        if not settings.openid_issuer:
            return None
        return cls(
            settings.openid_issuer,
            settings.openid_client_id,
            settings.openid_client_secret_file,
            settings.outbound_private_networks,
            clock,
        )

    async def metadata(self) -> Metadata:
        """Return the provider's metadata."""
        return await self._metadata.get()

    async def keys(self, *, again: bool = False) -> KeySet:
        """Return the provider's keys; with ``again`` those that it has now."""
        return await self._keys.get(again=again)

    async def token(self, code: str, verifier: str, redirect_uri: str) -> str:
        """Return the ID token for a code. Raises Refused too."""
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        extra: list[Field] = []
        try:
            secret = _secret(self._secret_file)
        except OSError as error:
            raise Unavailable(f"the client secret of OpenID Connect: {error.strerror}") from None
        if not secret or metadata.secret_in_body:
            form["client_id"] = self._client_id
        if secret and metadata.secret_in_body:
            form["client_secret"] = secret
        elif secret:
            pair = f"{quote(self._client_id, safe='')}:{quote(secret, safe='')}"
            extra.append((b"authorization", b"Basic " + b64encode(pair.encode())))
        status, body = await self._ask(
            b"POST", metadata.token_endpoint, _POST, extra, urlencode(form).encode()
        )
        if status >= 500:
            raise Unavailable(f"the OpenID Connect provider answers {status}", int(AGAIN))
        try:
            data = _object(body)
        except BadProvider as error:
            raise Refused("failed", f"the token endpoint: {error}") from None
        if status != 200:
            raise Refused("failed", f"the token endpoint: {status} {str(data.get('error'))[:64]}")
        token = data.get("id_token")
        if not isinstance(token, str):
            raise Refused("failed", "the token endpoint gave no ID token")
        return token

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _read_metadata(self) -> Metadata:
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        return metadata_of(await self._get(url), self.issuer)

    async def _read_keys(self) -> KeySet:
        document = await self._get((await self.metadata()).jwks_uri)
        return from_document(document, ("RS256", "ES256", "EdDSA"))

    async def _get(self, url: str) -> bytes:
        status, body = await self._ask(b"GET", url, _GET, (), b"")
        if status != 200:
            raise BadProvider(f"the answer is {status}")
        if len(body) > DOCUMENT_MAX:
            raise BadProvider("the answer is too large")
        return body

    async def _ask(
        self, method: bytes, url: str, head: Head, extra: Sequence[Field], body: bytes
    ) -> tuple[int, bytes]:
        parts = web_address.parse(url)
        origin = url[: len(url) - len(parts.path) - len(parts.fragment)]
        path = (parts.path if parts.path.startswith("/") else "/" + parts.path).encode()
        try:
            reply = await self._http.request(method, origin, path, head, extra, body)
        except Unanswered as error:
            raise Unavailable(f"the OpenID Connect provider does not answer: {error.why}") from None
        return reply.status, reply.body


class _Kept(Generic[T]):
    """A value that is read when it is needed and old; those who ask meanwhile share the attempt."""

    def __init__(self, read: Callable[[], Awaitable[T]], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._lock = asyncio.Lock()
        self._value: T | None = None
        self._read_at = 0.0
        self._tried_at: float | None = None
        self._failure = ""

    async def get(self, *, again: bool = False) -> T:
        """Return the value; with ``again`` read it, unless that was a moment ago."""
        async with self._lock:
            now = self._clock()
            old = self._value is None or now - self._read_at >= KEEP or again
            if old and (self._tried_at is None or now - self._tried_at >= AGAIN):
                self._tried_at = now
                try:
                    self._value, self._read_at = await self._read(), now
                except (BadProvider, BadKeys, Unavailable) as error:
                    self._failure = str(error)
            if self._value is None:
                raise Unavailable(f"OpenID Connect: {self._failure}", int(AGAIN))
            return self._value


def _secret(path: Path | None) -> str:
    return "" if path is None else path.read_text().strip()


def _object(document: bytes) -> dict[str, Any]:
    if len(document) > DOCUMENT_MAX:
        raise BadProvider("the answer is too large")
    try:
        data = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise BadProvider("the answer is not JSON") from None
    if not isinstance(data, dict):
        raise BadProvider("the answer is not an object")
    return data
