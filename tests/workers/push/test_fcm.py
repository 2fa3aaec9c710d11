"""FCM: what phones show, topics, access tokens and credentials, against a test server."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import orjson
import pytest

from tests.support.clock import FakeClock
from tests.support.notes import ARABIC, note
from tests.support.providers import fcm as server
from tests.support.providers.fcm import invalid
from tests.support.providers.oauth import OAuth, rsa_key
from tests.support.push_senders import FCM_TOKEN, device, fcm
from tests.support.waiting import stays, wait_until
from ticker.domain.item import Level
from ticker.push.model import fcm as payload
from ticker.push.model.verdicts import Outcome, Verdict
from workers.push import google_tokens


async def test_a_device_shows_the_note(tmp_path: Path) -> None:
    async with fcm(tmp_path) as bridge:
        for kind in ("alert", "replace", "withdraw"):
            assert (await bridge.send(kind=kind, body=kind)).outcome is Outcome.ACCEPTED
        await bridge.send(collapse="d" * 32, level=Level.flash)
        shown = bridge.provider.phones.shown[FCM_TOKEN]
    assert bridge.provider.phones.got[FCM_TOKEN] == 4
    assert [shown[key]["data"]["kind"] for key in ("c" * 32, "d" * 32)] == ["withdraw", "alert"]


@pytest.mark.parametrize("kind", ["alert", "replace", "withdraw"])
@pytest.mark.parametrize("level", Level)
async def test_google_accepts_every_field(kind: str, level: Level, tmp_path: Path) -> None:
    async with fcm(tmp_path) as bridge:
        verdict = await bridge.send(kind=kind, level=level, body=ARABIC * 2, dir="rtl")
    assert verdict.outcome is Outcome.ACCEPTED


async def test_a_message_too_large_is_shortened_once(tmp_path: Path) -> None:
    async with fcm(tmp_path) as bridge:
        bridge.provider.script.anybody.append(server.too_big())
        assert (await bridge.send(body=ARABIC * 4)).outcome is Outcome.ACCEPTED
    first, second = (len(request.body) for request in bridge.peer.requests)
    assert second < first
    assert second - len(FCM_TOKEN) <= payload.MESSAGE_MAX // 2


async def test_validate_only_delivers_nothing(tmp_path: Path) -> None:
    async with fcm(tmp_path, validate_only=True) as bridge:
        assert (await bridge.send()).outcome is Outcome.ACCEPTED
    assert bridge.provider.validated == 1
    assert not bridge.provider.phones.got


async def test_a_device_with_several_topics_shows_one_notification(tmp_path: Path) -> None:
    sections = ["politics", "economy", "sports", "health", "technology"]
    async with fcm(tmp_path, fcm_mode="topics") as bridge:
        topics = bridge.provider.topics
        topics["en.politics.urgent"] = {"both", "one"}
        topics["en.technology.urgent"] = {"both"}
        topics["en.politics.flash"] = {"flash-only"}
        message = bridge.sender.prepare(note(body=ARABIC * 2))
        for condition in payload.conditions("en", sections, Level.urgent):
            verdict = await bridge.sender.send(message, device("fcm", condition))
            assert verdict.outcome is Outcome.ACCEPTED
        phones = bridge.provider.phones
    assert phones.got == {"both": 2, "one": 1}
    assert {token: len(shown) for token, shown in phones.shown.items()} == {"both": 1, "one": 1}


async def test_one_access_token_for_a_thousand_sends(tmp_path: Path) -> None:
    async with fcm(tmp_path, push_timeout=30.0) as bridge:
        message = bridge.sender.prepare(note())
        verdicts = await asyncio.gather(
            *(bridge.sender.send(message, device("fcm", f"token-{n:04}")) for n in range(1_000))
        )
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
    assert bridge.oauth is not None
    assert bridge.oauth.minted == 1
    assert set(bridge.provider.phones.got.values()) == {1}


async def test_an_access_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    clock = FakeClock(time.time())
    async with fcm(tmp_path, clock=clock) as bridge:
        assert bridge.oauth is not None
        await bridge.send()
        clock.now += 3_599 - google_tokens.RENEW_BEFORE + 1
        assert (await bridge.send()).outcome is Outcome.ACCEPTED
        oauth = bridge.oauth
        await wait_until(lambda: oauth.minted >= 2)
    assert all(b"ya29.test-1" in r.headers[b"authorization"] for r in bridge.peer.requests)


async def test_a_token_valid_for_a_minute_is_renewed_after_half_of_it(tmp_path: Path) -> None:
    clock = FakeClock(time.time())
    async with fcm(tmp_path, clock=clock, lifetime=60) as bridge:
        assert bridge.oauth is not None
        oauth = bridge.oauth
        for _ in range(5):
            await bridge.send()
            await stays(lambda: oauth.minted == 1, 0.02)  # would be enough for another one
            clock.now += 4
        assert bridge.oauth.minted == 1
        clock.now += 60
        assert (await bridge.send()).outcome is Outcome.ACCEPTED
        assert bridge.oauth.minted == 2


async def test_a_refused_access_token_is_renewed_once_for_all_requests(tmp_path: Path) -> None:
    async with fcm(tmp_path) as bridge:
        assert bridge.oauth is not None
        await bridge.send()
        bridge.oauth.revoke()
        verdicts = await asyncio.gather(*(bridge.send(f"token-{n:04}") for n in range(100)))
        assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
        assert bridge.oauth.minted == 2
        # Again within a minute: new tokens are no help, and Google is not asked for ever more.
        bridge.oauth.revoke()
        assert (await bridge.send()).outcome is Outcome.STOP
        assert bridge.oauth.minted == 2


async def test_a_key_unknown_to_google_stops(tmp_path: Path) -> None:
    unknown = rsa_key("another")
    async with fcm(tmp_path, account=lambda oauth: oauth.write(tmp_path, unknown)) as bridge:
        verdicts = [await bridge.send() for _ in range(3)]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.STOP}
    assert "invalid_grant: Invalid JWT Signature." in verdicts[0].reason
    assert not bridge.peer.requests


async def test_a_clock_wrong_by_two_hours_stops_with_the_reason(tmp_path: Path) -> None:
    ahead = FakeClock(time.time())
    ahead.now += 7_200  # google-auth signs by the machine's clock; here Google's is the other one
    async with fcm(tmp_path, clock=ahead) as bridge:
        verdict = await bridge.send()
    assert verdict.outcome is Outcome.STOP
    assert "in a reasonable timeframe" in verdict.reason


async def test_without_google_a_send_is_a_retry_and_tokens_are_requested_later(
    tmp_path: Path,
) -> None:
    clock = FakeClock(time.time())
    async with fcm(tmp_path, clock=clock) as bridge:
        assert bridge.oauth is not None
        bridge.oauth.failing = 503, {"error": "temporarily_unavailable"}
        first = await bridge.send()
        bridge.oauth.failing = None
        at_once = await bridge.send()
        clock.now += google_tokens.AGAIN + 1
        later = await bridge.send()
    assert (first.outcome, at_once.outcome) == (Outcome.RETRY, Outcome.RETRY)
    assert first.wait == google_tokens.AGAIN
    assert later.outcome is Outcome.ACCEPTED


async def test_a_silent_token_endpoint_does_not_block_senders(tmp_path: Path) -> None:
    async with fcm(tmp_path, push_timeout=0.2) as bridge:
        assert bridge.oauth is not None
        bridge.oauth.stall = asyncio.Event()
        verdicts = await asyncio.gather(*(bridge.send() for _ in range(20)))
        bridge.oauth.stall.set()
    assert {verdict.outcome for verdict in verdicts} == {Outcome.RETRY}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "cannot be read"),
        (b"-----BEGIN", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'{"type":"authorized_user"}', "neither a service account nor workload identity"),
        (b'{"type":"service_account","project_id":"p"}', "incomplete"),
        (b'{"type":"external_account","project_id":"p"}', "incomplete"),
    ],
)
async def test_wrong_credentials_stop_with_a_line_in_the_log(
    text: bytes | None, why: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "account.json"
    if text is not None:
        path.write_bytes(text)
    with caplog.at_level(logging.ERROR):
        async with fcm(tmp_path, account=lambda _: path) as bridge:
            verdicts = [await bridge.send() for _ in range(2)]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.STOP}
    assert why in verdicts[0].reason
    assert [why in record.message for record in caplog.records] == [True]
    assert not bridge.peer.requests


async def test_an_account_without_a_project_stops(tmp_path: Path) -> None:
    def nameless(oauth: OAuth) -> Path:
        path = tmp_path / "account.json"
        path.write_bytes(orjson.dumps(oauth.account() | {"project_id": ""}))
        return path

    async with fcm(tmp_path, account=nameless) as bridge:
        assert "names no project" in (await bridge.send()).reason


async def test_missing_credentials_stop(tmp_path: Path) -> None:
    async with fcm(tmp_path, account=lambda _: None) as bridge:
        assert await bridge.send() == Verdict(Outcome.STOP, "fcm_credentials_file is not set")


async def test_workload_identity_names_the_project_of_the_account_it_acts_as(
    tmp_path: Path,
) -> None:
    (tmp_path / "subject").write_text("a subject token")
    info = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url": (
            "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
            "bridge@harbour-post.iam.gserviceaccount.com:generateAccessToken"
        ),
        "credential_source": {"file": str(tmp_path / "subject")},
    }
    assert google_tokens.read_account(orjson.dumps(info)).project == "harbour-post"


async def test_a_mistake_of_ours_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with fcm(tmp_path) as bridge:
        bridge.provider.script.anybody.extend([invalid("message.android.ttl", "Bad TTL")] * 3)
        with caplog.at_level(logging.ERROR):
            for _ in range(3):
                assert (await bridge.send()).outcome is Outcome.DROP
    assert len(caplog.records) == 1
    assert "Bad TTL" in caplog.records[0].message


async def test_no_answer_is_a_retry(tmp_path: Path) -> None:
    async with fcm(tmp_path, push_timeout=0.5) as bridge:
        async with asyncio.timeout(20):
            while (await bridge.send()).outcome is not Outcome.ACCEPTED:
                pass  # a slow machine needs longer for the first access token
        bridge.peer.silent = True
        verdict = await bridge.send()
    assert verdict.outcome is Outcome.RETRY
    assert verdict.reason.startswith("no answer: ")


async def test_another_set_up_has_another_digest(tmp_path: Path) -> None:
    async with fcm(tmp_path) as one, fcm(tmp_path, account=lambda _: None) as two:
        assert one.sender.setup != two.sender.setup
        assert FCM_TOKEN not in one.sender.setup
