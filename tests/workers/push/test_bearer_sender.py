"""The sender that FCM and APNs share: second attempts, and their time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.net.peer import Request, Response
from tests.support.providers import fcm as server
from tests.support.providers.apns import refusal
from tests.support.push_senders import APNS_TOKEN, apns, fcm
from tests.support.waiting import simulated_delay
from ticker.push.model.verdicts import Outcome, Verdict
from workers.push.bearer_sender import STREAMS, digest


async def test_too_large_and_then_expired_are_each_tried_once_more(tmp_path: Path) -> None:
    async with apns(tmp_path) as bridge:
        large, expired = refusal(413, "PayloadTooLarge"), refusal(403, "ExpiredProviderToken")
        bridge.provider.script.by_token[APNS_TOKEN].extend([large, expired])
        assert (await bridge.send(body="A long line. " * 300)).outcome is Outcome.ACCEPTED
        bridge.provider.script.by_token[APNS_TOKEN].extend([large, large])
        assert await bridge.send() == Verdict(Outcome.DROP, "PayloadTooLarge")
    sizes = [len(request.body) for request in bridge.peer.requests]
    assert sizes[1] == sizes[2] < sizes[0]


async def test_nothing_is_tried_again_when_the_time_is_over(tmp_path: Path) -> None:
    async def slowly(_: Request) -> Response:
        await simulated_delay(1.2)
        return server.too_big()

    async with fcm(tmp_path, push_timeout=2.0) as bridge:
        assert bridge.oauth is not None
        bridge.oauth.stall = asyncio.Event()
        asyncio.get_running_loop().call_later(1.0, bridge.oauth.stall.set)
        bridge.provider.script.always = slowly
        verdict = await bridge.send()
    assert verdict.outcome is Outcome.RETRY
    assert verdict.reason.endswith("and no time left")
    assert len(bridge.peer.requests) == 1


async def test_an_address_without_a_request_stops(tmp_path: Path) -> None:
    async with apns(tmp_path, apns_url="http://bücher.example:1") as bridge:  # wants xn--
        verdict = await bridge.send()
    assert verdict.outcome is Outcome.STOP
    assert "not an origin" in verdict.reason


@pytest.mark.parametrize("most", [1, 99, 100, 101, 200, 2_000])
async def test_the_client_keeps_to_push_concurrency(most: int, tmp_path: Path) -> None:
    under_way = highest = 0

    async def count(_: Request) -> None:
        nonlocal under_way, highest
        under_way += 1
        highest = max(highest, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    async with apns(tmp_path, push_concurrency=most) as bridge:
        bridge.provider.script.always = count
        verdicts = await asyncio.gather(*(bridge.send(f"{n:064x}") for n in range(300)))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
    assert 1 <= highest <= most
    assert len(bridge.peer.connections) <= -(-most // STREAMS)


def test_a_digest_depends_on_the_limits_of_its_parts() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab", b"c") == digest(b"ab", "c")
