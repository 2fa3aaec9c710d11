"""The real sender, with its real connections, and a provider of ours."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from tests.net.peer import Peer
from tests.support.notes import note
from tests.support.providers.apns import KEY_ID, TEAM_ID, TOPIC, Apns
from tests.support.providers.fcm import Fcm
from tests.support.providers.oauth import OAuth
from tests.support.providers.script import CREDIT
from ticker.config import Settings
from ticker.domain.item import Level
from ticker.push.model.subscription import ProviderName, Subscription, subscription_id
from ticker.push.model.verdicts import Verdict
from workers.push.apns import ApnsSender
from workers.push.bearer_sender import BearerSender, new_client
from workers.push.fcm import FcmSender

S = TypeVar("S", bound=BearerSender[Any])
P = TypeVar("P")

REGISTERED_MS = 1_763_000_000_000
FCM_TOKEN = "dKx0aT3rQ8y:APA91bTestTestTestTest_01-xyz"
APNS_TOKEN = "a1" * 32


def device(provider: ProviderName, token: str) -> Subscription:
    id = subscription_id(provider, token)
    return Subscription(id, provider, token, "en", (), Level.urgent, REGISTERED_MS)


@dataclass
class ProviderAndSender(Generic[S, P]):
    """``provider`` is the server's logic, ``peer`` its transport."""

    sender: S
    provider: P
    peer: Peer
    oauth: OAuth | None = None

    async def send(self, token: str = "", **fields: Any) -> Verdict:
        """Send an invented note to ``token``, by default one that the provider knows."""
        name: ProviderName = self.sender.provider
        token = token or (FCM_TOKEN if name == "fcm" else APNS_TOKEN)
        return await self.sender.send(self.sender.prepare(note(**fields)), device(name, token))


@asynccontextmanager
async def fcm(
    folder: Path,
    *,
    clock: Callable[[], float] = time.time,
    lifetime: int = 3_599,
    validate_only: bool = False,
    account: Callable[[OAuth], Path | None] | None = None,
    **settings: Any,
) -> AsyncIterator[ProviderAndSender[FcmSender, Fcm]]:
    """``account`` may write wrong credentials; it returns their path."""
    async with OAuth(clock=clock, lifetime=lifetime) as oauth:
        provider = Fcm(oauth)
        path = oauth.write(folder) if account is None else account(oauth)
        async with Peer(provider.handle, credit=CREDIT) as peer:
            given = Settings(
                fcm_url=peer.origin,
                fcm_credentials_file=path,
                **settings,
            )
            pool = new_client(given, given.fcm_url)
            sender = FcmSender(given, pool, validate_only=validate_only, clock=clock)
            try:
                yield ProviderAndSender(sender, provider, peer, oauth)
            finally:
                await sender.aclose()


@asynccontextmanager
async def apns(
    folder: Path,
    *,
    clock: Callable[[], float] = time.time,
    server_clock: Callable[[], float] = time.time,
    key: object = None,
    **settings: Any,
) -> AsyncIterator[ProviderAndSender[ApnsSender, Apns]]:
    provider = Apns(clock=server_clock)
    async with Peer(provider.handle, credit=CREDIT) as peer:
        fields: dict[str, Any] = {
            "apns_url": peer.origin,
            "apns_key_file": provider.write(folder, key),
            "apns_key_id": KEY_ID,
            "apns_team_id": TEAM_ID,
            "apns_topic": TOPIC,
        }
        given = Settings(**fields | settings)
        sender = ApnsSender(given, new_client(given, given.apns_url), clock=clock)
        try:
            yield ProviderAndSender(sender, provider, peer)
        finally:
            await sender.aclose()
