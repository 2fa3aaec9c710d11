"""Rotation of FCM's and APNs' credentials, in the order of docs/operations/push.md."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.clock import FakeClock
from tests.support.providers.apns import KEY_ID, TEAM_ID, TOPIC
from tests.support.providers.oauth import rsa_key
from tests.support.push_newsroom import PushNewsroom
from tests.support.push_senders import ProviderAndSender, apns, fcm
from ticker.config import Settings
from ticker.push.model.verdicts import Outcome
from ticker.push.store.provider_state import ProviderStop
from workers.push.apns import ApnsSender
from workers.push.bearer_sender import new_client
from workers.push.fcm import FcmSender

HOUR = 3_600.0


def restarted(old: ProviderAndSender[Any, Any], settings: Settings, clock: FakeClock) -> Any:
    """Return what a delivery worker that starts with ``settings`` sends through."""
    maker, url = (
        (FcmSender, settings.fcm_url)
        if old.sender.provider == "fcm"
        else (ApnsSender, settings.apns_url)
    )
    sender = maker(settings, new_client(settings, url), clock=clock)
    return ProviderAndSender(sender, old.provider, old.peer, old.oauth)


async def test_a_second_service_account_key_replaces_the_first(tmp_path: Path) -> None:
    clock = FakeClock(time.time())  # google-auth signs by the real one
    async with fcm(tmp_path, clock=clock) as old:
        oauth = old.oauth
        assert oauth is not None
        assert (await old.send()).outcome is Outcome.ACCEPTED
        clock.now += HOUR / 2
        oauth.key = rsa_key("second")  # Google has made it, and the file has been replaced
        path = oauth.write(tmp_path)
        assert (await old.send()).outcome is Outcome.ACCEPTED, "the file is not read again"
        settings = Settings(fcm_url=old.peer.origin, fcm_credentials_file=path)
        new = restarted(old, settings, clock)
        assert (await new.send()).outcome is Outcome.ACCEPTED
        assert oauth.minted == 2
        clock.now += HOUR / 2 + 60
        # The first key is deleted, and a worker that was forgotten finds out.
        refused = await old.send()
        assert refused.outcome is Outcome.STOP
        assert "Invalid JWT Signature" in refused.reason
        assert (await new.send()).outcome is Outcome.ACCEPTED
        assert new.sender.setup != old.sender.setup, "so it resumes what the other has stopped"
        await new.sender.aclose()


async def test_a_second_apns_key_replaces_the_first(tmp_path: Path) -> None:
    clock = FakeClock(time.time())  # google-auth signs by the real one
    async with apns(tmp_path, clock=clock, server_clock=clock) as old:
        assert (await old.send()).outcome is Outcome.ACCEPTED
        second = ec.generate_private_key(ec.SECP256R1())
        old.provider.write(tmp_path, second)
        assert (await old.send()).outcome is Outcome.ACCEPTED, "the file is not read again"
        settings = Settings(
            apns_url=old.peer.origin,
            apns_key_file=tmp_path / "AuthKey.p8",
            apns_key_id=KEY_ID,
            apns_team_id=TEAM_ID,
            apns_topic=TOPIC,
        )
        # Apple has revoked the first one, whose token counts for an hour at most.
        old.provider.key = second
        new = restarted(old, settings, clock)
        assert (await new.send()).outcome is Outcome.ACCEPTED
        clock.now += HOUR
        refused = await old.send()
        assert (refused.outcome, refused.reason) == (Outcome.STOP, "InvalidProviderToken")
        assert (await new.send()).outcome is Outcome.ACCEPTED
        assert new.sender.setup != old.sender.setup
        await new.sender.aclose()


@pytest.mark.parametrize("setup", ["one", "two"])
async def test_a_worker_with_other_credentials_resumes_the_provider(
    newsroom: PushNewsroom, setup: str
) -> None:
    stop = ProviderStop("the key is revoked", 1, "one")
    assert await newsroom.providers.stop("fcm", stop)
    newsroom.provider.setup = setup
    context = newsroom.fresh()
    assert await context.resume_changed() == (["fcm"] if setup == "two" else [])
    assert (await newsroom.providers.stopped("fcm") is None) == (setup == "two")
