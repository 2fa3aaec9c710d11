"""The sender that FCM and APNs share: requests with a bearer token, and their second attempts.

``SHORTEN`` and ``MINT`` are acted on here, once each, within twice the time-out of a request; a
request that the provider certainly did not see is sent once more as well.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from ticker.config import Settings
from ticker.domain import retry_after
from ticker.net.client import HttpClient
from ticker.net.headers import Field, Head
from ticker.net.reply import Forbidden, Reply, Unanswered
from ticker.push.model.note import Note
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.verdicts import RETRY_AFTER_MAX, Outcome, Verdict
from workers.push.bearer_tokens import Bearer, NoToken

log = logging.getLogger(__name__)

M = TypeVar("M")

STREAMS = 100
"""Requests under way on one connection: every provider permits as many (RFC 9113 §6.5.2)."""
WAITING = 4_096
"""Requests that wait for a connection; further ones are tried again later."""
BODY_LOGGED = 500
"""Bytes of a response that are logged if it reports a mistake of ours."""


class Transport(Protocol):
    """The part of ``HttpClient`` that senders use; a dry run uses ``NullTransport``."""

    async def post(
        self, origin: str, path: bytes, head: Head, extra: Sequence[Field], body: bytes
    ) -> Reply:
        """Return the response. Raises Unanswered."""

    async def aclose(self) -> None:
        """Close the connections."""


class BearerSender(ABC, Generic[M]):
    """A ``Sender`` whose requests carry a bearer token.

    With credentials that cannot be used, every verdict is STOP, with the reason.
    """

    provider: ProviderName

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        *,
        url: str,
        ours: frozenset[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.setup = ""
        self._url = url
        self.transport = transport
        self._clock = clock
        self._timeout = settings.push_timeout
        self._ours = ours
        self._logged: set[str] = set()
        """Reasons in ``ours`` that were logged: one line each at most."""
        self._broken: Verdict | None = None

    def untrusted(self, origin: str) -> bool:
        """Return False: the operator named the only server."""
        return False

    @abstractmethod
    def prepare(self, note: Note) -> M:
        """Return the part of the message that all receivers of ``note`` share."""

    @abstractmethod
    async def _bearer(self) -> Bearer:
        """Return the token to use now. Raises NoToken."""

    @abstractmethod
    async def _renewed(self, refused: Bearer) -> Bearer:
        """Return a new token in place of ``refused``. Raises NoToken."""

    @abstractmethod
    async def _ask(
        self, message: M, subscription: Subscription, bearer: Bearer, *, short: bool
    ) -> Verdict:
        """Make one request. Raises Unanswered."""

    def origin(self, subscription: Subscription) -> str:
        """Return the provider's server: the same for all."""
        return self._url

    async def send(self, message: M, subscription: Subscription) -> Verdict:
        """Send to one device (see ``Sender``)."""
        if self._broken is not None:
            return self._broken
        began = self._now()
        try:
            bearer = await self._bearer()
            try:
                verdict = await self._ask(message, subscription, bearer, short=False)
            except Unanswered as error:
                if not self._worth_another(error, began):
                    raise
                verdict = await self._ask(message, subscription, bearer, short=False)
            if verdict.outcome is Outcome.ACCEPTED:
                return verdict
            if verdict.outcome in (Outcome.SHORTEN, Outcome.MINT):
                verdict = await self._again(message, subscription, bearer, verdict, began)
        except NoToken as error:
            return error.verdict
        except Forbidden as error:
            return Verdict(Outcome.STOP, f"{self._url}: {error.why}")
        except Unanswered as error:
            return Verdict(Outcome.RETRY, f"no answer: {error.why}", unanswered=True)
        return verdict

    async def aclose(self) -> None:
        """Close the connections."""
        await self.transport.aclose()

    async def _again(
        self, message: M, subscription: Subscription, bearer: Bearer, verdict: Verdict, began: float
    ) -> Verdict:
        """Do what ``verdict`` asks for: shorten and mint, once each, while there is time."""
        short = minted = False
        while self._now() - began < self._timeout:
            if verdict.outcome is Outcome.SHORTEN and not short:
                short = True
            elif verdict.outcome is Outcome.MINT and not minted:
                minted = True
                bearer = await self._renewed(bearer)
            else:
                return _final(verdict)
            verdict = await self._ask(message, subscription, bearer, short=short)
        if verdict.outcome in (Outcome.SHORTEN, Outcome.MINT):
            return Verdict(Outcome.RETRY, f"{verdict.reason}, and no time left")
        return verdict

    def _worth_another(self, error: Unanswered, began: float) -> bool:
        """Tell whether to send again at once: the request was not seen, and there is time.

        Providers close connections now and then (GOAWAY) with hundreds of requests on their way;
        those are no failures of the provider.
        """
        unseen = not error.sent and not isinstance(error, Forbidden)
        return unseen and self._now() - began < self._timeout

    def _judge(self, verdict: Verdict, reply: Reply) -> Verdict:
        """Return ``verdict``; if it reports a mistake of ours, log the provider's response."""
        if verdict.reason in self._ours and verdict.reason not in self._logged:
            self._logged.add(verdict.reason)
            log.error(
                "%s refuses what we send (%s): %r",
                self.provider,
                verdict.reason,
                reply.body[:BODY_LOGGED],
            )
        return verdict

    def _break(self, why: str) -> None:
        log.error("push provider %s stopped: %s", self.provider, why)
        self._broken = Verdict(Outcome.STOP, why)

    def _wait(self, reply: Reply) -> float | None:
        value = reply.headers.get(b"retry-after")
        return retry_after.seconds(value, self._clock(), longest=RETRY_AFTER_MAX)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _final(verdict: Verdict) -> Verdict:
    """Return the final verdict for one that was acted on already."""
    match verdict.outcome:
        case Outcome.SHORTEN:
            return Verdict(Outcome.DROP, verdict.reason)
        case Outcome.MINT:
            return Verdict(Outcome.STOP, verdict.reason)
        case _:
            return verdict


def new_client(settings: Settings, url: str) -> HttpClient:
    """Return a client for ``url``, which the operator chose: its addresses are not checked.

    Connections and their streams together permit ``push_concurrency`` requests.
    """
    connections = -(-settings.push_concurrency // STREAMS)
    return HttpClient(
        timeout=settings.push_timeout,
        allow=None,
        connections=connections,
        streams=settings.push_concurrency // connections,
        waiting=WAITING,
        prior_knowledge=url.startswith("http:"),
    )


def digest(*parts: bytes | str) -> str:
    """Return a digest that differs for different set-ups and reveals nothing about them."""
    texts = [part.encode() if isinstance(part, str) else part for part in parts]
    return hashlib.sha256(b"\0".join(b"%d %b" % (len(t), t) for t in texts)).hexdigest()[:16]
