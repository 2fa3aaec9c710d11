"""APNs: what phones show, provider tokens, clocks, keys, and connections that end."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.net.peer import Request
from tests.support.clock import FakeClock
from tests.support.notes import ARABIC, note
from tests.support.providers.apns import PAYLOAD_MAX, Apns, refusal
from tests.support.push_senders import (
    APNS_TOKEN,
    REGISTERED_MS,
    ProviderAndSender,
    apns,
    device,
)
from tests.support.waiting import wait_until
from ticker.domain.item import Level
from ticker.push.model.verdicts import Outcome, Verdict
from workers.push import apple_tokens
from workers.push.apns import ApnsSender

BEFORE, AFTER = REGISTERED_MS - 1, REGISTERED_MS + 1


async def test_a_device_shows_the_note(tmp_path: Path) -> None:
    async with apns(tmp_path) as bridge:
        for kind in ("alert", "replace", "withdraw"):
            assert (await bridge.send(kind=kind, body=kind)).outcome is Outcome.ACCEPTED
        await bridge.send(collapse="d" * 32, level=Level.flash)
        shown = bridge.provider.phones.shown[APNS_TOKEN]
    assert bridge.provider.phones.got[APNS_TOKEN] == 4
    assert [shown[key]["payload"]["kind"] for key in ("c" * 32, "d" * 32)] == ["withdraw", "alert"]


@pytest.mark.parametrize("kind", ["alert", "replace", "withdraw"])
@pytest.mark.parametrize("level", Level)
async def test_apple_accepts_every_field(kind: str, level: Level, tmp_path: Path) -> None:
    async with apns(tmp_path) as bridge:
        verdict = await bridge.send(kind=kind, level=level, body=ARABIC * 2, dir="rtl")
    assert verdict.outcome is Outcome.ACCEPTED


async def test_a_message_too_large_is_shortened_once(tmp_path: Path) -> None:
    async with apns(tmp_path) as bridge:
        bridge.provider.script.anybody.append(refusal(413, "PayloadTooLarge"))
        assert (await bridge.send(body=ARABIC * 4)).outcome is Outcome.ACCEPTED
    first, second = (len(request.body) for request in bridge.peer.requests)
    assert second <= PAYLOAD_MAX // 2 < first


async def test_an_unregistered_device_is_pruned_unless_it_registered_again(
    tmp_path: Path,
) -> None:
    async with apns(tmp_path) as bridge:
        bridge.provider.gone |= {"b2" * 32: AFTER, "c3" * 32: BEFORE}
        assert (await bridge.send("b2" * 32)).outcome is Outcome.PRUNE
        assert (await bridge.send("c3" * 32)).outcome is Outcome.DROP


async def test_an_invalid_token_is_pruned_without_a_request(tmp_path: Path) -> None:
    async with apns(tmp_path) as bridge:
        assert (await bridge.send("not-a-device-token")).outcome is Outcome.PRUNE
    assert not bridge.peer.requests


async def test_one_provider_token_for_a_thousand_sends(tmp_path: Path) -> None:
    async with apns(tmp_path, push_timeout=30.0) as bridge:
        message = bridge.sender.prepare(note())
        verdicts = await asyncio.gather(
            *(bridge.sender.send(message, device("apns", f"{n:064x}")) for n in range(1_000))
        )
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
    assert len(bridge.provider.tokens) == 1
    assert set(bridge.provider.phones.got.values()) == {1}


async def test_a_day_of_sends_never_updates_too_often(tmp_path: Path) -> None:
    clock = FakeClock(time.time())
    async with apns(tmp_path, clock=clock, server_clock=clock) as bridge:
        for _ in range(24 * 12):
            assert (await bridge.send()).outcome is Outcome.ACCEPTED
            clock.now += 300
    assert len(bridge.provider.tokens) == 24 * 60 // 40


async def test_an_expired_provider_token_is_renewed_once_for_all_requests(tmp_path: Path) -> None:
    clock, theirs = FakeClock(time.time()), FakeClock(time.time())
    async with apns(tmp_path, clock=clock, server_clock=theirs) as bridge:
        bridge.provider.dated = False
        await bridge.send()
        expired = refusal(403, "ExpiredProviderToken")
        bridge.provider.script.anybody.extend([expired] * 50)
        verdicts = await _many(bridge, 50)
        assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
        # The same second: the token of another signature, of the same claims.
        assert len(bridge.provider.tokens) == 2
        bridge.provider.script.anybody.append(expired)
        assert (await bridge.send()).outcome is Outcome.STOP
        clock.now = theirs.now = clock.now + apple_tokens.FORCED_EVERY + 1
        bridge.provider.script.anybody.append(expired)
        assert (await bridge.send()).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("skew", [-7_200, 7_200])
async def test_with_a_clock_wrong_by_two_hours_apples_clock_is_used(
    skew: int, tmp_path: Path
) -> None:
    ours, theirs = FakeClock(time.time()), FakeClock(time.time())
    ours.now += skew
    async with apns(tmp_path, clock=ours, server_clock=theirs) as bridge:
        verdicts = await _many(bridge, 50)
        assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
        assert len(bridge.provider.tokens) == 1
        # And it stays so when the token is renewed in its turn.
        ours.now += apple_tokens.RENEW
        theirs.now += apple_tokens.RENEW
        refused = len(bridge.peer.requests)
        assert (await bridge.send()).outcome is Outcome.ACCEPTED
        assert len(bridge.peer.requests) == refused + 1


async def test_a_wrong_clock_without_a_date_from_apple_stops(tmp_path: Path) -> None:
    ours = FakeClock(time.time())
    ours.now += 7_200
    async with apns(tmp_path, clock=ours) as bridge:
        bridge.provider.dated = False
        assert await bridge.send() == Verdict(Outcome.STOP, "InvalidProviderToken")


async def test_a_key_unknown_to_apple_stops(tmp_path: Path) -> None:
    async with apns(tmp_path, key=ec.generate_private_key(ec.SECP256R1())) as bridge:
        assert await bridge.send() == Verdict(Outcome.STOP, "InvalidProviderToken")
    assert len(bridge.peer.requests) == 1


@pytest.mark.parametrize("field", ["apns_key_id", "apns_team_id"])
async def test_a_wrong_name_for_the_key_stops(field: str, tmp_path: Path) -> None:
    wrong: dict[str, Any] = {field: "WRONG"}
    async with apns(tmp_path, **wrong) as bridge:
        assert await bridge.send() == Verdict(Outcome.STOP, "InvalidProviderToken")


async def test_the_wrong_environment_is_quarantine_not_pruning(tmp_path: Path) -> None:
    async with apns(tmp_path, apns_topic="org.example.other") as bridge:
        verdicts = await _many(bridge, 20)
    assert {verdict.outcome for verdict in verdicts} == {Outcome.QUARANTINE}


@pytest.mark.parametrize("field", ["apns_key_id", "apns_team_id", "apns_topic"])
async def test_a_missing_setting_stops_and_is_named(field: str, tmp_path: Path) -> None:
    missing: dict[str, Any] = {field: ""}
    async with apns(tmp_path, **missing) as bridge:
        assert await bridge.send() == Verdict(Outcome.STOP, f"{field} is not set")
    assert not bridge.peer.requests


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (rsa.generate_private_key(65_537, 2_048), "not of P-256"),
        (ec.generate_private_key(ec.SECP384R1()), "not of P-256"),
    ],
)
async def test_a_key_of_another_kind_stops(key: object, why: str, tmp_path: Path) -> None:
    async with apns(tmp_path, key=key) as bridge:
        verdict = await bridge.send()
    assert verdict.outcome is Outcome.STOP
    assert why in verdict.reason


@pytest.mark.parametrize(("text", "why"), [(None, "cannot be read"), (b"no key", "no private key")])
async def test_an_unreadable_key_stops_with_a_line_in_the_log(
    text: bytes | None, why: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "none.p8"
    if text is not None:
        path.write_bytes(text)
    with caplog.at_level(logging.ERROR):
        async with apns(tmp_path, apns_key_file=path) as bridge:
            verdicts = [await bridge.send() for _ in range(2)]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.STOP}
    assert why in verdicts[0].reason
    assert [why in record.message for record in caplog.records] == [True]


async def test_a_response_after_the_time_out_is_a_retry(tmp_path: Path) -> None:
    hold = asyncio.Event()

    async def wait(_: Request) -> None:
        await hold.wait()

    async with apns(tmp_path, push_timeout=1.5) as bridge:
        bridge.provider.script.by_token[APNS_TOKEN].append(wait)
        slow, quick = await asyncio.gather(bridge.send(), bridge.send("b2" * 32))
        hold.set()
    assert (slow.outcome, quick.outcome) == (Outcome.RETRY, Outcome.ACCEPTED)
    assert slow.reason == "no answer: no answer within 1.5 s"


async def test_goaway_is_no_failure(tmp_path: Path) -> None:
    """GOAWAY says what the server still answers; the rest is asked anew, elsewhere."""
    async with apns(tmp_path) as bridge:
        arrived = 0

        async def once(_: Request) -> None:
            nonlocal arrived
            arrived += 1
            if arrived == 50:
                bridge.peer.goaway()

        bridge.provider.script.always = once
        verdicts = await _many(bridge, 400)
        got = bridge.provider.phones.got
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
    assert len(got) == 400
    assert set(got.values()) == {1}


async def test_repeated_goaway_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with apns(tmp_path) as bridge:
        arrived = 0

        async def often(_: Request) -> None:
            nonlocal arrived
            arrived += 1
            if arrived % 50 == 0:
                bridge.peer.goaway()

        bridge.provider.script.always = often
        verdicts = await _many(bridge, 400)
        got = bridge.provider.phones.got
    tokens = {f"{n:064x}" for n, v in enumerate(verdicts) if v.outcome is Outcome.ACCEPTED}
    assert {verdict.outcome for verdict in verdicts} <= {Outcome.ACCEPTED, Outcome.RETRY}
    assert set(got) == tokens
    assert set(got.values()) == {1}
    assert len(bridge.peer.connections) > 2


async def test_a_lost_connection_doubles_only_requests_that_may_have_been_seen(
    tmp_path: Path,
) -> None:
    async with apns(tmp_path) as bridge:
        arrived = 0

        async def breaks(_: Request) -> None:
            nonlocal arrived
            arrived += 1
            if arrived == 60:
                bridge.peer.drop()

        bridge.provider.script.always = breaks
        verdicts = await _many(bridge, 200)
        unsure = [f"{n:064x}" for n, v in enumerate(verdicts) if v.outcome is Outcome.RETRY]
        async with asyncio.timeout(30):
            for token in unsure:
                await wait_until(
                    lambda: bridge.send(token),
                    lambda found: found.outcome is Outcome.ACCEPTED,
                )
        got, shown = bridge.provider.phones.got, bridge.provider.phones.shown
    assert unsure
    assert {v.outcome for v in verdicts} == {Outcome.ACCEPTED, Outcome.RETRY}
    assert len(got) == 200
    assert {token for token, times in got.items() if times > 1} <= set(unsure)
    assert {len(one) for one in shown.values()} == {1}


async def _many(bridge: ProviderAndSender[ApnsSender, Apns], count: int) -> list[Verdict]:
    message = bridge.sender.prepare(note())
    return list(
        await asyncio.gather(
            *(bridge.sender.send(message, device("apns", f"{n:064x}")) for n in range(count))
        )
    )
