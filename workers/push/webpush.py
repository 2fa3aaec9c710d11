"""The Web Push sender: one encrypted request to each browser's endpoint (RFC 8030, 8291, 8292)."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from ticker.config import Settings
from ticker.net.client import HttpClient
from ticker.net.headers import Head
from ticker.net.reply import Forbidden, Unanswered
from ticker.push.model.encryption import SALT_SIZE, BadKeys, Sealed
from ticker.push.model.note import Note
from ticker.push.model.push_services import APPLE, PushServices, address
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.vapid_health import VapidHealth
from ticker.push.model.verdicts import Outcome, Verdict
from ticker.push.model.webpush import headers, payload, short_payload
from ticker.push.model.webpush_verdicts import webpush_verdict
from ticker.push.vapid_keys import VapidKey, VapidKeyError, read
from workers.push.bearer_sender import Transport
from workers.push.null_transport import NullTransport
from workers.push.sender import Sender
from workers.push.vapid_tokens import ORIGINS_MAX, Vapid

log = logging.getLogger(__name__)

SALTS = 256
"""Salts that are drawn at a time, to ask the system less often."""


class Message:
    """The parts of a message that all receivers of one note share."""

    __slots__ = ("_headers", "_note", "_private", "_short", "full", "heads")

    def __init__(self, note: Note, private: ec.EllipticCurvePrivateKey) -> None:
        self._note = note
        self._private = private
        self._headers = headers(note)
        self.heads: dict[str, tuple[bytes, Head]] = {}
        self.full = Sealed(payload(note), private)
        self._short: Sealed | None = None

    def head(self, origin: str, authorization: bytes) -> Head:
        """Return the headers of all requests to ``origin``, prepared once."""
        found = self.heads.get(origin)
        if found is None or found[0] is not authorization:
            if len(self.heads) >= ORIGINS_MAX:
                self.heads.clear()  # subscriptions name the origins
            head = Head([*self._headers, (b"authorization", authorization)])
            found = self.heads[origin] = authorization, head
        return found[1]

    @property
    def short(self) -> Sealed:
        """The message for services that refused the full one as too large."""
        if self._short is None:
            self._short = Sealed(short_payload(self._note), self._private, padded=False)
        return self._short


class WebPush:
    """A ``Sender``. Refusals of ``services`` may stop the provider, those of others may not."""

    provider: ProviderName = "webpush"

    def __init__(
        self,
        key: VapidKey,
        contact: str,
        transport: Transport,
        *,
        services: PushServices | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.setup = hashlib.sha256(f"{key.public}\0{contact}".encode()).hexdigest()[:16]
        self._vapid = Vapid(key, contact, clock)
        self.transport = transport
        self._services = PushServices() if services is None else services
        self._clock = clock
        self._token_health = VapidHealth()
        self._contact = is_contact(contact)
        self._salts = memoryview(b"")

    def prepare(self, note: Note) -> Message:
        """Return payload, headers and key pair of ``note``. Raises ValueError if it cannot fit."""
        return Message(note, ec.generate_private_key(ec.SECP256R1()))

    def origin(self, subscription: Subscription) -> str:
        """Return the origin of the push service that the token names."""
        return address(subscription.token).origin

    async def send(self, message: Message, subscription: Subscription) -> Verdict:
        """Send to one browser (see ``Sender.send``)."""
        verdict = await self._send(message, message.full, subscription)
        if verdict.outcome is Outcome.SHORTEN:
            verdict = await self._send(message, message.short, subscription)
            if verdict.outcome is Outcome.SHORTEN:
                return Verdict(Outcome.DROP, verdict.reason)
        return verdict

    def untrusted(self, origin: str) -> bool:
        """Tell whether ``origin`` is not in ``push_services``."""
        return not self._services.known(origin)

    def heeds(self, origin: str) -> bool:
        """Tell whether a refusal of ``origin`` may be due to our set-up.

        Apple's service refuses every sender without a contact: that must not stop the others.
        """
        return self._services.known(origin) and (self._contact or not origin.endswith(APPLE))

    async def aclose(self) -> None:
        """Close the connections."""
        await self.transport.aclose()

    async def _send(self, message: Message, sealed: Sealed, subscription: Subscription) -> Verdict:
        origin, path = address(subscription.token)
        try:
            body = sealed.encrypt(subscription.p256dh, subscription.auth, self._salt())
        except BadKeys as error:
            return Verdict(Outcome.PRUNE, str(error), ours=True)
        head = message.head(origin, self._vapid.authorization(origin))
        try:
            reply = await self.transport.post(origin, path, head, (), body)
        except Forbidden as error:
            # Not deleted: an hour of wrong DNS answers would delete all subscriptions.
            return Verdict(Outcome.DROP, error.why)
        except Unanswered as error:
            return Verdict(Outcome.RETRY, error.why, unanswered=True)
        known = self.heeds(origin)
        verdict = webpush_verdict(
            reply.status, reply.headers, reply.body, known=known, now_s=self._clock()
        )
        if known:
            if verdict.outcome is Outcome.ACCEPTED:
                self._token_health.accepted(origin)
            elif verdict.outcome is Outcome.STOP and not self._token_health.refused(origin):
                # The shards pause this service for a while and go on with the others.
                return Verdict(Outcome.RETRY, verdict.reason)
        return verdict

    def _salt(self) -> bytes:
        if not self._salts:
            self._salts = memoryview(os.urandom(SALTS * SALT_SIZE))
        salt, self._salts = self._salts[:SALT_SIZE], self._salts[SALT_SIZE:]
        return bytes(salt)


def is_contact(text: str) -> bool:
    """Tell whether ``text`` is a usable contact: not empty, and not on localhost."""
    return bool(text) and not re.search(r"[@/.]localhost(:\d+)?(/|$)", text)


class Keyless:
    """The sender without a usable key: every verdict is STOP, with the reason."""

    provider: ProviderName = "webpush"

    def __init__(self, why: str) -> None:
        self.setup = hashlib.sha256(why.encode()).hexdigest()[:16]
        self._why = why

    def prepare(self, note: Note) -> None:
        """Prepare nothing."""

    def origin(self, subscription: Subscription) -> str:
        """Return the push service's origin."""
        return address(subscription.token).origin

    def untrusted(self, origin: str) -> bool:
        """Return False: nothing is sent."""
        return False

    async def send(self, message: None, subscription: Subscription) -> Verdict:
        """Return STOP."""
        return Verdict(Outcome.STOP, self._why)

    async def aclose(self) -> None:
        """Close nothing."""


def make(settings: Settings) -> Sender[Any]:
    """Return the sender that ``settings`` describe; ``vapid_key_file`` must be set."""
    if not _contact(settings):
        log.warning(
            "push_contact is not set: Apple's push service refuses every message without it"
        )
    # Browsers name the endpoints: no private addresses, and certificates are verified.
    return _made(
        settings,
        HttpClient(timeout=settings.push_timeout, allow=settings.outbound_private_networks),
    )


def make_dry_run(settings: Settings) -> Sender[Any]:
    """Return a sender for dry runs: no network."""
    return _made(settings, NullTransport(201))


def _contact(settings: Settings) -> str:
    secure = settings.public_url.startswith("https://")
    return settings.push_contact or (settings.public_url if secure else "")


def _made(settings: Settings, transport: Transport) -> Sender[Any]:
    assert settings.vapid_key_file is not None
    try:
        key = read(settings.vapid_key_file)
    except VapidKeyError as error:
        return Keyless(str(error))
    services = PushServices(settings.push_services)
    return WebPush(key, _contact(settings), transport, services=services)
