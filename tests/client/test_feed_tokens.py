"""``Ticker`` with reader tokens, against a real gateway with a protected edition."""

from __future__ import annotations

import asyncio

import pytest

from tests.gateway.test_token_deadlines import address, paywall
from tests.support.reader_tokens import token
from tests.support.waiting import wait_until
from ticker.client import Event, FeedRefused, ItemEvent, Retry, Snapshot, Ticker
from ticker.client.backoff import Backoff


def at_once() -> Backoff:
    return Backoff(draw=lambda: 0.0)


async def following(feed: Ticker) -> Event:
    async with asyncio.timeout(30):
        return await anext(feed)


async def test_a_feed_renews_its_token_and_misses_nothing() -> None:
    async with paywall() as (s, clock):
        given = [token(["es"], aud="another"), token(["es"], seconds=200)]
        calls = 0
        retries: list[Retry] = []

        async def current() -> str:
            nonlocal calls
            calls += 1
            if calls == 4:
                raise OSError("the login does not answer")
            seconds = 200 if calls < 5 else 500
            return given[calls - 1] if calls < 3 else token(["es"], seconds=seconds, now=clock.now)

        feed = Ticker(
            address(s), edition="es", token=current, backoff=at_once(), on_retry=retries.append
        )
        async with feed:
            assert isinstance(await following(feed), Snapshot)
            assert [one.reason for one in retries] == [
                "invalid_token: the token is for another audience"
            ]
            waiting = asyncio.create_task(following(feed))
            clock.now += 150
            s.gateway.tokens.tick()
            await wait_until(lambda: calls == 3)  # the notice has come, and a new token was sent
            await wait_until(lambda: s.gateway.access.accepted == 2)
            clock.now += 100
            s.gateway.tokens.tick()
            assert s.gateway.tokens.expired == 0
            s.hub.advance([s.news.publish("Sigue", edition="es")])
            event = await waiting
            assert isinstance(event, ItemEvent)
            # The login is away when the next token expires: the feed reconnects, and resumes.
            waiting = asyncio.create_task(following(feed))
            clock.now += 99
            s.gateway.tokens.tick()
            await wait_until(lambda: calls == 4)
            clock.now += 2
            s.gateway.tokens.tick()
            s.hub.advance([s.news.publish("Perdido", edition="es")])
            missed = await waiting
            assert isinstance(missed, ItemEvent)
            assert missed.item.headline == "Perdido"
            assert s.gateway.tokens.expired == 1


@pytest.mark.parametrize("renews", [True, False])
async def test_a_feed_stops_when_the_next_token_is_refused_too(renews: bool) -> None:
    async with paywall() as (s, _):
        calls = 0

        async def refused() -> str:
            nonlocal calls
            calls += 1
            return token(["en"])

        given = refused if renews else token(["en"])
        async with Ticker(address(s), edition="es", token=given, backoff=at_once()) as feed:
            with pytest.raises(FeedRefused) as stopped:
                await following(feed)
        assert (stopped.value.close_code, stopped.value.code) == (4401, "edition_not_in_token")
        assert calls == (2 if renews else 0)
