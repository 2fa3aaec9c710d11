"""APNs as far as a sender sees it: provider tokens, headers, payloads, and its reasons."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.net.peer import Request, Response
from tests.support.providers.script import Phones, Script, controlled

KEY_ID, TEAM_ID, TOPIC = "ABC123DEFG", "DEF123GHIJ", "org.example.newsroom"
PAYLOAD_MAX = 4_096
_LEVELS = ("passive", "active", "time-sensitive", "critical")


class Apns:
    """One app. ``handle`` is a ``Peer``'s handler; pushes that it takes are in ``phones``."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.clock = clock
        self.script = Script()
        self.phones = Phones()
        self.dated = True
        """Whether answers carry a Date."""
        self.tokens: list[str] = []
        """The provider tokens that were used, each once."""
        self.gone: dict[str, int] = {}
        """Device → when it was seen to be gone, ms since 1970."""
        self._verified: dict[str, tuple[str, int]] = {}
        """Provider token → its key id and ``iat``, when the signature was right."""
        self._updates: dict[int, dict[str, float]] = defaultdict(dict)
        """Connection → the tokens that were used on it, and since when."""

    def write(self, folder: Path, key: Any = None) -> Path:
        """Write the key as Apple's ``.p8``; another ``key`` is one that Apple does not know."""
        path = folder / "AuthKey.p8"
        path.write_bytes(
            (key or self.key).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return path

    async def handle(self, request: Request) -> Response:
        said = await controlled(request, self.script, self.phones) or await self._push(request)
        if not self.dated:
            return said
        date = formatdate(self.clock(), usegmt=True).encode()
        return said._replace(headers={**said.headers, b"date": date})

    async def _push(self, request: Request) -> Response:
        if request.method != b"POST":
            return refusal(405, "MethodNotAllowed")
        found = re.fullmatch(rb"/3/device/([^/]*)", request.path)
        if found is None:
            return refusal(404, "BadPath")
        device = found[1].decode()
        scripted = await self.script.answer(device, request)
        if scripted is not None:
            return scripted
        headers = {name.decode(): value.decode() for name, value in request.headers.items()}
        wrong = self._unauthorised(headers, request.connection) or _wrong(headers, request.body)
        if wrong is not None:
            return wrong
        if not device:
            return refusal(400, "MissingDeviceToken")
        if not re.fullmatch(r"[0-9a-fA-F]{64,200}", device):
            return refusal(400, "BadDeviceToken")
        if device in self.gone:
            return refusal(410, "Unregistered", timestamp=self.gone[device])
        shown = {"headers": headers, "payload": orjson.loads(request.body)}
        self.phones.deliver(device, headers.get("apns-collapse-id", ""), shown)
        return Response(headers={b"apns-id": b"8E2A4F0C-3D51-4B7E-9C0A-5D6E7F801234"})

    def _unauthorised(self, headers: dict[str, str], connection: int) -> Response | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return refusal(403, "MissingProviderToken")
        try:
            key_id, signed = self._verified.get(token) or self._verify(token)
        except jwt.InvalidTokenError:
            return refusal(403, "InvalidProviderToken")
        now = self.clock()
        if key_id != KEY_ID or signed > now + 60:
            return refusal(403, "InvalidProviderToken")
        if signed < now - 3_600:
            return refusal(403, "ExpiredProviderToken")
        used = self._updates[connection]
        if token not in used:
            # Apple does not say how many are too many; two in a row happen to honest senders.
            if sum(since > now - 1_200 for since in used.values()) >= 2:
                return refusal(429, "TooManyProviderTokenUpdates")
            used[token] = now
            if token not in self.tokens:
                self.tokens.append(token)
        return None

    def _verify(self, token: str) -> tuple[str, int]:
        claims = jwt.decode(
            token,
            self.key.public_key(),
            algorithms=["ES256"],
            issuer=TEAM_ID,
            options={"require": ["iss", "iat"], "verify_iat": False},
        )
        found = str(jwt.get_unverified_header(token).get("kid")), int(claims["iat"])
        self._verified[token] = found
        return found


def _wrong(headers: dict[str, str], body: bytes) -> Response | None:
    """Return what APNs has against a request."""
    topic = headers.get("apns-topic")
    if topic is None:
        return refusal(400, "MissingTopic")
    if topic != TOPIC:
        return refusal(400, "DeviceTokenNotForTopic")
    if headers.get("apns-push-type") != "alert":
        return refusal(400, "InvalidPushType")
    if headers.get("apns-priority") not in ("1", "5", "10"):
        return refusal(400, "BadPriority")
    if not re.fullmatch(r"[0-9]{1,12}", headers.get("apns-expiration", "")):
        return refusal(400, "BadExpirationDate")
    if len(headers.get("apns-collapse-id", "").encode()) > 64:
        return refusal(400, "BadCollapseId")
    if not body:
        return refusal(400, "PayloadEmpty")
    if len(body) > PAYLOAD_MAX:
        return refusal(413, "PayloadTooLarge")
    aps = orjson.loads(body)["aps"]
    # What Apple passes over in silence, and phones do not show as it was meant.
    assert set(aps) <= {
        "alert",
        "sound",
        "thread-id",
        "mutable-content",
        "interruption-level",
        "relevance-score",
    }
    assert aps["interruption-level"] in _LEVELS
    assert 0 <= aps["relevance-score"] <= 1
    assert set(aps["alert"]) <= {"title", "body"}
    return None


def refusal(status: int, reason: str, **more: object) -> Response:
    """Return an answer as APNs words it."""
    return Response(status, {}, orjson.dumps({"reason": reason, **more}))
