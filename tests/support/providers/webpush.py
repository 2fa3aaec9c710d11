"""A push service (RFC 8030) with browsers of its own, which read what they get.

It shares no code with the sender: messages are decrypted by ``http_ece``, tokens verified by PyJWT.
A subscription may be told to answer something else for a while::

    service = PushService()
    async with listening(service):                  # HTTP/1.1; for HTTP/2: Peer(service.handle)
        browser = service.subscribe(vapid_public_key)
        browser.answers.append(Answer(429, headers={b"retry-after": b"7"}))

    # prints its origin and serves
    python -m tests.support.providers.webpush [--port N] [--lean [--h2]]

Of a process of its own a test asks by POST, in JSON: ``/_subscribe`` ``{"vapid": …, "count": 3}``
returns browsers' registrations; ``/_script`` ``{"endpoint": …, "status": …, "times": 1}`` has one
refused; ``/_got`` returns what each endpoint's browser read.

``--lean`` says yes to everything without a look at it: for measuring the sender, and not this.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import re
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import http_ece
import httptools
import jwt
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.net.peer import Request, Response
from tests.support.providers.lean import Lean
from ticker.domain.item import Level
from ticker.push.model.push_services import PushServices
from ticker.push.model.subscription import Subscription, subscription_id

BODY_MAX = 4_096
TOKEN_MAX_S = 24 * 3_600
URGENCIES = (b"very-low", b"low", b"normal", b"high")

_TOPIC = re.compile(rb"[A-Za-z0-9_-]{1,32}")
_VAPID = re.compile(rb"vapid t=([\w.-]+), ?k=([\w-]+)")


class EveryService(PushServices):
    """Services of which every origin is known."""

    def name(self, origin: str) -> str:
        return origin


MISMATCH = b"the VAPID key is not the one that this subscription was made with"
BAD_TOKEN = b"invalid JWT provided"


@dataclass(frozen=True)
class Answer:
    """A scripted response. A ``status`` of 0 drops the connection without one."""

    status: int
    body: bytes = b""
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    after: asyncio.Event | None = None
    """Not before this is set."""


@dataclass(frozen=True)
class Push:
    """A message as the browser reads it."""

    text: bytes
    ttl: int
    urgency: str
    topic: str
    size: int
    """Bytes of the request's body."""
    sender_key: bytes
    """The public key in the record's header: one for a message, if the sender shares it."""
    salt: bytes
    connection: int

    @property
    def json(self) -> Any:
        return orjson.loads(self.text)


