"""The sender for FCM: HTTP v1, one request a device or condition."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ticker.config import Settings
from ticker.net.headers import Head
from ticker.push.model import fcm, fcm_verdicts
from ticker.push.model.note import Note
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.verdicts import ACCEPTED, Verdict
from workers.push.bearer_sender import BearerSender, Transport, digest, new_client
from workers.push.bearer_tokens import BadCredentials, Bearer, read_file
from workers.push.google_tokens import GoogleTokens, read_account
from workers.push.null_transport import NullTransport, PlaceholderTokens

_NO_EXTRA: tuple[()] = ()


@dataclass(slots=True)
class Prepared:
    """One note as FCM's messages. The short one is made when it is first needed."""

    full: fcm.Message
    make_short: Callable[[], fcm.Message]
    short: fcm.Message | None = field(default=None)

    def shortened(self) -> fcm.Message:
        """Return the message to send after the full one was too large."""
        if self.short is None:
            self.short = self.make_short()
        return self.short


class Tokens(Protocol):
    """The part of ``GoogleTokens`` that the sender uses."""

    def ready(self) -> Bearer | None:
        """Return the token to use now without waiting, None if there is none."""

    async def get(self) -> Bearer:
        """Return the token to use now. Raises NoToken."""

    async def renewed(self, refused: Bearer) -> Bearer:
        """Return a new token in place of ``refused``. Raises NoToken."""

    async def aclose(self) -> None:
        """Cancel the request for a token."""


class FcmSender(BearerSender[Prepared]):
    """Sends to tokens; with ``fcm_mode`` "topics" a subscription's token is a condition.

    ``validate_only`` asks FCM to validate the message without delivering it. Closing the sender
    closes ``transport``. ``tokens`` take the place of Google's, though the credentials are read.
    """

    provider: ProviderName = "fcm"

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        *,
        validate_only: bool = False,
        tokens: Tokens | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            settings, transport, url=settings.fcm_url, ours=fcm_verdicts.OURS, clock=clock
        )
        self._topics = settings.fcm_mode == "topics"
        self._validate_only = validate_only
        self._tokens: Tokens | None = None
        self._path = b""
        self._head: tuple[Bearer, Head] | None = None
        try:
            text = read_file(settings.fcm_credentials_file, "fcm_credentials_file")
            account = read_account(text)
        except BadCredentials as error:
            self._break(str(error))
            self.setup = digest("fcm", settings.fcm_url, str(error))
            return
        self.setup = digest("fcm", settings.fcm_url, text)
        self._tokens = tokens or GoogleTokens(account, timeout=settings.push_timeout, clock=clock)
        self._path = f"/v1/projects/{account.project}/messages:send".encode()

    def prepare(self, note: Note) -> Prepared:
        """Return the note as FCM's messages, for tokens or for conditions."""
        now_s = int(self._clock())
        target: Literal["token", "condition"] = "condition" if self._topics else "token"
        limit = fcm.TOPIC_MAX if self._topics else fcm.MESSAGE_MAX

        def made(limit: int) -> fcm.Message:
            return fcm.message(
                note, now_s, target=target, validate_only=self._validate_only, limit=limit
            )

        return Prepared(made(limit), lambda: made(limit // 2))

    async def aclose(self) -> None:
        """Close the connections, also those for tokens."""
        if self._tokens is not None:
            await self._tokens.aclose()
        await super().aclose()

    async def _bearer(self) -> Bearer:
        assert self._tokens is not None
        return self._tokens.ready() or await self._tokens.get()

    async def _renewed(self, refused: Bearer) -> Bearer:
        assert self._tokens is not None
        return await self._tokens.renewed(refused)

    async def _ask(
        self, message: Prepared, subscription: Subscription, bearer: Bearer, *, short: bool
    ) -> Verdict:
        head = self._head
        if head is None or head[0] is not bearer:
            head = self._head = (bearer, _head(bearer))
        form = message.shortened() if short else message.full
        body = form.to(subscription.token)
        reply = await self.transport.post(self._url, self._path, head[1], _NO_EXTRA, body)
        if reply.status == 200:
            return ACCEPTED
        verdict = fcm_verdicts.verdict(reply.status, reply.body, retry_after=self._wait(reply))
        return self._judge(verdict, reply)


def _head(bearer: Bearer) -> Head:
    return Head([(b"authorization", bearer.authorization), (b"content-type", b"application/json")])


def make(settings: Settings) -> FcmSender:
    """Return a sender with connections of its own."""
    return FcmSender(settings, new_client(settings, settings.fcm_url))


def make_dry_run(settings: Settings) -> FcmSender:
    """Return a sender for dry runs: no network, and no token from Google."""
    return FcmSender(settings, NullTransport(200), tokens=PlaceholderTokens())
