"""Google's token endpoint for service accounts (RFC 7523): HTTP/1.1, looks at what is signed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EMAIL = "bridge@newsroom-test.iam.gserviceaccount.com"
PROJECT = "newsroom-test"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""Whom Google wants addressed, whatever the file says where to ask."""

# Whoever reads an account's key tests its factors for being primes: 40 ms, and hundreds of tests
# read the same one. This is the name by which Google's library calls it.
serialization.load_pem_private_key = cache(  # type: ignore[assignment]
    serialization.load_pem_private_key
)


@cache
def rsa_key(name: str = "known") -> rsa.RSAPrivateKey:
    """Return a key, made once a process: that takes a while."""
    return rsa.generate_private_key(65_537, 2_048)


class OAuth:
    """Gives tokens to one account. ``minted`` counts them; ``revoke`` makes all of them stale."""

    def __init__(self, *, clock: Callable[[], float] = time.time, lifetime: int = 3_599) -> None:
        self.key = rsa_key()
        self.clock = clock
        self.lifetime = lifetime
        self.minted = 0
        self.failing: tuple[int, dict[str, str]] | None = None
        """Answers everybody so, if set."""
        self.stall: asyncio.Event | None = None
        """Answers nobody until it is set."""
        self.port = 0
        self._valid: dict[str, float] = {}
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def knows(self, authorization: str) -> bool:
        """Tell whether a request may be made with this header."""
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and self.clock() < self._valid.get(token, 0.0)

    def revoke(self) -> None:
        self._valid.clear()

    def account(self, key: rsa.RSAPrivateKey | None = None) -> dict[str, str]:
        """Return a service account's file; with another ``key`` one that Google does not know."""
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "k1",
            "private_key": (key or self.key)
            .private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            .decode(),
            "client_email": EMAIL,
            "client_id": "1",
            "token_uri": self.url,
        }

    def write(self, folder: Path, key: rsa.RSAPrivateKey | None = None) -> Path:
        path = folder / "service-account.json"
        path.write_bytes(orjson.dumps(self.account(key)))
        return path

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                if self.stall is not None:
                    await self.stall.wait()
                status, answer = self.failing or self._grant(body.decode())
                text = orjson.dumps(answer)
                writer.write(
                    b"HTTP/1.1 %d Said\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\n\r\n%b" % (status, len(text), text)
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()

    def _grant(self, body: str) -> tuple[int, dict[str, str | int]]:
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if form.get("grant_type") != GRANT:
            return 400, {"error": "unsupported_grant_type", "error_description": "Invalid grant"}
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                self.key.public_key(),
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=EMAIL,
                options={"verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        now = self.clock()
        if not now - 3_600 <= claims["iat"] <= now + 300 or not 0 < claims["exp"] - now <= 4_000:
            why = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
            why += "timeframe. Check your iat and exp values in the JWT claim."
            return 400, {"error": "invalid_grant", "error_description": why}
        if claims.get("scope") != SCOPE:
            return 400, {"error": "invalid_scope", "error_description": "Bad scope."}
        self.minted += 1
        token = f"ya29.test-{self.minted}"
        self._valid[token] = now + self.lifetime
        return 200, {
            "access_token": token,
            "expires_in": self.lifetime,
            "token_type": "Bearer",
        }
