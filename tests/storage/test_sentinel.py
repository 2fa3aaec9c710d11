"""The choice of the sentinel that is believed, and the delay that the others may cause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.exceptions import ConnectionError

from tests.support.ports import free_port
from tests.support.waiting import stays, wait_until
from ticker.storage.connection import Redis
from ticker.storage.kept_connection import pack
from ticker.storage.sentinel import (
    FIRST_ANSWER_WITHIN,
    Address,
    Answer,
    PrimaryWatch,
    decide,
    parse_hosts,
)

OLD, NEW = Answer(1, ("10.0.0.1", 6379)), Answer(2, ("10.0.0.2", 6379))


@pytest.mark.parametrize(
    ("known", "answers", "believed"),
    [
        (None, [], None),
        (None, [OLD], OLD),
        (None, [OLD, NEW, OLD], NEW),
        (OLD, [], OLD),
        (OLD, [NEW], NEW),
        (NEW, [OLD], NEW),
        (NEW, [OLD, OLD], OLD),
        (OLD, [Answer(1, ("10.0.0.3", 6379))], Answer(1, ("10.0.0.3", 6379))),
    ],
)
def test_the_newest_configuration_counts(
    known: Answer | None, answers: list[Answer], believed: Answer | None
) -> None:
    assert decide(known, answers, sentinels=3) == believed


def test_addresses_of_sentinels() -> None:
    assert parse_hosts("a:1,b,[::1]:2") == [("a", 1), ("b", 26_379), ("::1", 2)]
    for wrong in ("", ":1", "a:1,", "a:x"):
        with pytest.raises(ValueError):  # noqa: PT011 - int() words its own
            parse_hosts(wrong)


class FakeSentinel:
    """Answers as ``SENTINEL MASTER`` and ``GET-MASTER-ADDR-BY-NAME`` do; a port is its state."""

    def __init__(self) -> None:
        self.epoch, self.address = OLD.epoch, OLD.address
        self.down_after_ms = 2_000
        self.hangs = False
        self.port = free_port()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if b"MASTER" not in line.upper():
                continue
            if self.hangs:
                continue
            if line.strip() == b"MASTER":
                fields = ("config-epoch", self.epoch, "down-after-milliseconds", self.down_after_ms)
                writer.write(pack(tuple(map(str, fields))))
            elif b"ADDR" in line:
                host, port = self.address
                writer.write(b"*2\r\n$%d\r\n%b\r\n$4\r\n%d\r\n" % (len(host), host.encode(), port))
        writer.close()


@pytest.fixture
async def sentinels() -> AsyncIterator[list[FakeSentinel]]:
    found = [FakeSentinel() for _ in range(3)]
    servers = [await asyncio.start_server(one.serve, "127.0.0.1", one.port) for one in found]
    yield found
    for server in servers:
        server.close()
        await server.wait_closed()


def watching(
    sentinels: list[FakeSentinel], changed: Callable[[], None] = lambda: None
) -> PrimaryWatch:
    clients = [
        Redis(host="127.0.0.1", port=one.port, lib_name=None, lib_version=None) for one in sentinels
    ]
    return PrimaryWatch(clients, "desk", changed)


async def test_a_sentinel_that_hangs_delays_nothing(sentinels: list[FakeSentinel]) -> None:
    sentinels[0].hangs = True
    watch = watching(sentinels)
    async with asyncio.timeout(FIRST_ANSWER_WITHIN / 2):
        assert await watch.address() == OLD.address
    await watch.aclose()


async def test_the_first_look_waits_for_more_than_half_and_takes_one_answer_in_the_end(
    sentinels: list[FakeSentinel],
) -> None:
    sentinels[0].hangs = sentinels[1].hangs = True
    watch = watching(sentinels)
    asked = asyncio.create_task(watch.address())
    await stays(lambda: not asked.done(), 0.3)
    assert await asked == OLD.address
    await watch.aclose()


@pytest.mark.parametrize(("milliseconds", "warned"), [(1_000, True), (1_001, False)])
async def test_sentinels_that_replace_a_new_primary_at_once_are_warned_about(
    sentinels: list[FakeSentinel],
    caplog: pytest.LogCaptureFixture,
    milliseconds: int,
    warned: bool,
) -> None:
    for one in sentinels:
        one.down_after_ms = milliseconds
    watch = watching(sentinels)
    await watch.address()
    assert ("before they have asked it" in caplog.text) is warned
    await watch.aclose()


async def test_a_new_primary_is_noticed_from_one_sentinel_and_told_once(
    sentinels: list[FakeSentinel],
) -> None:
    told: list[Address] = []
    watch = watching(sentinels, lambda: told.append(("", 0)))
    assert await watch.address() == OLD.address
    sentinels[1].epoch, sentinels[1].address = NEW.epoch, NEW.address
    await wait_until(watch.address, lambda found: found == NEW.address)
    await stays(lambda: len(told) == 1, 1.2)
    await watch.aclose()


async def test_without_an_answer_the_last_primary_stays_and_the_first_is_an_error(
    sentinels: list[FakeSentinel],
) -> None:
    for one in sentinels:
        one.hangs = True
    watch = watching(sentinels)
    with pytest.raises(ConnectionError, match="nobody names a primary of desk"):
        await watch.address()
    for one in sentinels:
        one.hangs = False
    await wait_until(lambda: _address(watch), lambda found: found == OLD.address)
    for one in sentinels:
        one.hangs = True
    assert await watch.address() == OLD.address
    await watch.aclose()


async def _address(watch: PrimaryWatch) -> Address | None:
    try:
        return await watch.address()
    except ConnectionError:
        return None
