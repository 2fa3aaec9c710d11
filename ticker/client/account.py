"""Client for one's own account: sign in and out, change the password, sessions and passkeys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from ticker.client.api_requests import NO_FIELDS, read_response, typed
from ticker.client.editor import Editor
from ticker.client.errors import ProtocolError
from ticker.client.http_message import Response

SESSIONS = "/v1/account/sessions"
_TOKEN = re.compile(r"ticker_session=(ts_[A-Za-z0-9_-]{32})(?:;|\Z)", re.ASCII)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun. ``token`` takes the place of an editor key, for ``seconds``."""

    token: str = field(repr=False)
    name: str
    role: str
    editions: tuple[str, ...]
    seconds: int
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of your sessions: when it began and was last used, from where, and with what."""

    id: str
    began_at: str
    used_at: str
    address: str
    browser: str
    current: bool
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> OpenSession:
        """Return the session in a JSON object. Raises KeyError."""
        return cls(
            str(data["id"]),
            str(data["began_at"]),
            str(data["used_at"]),
            str(data["address"]),
            str(data["browser"]),
            bool(data["current"]),
            data,
        )


@dataclass(frozen=True, slots=True)
class Passkey:
    """One of your passkeys: when it was added, and last used (None: never)."""

    id: str
    name: str
    created_at: str
    used_at: str | None
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Passkey:
        """Return the passkey in a JSON object. Raises KeyError."""
        used = data["used_at"]
        return cls(
            str(data["id"]),
            str(data["name"]),
            str(data["created_at"]),
            None if used is None else str(used),
            data,
        )


class AccountEditor(Editor):
    """An ``Editor`` of one's own account; its key is the ``token`` of a session.

    Raises the errors of ``Editor``. What begins a session is sent once: repeated, it would begin
    another.
    """

    async def sign_in(self, name: str, password: str, code: str = "") -> SignedIn:
        """Begin a session. Raises Unauthorised, with the slug ``code-required`` for a code."""
        body = {"name": name, "password": password, "code": code}
        answer, token = await self._begin("POST", "/v1/session", body)
        return typed(
            lambda data: SignedIn(
                token,
                str(data["name"]),
                str(data["role"]),
                tuple(map(str, data["editions"])),
                int(data["seconds"]),
                data,
            ),
            answer,
        )

    async def sign_out(self) -> None:
        """End the session."""
        response = await self._send("DELETE", "/v1/session")
        if response.status != 204:
            read_response(response)

    async def holder(self) -> dict[str, Any]:
        """Return who you are (``Holder``): name, role, editions and permissions."""
        return await self._ask("GET", "/v1/key")

    async def change_password(self, password: str, new_password: str) -> str:
        """Change your password, which ends all your sessions; return the token of a new one."""
        body = {"password": password, "new_password": new_password}
        return (await self._begin("PUT", "/v1/account/password", body))[1]

    async def passkeys(self) -> tuple[Passkey, ...]:
        """Return your passkeys. A browser adds them: a device signs what it is asked there."""
        answer = await self._ask("GET", "/v1/account")
        return typed(lambda data: tuple(map(Passkey.read, data["passkeys"])), answer)

    async def remove_passkey(self, id: str, password: str) -> str:
        """Remove a passkey, which ends all your sessions; return the token of a new one.

        Raises NotFound.
        """
        path = f"/v1/account/passkeys/{quote(id, safe='')}/remove"
        return (await self._begin("POST", path, {"password": password}))[1]

    async def sessions(self) -> tuple[OpenSession, ...]:
        """Return your sessions, the newest first."""
        return _listed(await self._ask("GET", SESSIONS))

    async def end_session(self, id: str) -> OpenSession:
        """End one of your sessions. Raises NotFound."""
        path = f"{SESSIONS}/{quote(id, safe='')}"
        return typed(OpenSession.read, await self._act("DELETE", path, NO_FIELDS, key=None))

    async def end_other_sessions(self) -> tuple[OpenSession, ...]:
        """End all your sessions but this one; return them."""
        return _listed(await self._act("DELETE", SESSIONS, NO_FIELDS, key=None))

    async def _begin(
        self, method: str, path: str, body: Mapping[str, Any]
    ) -> tuple[dict[str, Any], str]:
        """Return the answer to a request that begins a session, and the session's token."""
        response = await self._send(method, path, orjson.dumps(body))
        answer = read_response(response)
        found = _TOKEN.search(response.headers.get("set-cookie", ""))
        if found is None:
            raise ProtocolError("the server's answer has no session")
        return answer, found[1]

    async def _send(self, method: str, path: str, content: bytes = b"") -> Response:
        headers = {**self._headers, "Content-Type": "application/json"}
        return await self._http.send(method, path, content=content, headers=headers)


def _listed(answer: dict[str, Any]) -> tuple[OpenSession, ...]:
    return typed(lambda data: tuple(map(OpenSession.read, data["sessions"])), answer)