class Browser:
    """A user agent with one subscription."""

    def __init__(self, endpoint: str, vapid: str) -> None:
        self.endpoint = endpoint
        self.vapid = vapid
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = secrets.token_bytes(16)
        self.answers: deque[Answer] = deque()
        """Given once each, before the truth."""
        self.always: Answer | None = None
        self.subscribed = True
        self.asked = 0
        """Requests for it, refused ones included."""
        self.got: list[Push] = []
        """Everything that was accepted, in its order."""
        self.waiting: dict[str, Push] = {}
        """What a browser that is off will get: one message a topic (RFC 8030 §5.4)."""

    @property
    def p256dh(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def to_json(self) -> dict[str, Any]:
        """Return what ``PushSubscription.toJSON()`` gives."""
        keys = {"p256dh": _text(self.p256dh), "auth": _text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def subscription(self, level: Level = Level.urgent) -> Subscription:
        """Return it as the newsroom keeps it."""
        id = subscription_id("webpush", self.endpoint)
        return Subscription(
            id, "webpush", self.endpoint, "en", (), level, 0, self.p256dh, self.auth
        )

    def read(self, body: bytes) -> bytes:
        """Decrypt a message. Raises what http_ece raises."""
        return cast(bytes, http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth))


class HangUp(Exception):
    """The connection is to be closed without an answer."""


class PushService:
    """Subscriptions by their paths. ``clock``: seconds since 1970, of this service alone."""

    def __init__(self, origin: str = "", clock: Callable[[], float] = time.time) -> None:
        self.origin = origin
        """Set by ``listening``; tokens have to name it."""
        self.clock = clock
        self.browsers: dict[bytes, Browser] = {}
        self.tokens: set[bytes] = set()
        """The different tokens that were seen."""
        self.unread: list[str] = []
        """Why messages could not be decrypted. A real service cannot tell."""

    def subscribe(self, vapid: str) -> Browser:
        """Return a new browser, subscribed with the VAPID key ``vapid``."""
        path = f"/push/{secrets.token_urlsafe(16)}"
        browser = self.browsers[path.encode()] = Browser(self.origin + path, vapid)
        return browser

    async def handle(self, request: Request) -> Response:
        """Answer a request. Raises HangUp."""
        if request.path.startswith(b"/_"):
            return Response(body=orjson.dumps(self._controlled(request)))
        browser = self.browsers.get(request.path)
        if browser is None:
            return _no(404, b"no such subscription")
        browser.asked += 1
        answer = browser.answers.popleft() if browser.answers else browser.always
        if answer is not None:
            if answer.after is not None:
                await answer.after.wait()
            if not answer.status:
                raise HangUp
            return Response(answer.status, answer.headers, answer.body)
        return self._truth(browser, request)

    def _controlled(self, request: Request) -> Any:
        """Do what a test asks from another process; return the answer."""
        told = orjson.loads(request.body or b"{}")
        match request.path:
            case b"/_subscribe":
                count = told.get("count", 1)
                return [self.subscribe(told["vapid"]).to_json() for _ in range(count)]
            case b"/_script":
                path = told["endpoint"].removeprefix(self.origin).encode()
                answer = Answer(told["status"], told.get("body", "").encode())
                self.browsers[path].answers.extend([answer] * told.get("times", 1))
                return {}
            case _:
                return {b.endpoint: [push.json for push in b.got] for b in self.browsers.values()}

    def _truth(self, browser: Browser, request: Request) -> Response:
        headers = request.headers
        ttl, topic = headers.get(b"ttl", b""), headers.get(b"topic", b"")
        urgency = headers.get(b"urgency", b"normal")
        if request.method != b"POST":
            return _no(405, b"POST is what this is for")
        if not browser.subscribed:
            return _no(410, b"unsubscribed")
        if len(request.body) > BODY_MAX:
            return _no(413, b"more than 4096 bytes")
        if not ttl.isdigit() or int(ttl) >= 2**31:
            return _no(400, b"TTL is needed")
        if urgency not in URGENCIES:
            return _no(400, b"no such urgency")
        if topic and not _TOPIC.fullmatch(topic):
            return _no(400, b"not a topic")
        if headers.get(b"content-encoding") != b"aes128gcm":
            return _no(415, b"aes128gcm is needed")
        refused = self._unauthorised(browser, headers.get(b"authorization", b""))
        if refused is not None:
            return refused
        try:
            text = browser.read(request.body)
        except (http_ece.ECEException, InvalidTag, ValueError) as error:
            self.unread.append(repr(error))
            return _no(400, b"nobody can read this")
        push = Push(
            text,
            int(ttl),
            urgency.decode(),
            topic.decode(),
            len(request.body),
            request.body[21:86],
            request.body[:16],
            request.connection,
        )
        browser.got.append(push)
        browser.waiting[push.topic or f"#{len(browser.got)}"] = push
        location = f"{self.origin}/message/{secrets.token_urlsafe(8)}".encode()
        return Response(201, {b"location": location, b"ttl": ttl})

    def _unauthorised(self, browser: Browser, authorization: bytes) -> Response | None:
        """Return a refusal, None if the token is good (RFC 8292 §2, §4.2)."""
        found = _VAPID.fullmatch(authorization)
        if found is None:
            return _no(401, b"a VAPID header is needed")
        token, key = found[1], found[2].decode()
        self.tokens.add(token)
        try:
            point = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            claims = jwt.decode(
                token,
                public,
                algorithms=["ES256"],
                audience=self.origin,
                options={"require": ["exp", "aud"], "verify_exp": False},
            )
        except (jwt.InvalidTokenError, ValueError):
            return _no(403, BAD_TOKEN)
        if not self.clock() < claims["exp"] <= self.clock() + TOKEN_MAX_S:
            return _no(403, BAD_TOKEN)
        if not str(claims.get("sub", "")).startswith(("mailto:", "https:")):
            return _no(403, BAD_TOKEN)
        return None if key == browser.vapid else _no(403, MISMATCH)


@asynccontextmanager
async def listening(service: PushService, port: int = 0) -> AsyncIterator[PushService]:
    """Serve over HTTP/1.1 on a free port of 127.0.0.1 for the length of a block."""
    loop = asyncio.get_running_loop()
    connections: list[_Http1] = []
    server = await loop.create_server(
        lambda: _Http1(service, connections), "127.0.0.1", port, backlog=1_024
    )
    service.origin = f"http://localhost:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()
        for connection in connections:
            connection.transport.abort()
        await server.wait_closed()


class _Http1(asyncio.Protocol):
    """One connection: requests one after the other, as the sender does it."""

    transport: asyncio.Transport

    def __init__(self, service: PushService, connections: list[_Http1]) -> None:
        self._service = service
        self._number = len(connections)
        connections.append(self)
        self._parser = httptools.HttpRequestParser(self)
        self._task: asyncio.Task[None] | None = None
        self._path = b""
        self._headers: dict[bytes, bytes] = {}
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url
        self._headers, self._body = {}, bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        request = Request(
            self._parser.get_method(), self._path, self._headers, bytes(self._body), self._number
        )
        self._task = asyncio.ensure_future(self._answer(request))

    async def _answer(self, request: Request) -> None:
        try:
            response = await self._service.handle(request)
        except HangUp:
            self.transport.close()
            return
        lines = b"".join(b"%b: %b\r\n" % pair for pair in response.headers.items())
        self.transport.write(
            b"HTTP/1.1 %d X\r\n%bcontent-length: %d\r\n\r\n%b"
            % (response.status, lines, len(response.body), response.body)
        )


class _Lean(asyncio.Protocol):
    """Answers 201 to each request, and reads of it no more than where it ends."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) > 0:
            at = self._data.rfind(b"content-length: ", 0, end) + 16
            whole = end + 4 + int(self._data[at : self._data.find(b"\r\n", at)])
            if len(self._data) < whole:
                return
            self._data = self._data[whole:]
            self.transport.write(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _no(status: int, why: bytes) -> Response:
    return Response(status, {b"content-type": b"text/plain"}, why)


async def _main(port: int, answers: type[asyncio.Protocol] | None) -> None:
    if answers is not None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(answers, "127.0.0.1", port, backlog=1_024)
        print(f"http://localhost:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()
    async with listening(PushService(), port) as service:
        print(service.origin, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests.support.providers.webpush")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--lean", action="store_true")
    parser.add_argument("--h2", action="store_true", help="with --lean: HTTP/2 (prior knowledge)")
    options = parser.parse_args()
    if options.lean:
        import uvloop

        uvloop.run(_main(options.port, Lean if options.h2 else _Lean))
    else:
        asyncio.run(_main(options.port, None))
