"""The sender for APNs: HTTP/2, one request a device."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from ticker.config import Settings
from ticker.net.headers import Head
from ticker.net.reply import Reply
from ticker.push.model import apns, apns_verdicts
from ticker.push.model.note import Note
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict
from workers.push.apple_tokens import AppleTokens, signing_key
from workers.push.bearer_sender import BearerSender, Transport, digest, new_client
from workers.push.bearer_tokens import BadCredentials, Bearer, read_file
from workers.push.null_transport import NullTransport

_DEVICE = re.compile(r"[0-9A-Fa-f]{2,200}")
_NO_EXTRA: tuple[()] = ()
_NO_DEVICE = Verdict(Outcome.PRUNE, "not a device token: APNs has hexadecimal ones", ours=True)
"""APNs would answer BadDeviceToken, which counts against our set-up: a client that registers an
invalid token must not be able to stop the provider."""
_CLOCK = frozenset(("InvalidProviderToken", "ExpiredProviderToken"))
"""Reasons that Apple gives for a wrong clock as well as for a wrong key."""


@dataclass(slots=True)
class Prepared:
    """One note as APNs' request. ``head`` is prepared again only for another token."""

    note: Note
    now_s: int
    push: apns.Push
    head: Head | None = None
    bearer: Bearer | None = None
    short: bytes | None = None


class ApnsSender(BearerSender[Prepared]):
    """Sends to one app. Closing the sender closes ``transport``."""

    provider: ProviderName = "apns"

    def __init__(
        self, settings: Settings, transport: Transport, *, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(
            settings, transport, url=settings.apns_url, ours=apns_verdicts.OURS, clock=clock
        )
        self._topic = settings.apns_topic
        self._tokens: AppleTokens | None = None
        names = (settings.apns_url, settings.apns_key_id, settings.apns_team_id, self._topic)
        try:
            text = read_file(settings.apns_key_file, "apns_key_file")
            key = signing_key(text)
            for name in ("apns_key_id", "apns_team_id", "apns_topic"):
                if not getattr(settings, name):
                    raise BadCredentials(f"{name} is not set")
        except BadCredentials as error:
            self._break(str(error))
            self.setup = digest("apns", *names, str(error))
            return
        self.setup = digest("apns", *names, text)
        self._tokens = AppleTokens(key, settings.apns_key_id, settings.apns_team_id, clock)

    def prepare(self, note: Note) -> Prepared:
        """Return the note as APNs' request."""
        now_s = int(self._clock())
        return Prepared(note, now_s, apns.push(note, now_s, topic=self._topic))

    async def _bearer(self) -> Bearer:
        assert self._tokens is not None
        return self._tokens.current()

    async def _renewed(self, refused: Bearer) -> Bearer:
        assert self._tokens is not None
        return self._tokens.renewed(refused)

    async def _ask(
        self, message: Prepared, subscription: Subscription, bearer: Bearer, *, short: bool
    ) -> Verdict:
        token = subscription.token
        if not _DEVICE.fullmatch(token):
            return _NO_DEVICE
        head = message.head
        if head is None or message.bearer is not bearer:
            head = message.head = _head(message.push, bearer)
            message.bearer = bearer
        payload = self._short(message) if short else message.push.payload
        path = b"/3/device/" + token.encode()
        reply = await self.transport.post(self._url, path, head, _NO_EXTRA, payload)
        if reply.status == 200:
            return ACCEPTED
        verdict = apns_verdicts.verdict(
            reply.status,
            reply.body,
            registered_ms=subscription.registered_ms,
            retry_after=self._wait(reply),
        )
        if verdict.reason in _CLOCK and self._skewed(bearer, reply):
            return Verdict(Outcome.MINT, verdict.reason)
        return self._judge(verdict, reply)

    def _short(self, message: Prepared) -> bytes:
        if message.short is None:
            limit = apns.PAYLOAD_MAX // 2
            short = apns.push(message.note, message.now_s, topic=self._topic, limit=limit)
            message.short = short.payload
        return message.short

    def _skewed(self, bearer: Bearer, reply: Reply) -> bool:
        """Tell whether a token may have been refused because our clock differs from Apple's."""
        assert self._tokens is not None
        try:
            date = parsedate_to_datetime(reply.headers.get(b"date", b"").decode("latin-1"))
        except ValueError:
            return False
        return self._tokens.skewed(bearer, date.timestamp())


def _head(push: apns.Push, bearer: Bearer) -> Head:
    fields = [(name.encode(), value.encode()) for name, value in push.headers.items()]
    return Head([(b"authorization", bearer.authorization), *fields])


def make(settings: Settings) -> ApnsSender:
    """Return a sender with connections of its own."""
    return ApnsSender(settings, new_client(settings, settings.apns_url))


def make_dry_run(settings: Settings) -> ApnsSender:
    """Return a sender for dry runs: no network."""
    return ApnsSender(settings, NullTransport(200))
