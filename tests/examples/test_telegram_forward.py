"""The handler and the errors of the Bot API, with a scripted feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from examples.telegram_bridge.chat import Chat, Closed
from examples.telegram_bridge.forward import Forwarder
from examples.telegram_bridge.ledger import Ledger
from examples.telegram_bridge.text import RETRACTED
from tests.client.fake_gateway import Connection, scripted
from tests.client.messages import cursor, event, gone, item, welcome
from tests.examples.bot_api import CHAT, TOKEN, BotApi, bot_api, refused
from tests.support.http_server import Answer
from tests.support.waiting import wait_until
from ticker.client import Bridge, CursorInUse, Editor, Failure, Item, Skip
from ticker.client.backoff import Backoff


@asynccontextmanager
async def forwarding(
    path: Path, *events: dict[str, object], token: str = TOKEN, chat: str = CHAT
) -> AsyncIterator[tuple[BotApi, list[str], Bridge, Forwarder]]:
    """Yield an API, the messages that were logged, a bridge, and its handler."""
    said: list[str] = []
    ledger = Ledger(str(path / "bridge.db"))
    if await ledger.load() is None:
        await ledger.save(cursor(5))

    async def act(connection: Connection) -> None:
        await connection.send(welcome("replay", 99), *events)
        await connection.hold()

    def log_failure(failure: Failure) -> None:
        if isinstance(failure.error, Closed):
            raise failure.error
        said.append(str(failure.error))

    def log_skip(skip: Skip) -> None:
        said.append(f"skipped: {skip.reason}")

    async with (
        scripted(act) as peer,
        bot_api() as bot,
        httpx.AsyncClient(base_url=bot.url) as http,
        Editor(peer.url) as newsroom,
    ):
        bridge = Bridge(
            *(peer.url, ledger),
            on_failure=log_failure,
            on_skip=log_skip,
            new_backoff=lambda: Backoff(draw=lambda: 0.0),
        )
        yield bot, said, bridge, Forwarder(Chat(http, token, chat), ledger, newsroom, said.append)
    ledger.close()


async def run_until(bridge: Bridge, forward: Forwarder, last: int) -> None:
    """Run the bridge until the event number ``last`` is done."""
    task = asyncio.create_task(bridge.run(forward))
    async with asyncio.timeout(30):
        await wait_until(lambda: not (bridge.cursor != cursor(last) and (not task.done())))
        bridge.stop()
        await task


def text(headline: str) -> str:
    return f"\u200e{headline}"


def corrected(seq: int, name: str, version: int = 2) -> dict[str, object]:
    data = item(name, version, headline=f"Better {name}", correction={"text": "It was wrong."})
    return event(seq, data, "correct")


async def test_publish_correct_pin_retract_expire(tmp_path: Path) -> None:
    events = (
        event(6, item("a")),
        event(7, item("b")),
        event(8, item("c")),
        corrected(9, "a"),
        event(10, item("b", 2, pinned=True), "pin"),
        event(11, gone("c"), "retract"),
        event(12, gone("b", 3), "expire"),
        event(13, gone("unheard-of"), "retract"),
    )
    async with forwarding(tmp_path, *events) as (bot, said, bridge, forward):
        await run_until(bridge, forward, 13)
    assert bot.texts == [text("Better a\n\n\u200e✎ It was wrong."), text("Headline of b")]
    assert said == []
    assert bot.calls == [*["sendMessage"] * 3, *["editMessageText"] * 2, "deleteMessage"]


async def test_what_was_deleted_in_the_chat_is_said_anew(tmp_path: Path) -> None:
    events = (event(6, item("a")), corrected(7, "a"), corrected(8, "a", 3), corrected(9, "a", 4))
    async with forwarding(tmp_path, *events) as (bot, said, bridge, forward):

        def delete() -> None:
            bot.messages.clear()

        bot.after.append(delete)
        await run_until(bridge, forward, 9)
    assert ([one.split("\n")[0] for one in bot.texts], said) == ([text("Better a")], [])
    assert list(bot.messages) == [102]
    assert bot.calls == ["sendMessage", "editMessageText", "sendMessage", *["editMessageText"] * 2]


async def test_a_retraction_of_what_may_not_be_deleted_empties_it(tmp_path: Path) -> None:
    events = (event(6, item("a")), event(7, gone("a"), "retract"))
    async with forwarding(tmp_path, *events) as (bot, said, bridge, forward):
        bot.too_old.add(101)
        await run_until(bridge, forward, 7)
    assert (bot.messages, said) == ({101: RETRACTED}, [])


async def test_a_text_that_cannot_be_taken_back_is_told(tmp_path: Path) -> None:
    events = (event(6, item("a")), event(7, gone("a"), "retract"), event(8))
    async with forwarding(tmp_path, *events) as (bot, said, bridge, forward):
        bot.too_old.add(101)
        bot.faults.extend([lambda: None, lambda: None])
        bot.faults.append(lambda: refused(400, "Bad Request: message can't be edited"))
        await run_until(bridge, forward, 8)
    assert bot.texts == [text("Headline of a"), text("Headline of item8")]
    assert said == ["skipped: Bad Request: message can't be deleted for everyone"]


async def test_a_retraction_of_what_is_not_there_is_done(tmp_path: Path) -> None:
    events = (event(6, item("a")), event(7, gone("a"), "retract"))
    async with forwarding(tmp_path, *events) as (bot, said, bridge, forward):

        def delete() -> None:
            bot.messages.clear()

        bot.after.append(delete)
        await run_until(bridge, forward, 7)
    assert (bot.messages, said) == ({}, [])


async def test_what_the_api_rejects_is_skipped_and_the_rest_goes_on(tmp_path: Path) -> None:
    events = tuple(event(seq) for seq in (6, 7, 8))
    async with forwarding(tmp_path, *events) as (bot, said, bridge, forward):
        bot.faults.extend([lambda: None, lambda: refused(400, "Bad Request: wrong symbol")])
        await run_until(bridge, forward, 8)
    assert bot.texts == [text("Headline of item6"), text("Headline of item8")]
    assert said == ["skipped: Bad Request: wrong symbol"]


async def test_troubles_of_the_api_pass(tmp_path: Path) -> None:
    events = tuple(event(seq) for seq in (6, 7))
    async with forwarding(tmp_path, *events) as (bot, said, bridge, forward):
        bot.faults.extend(
            [
                lambda: refused(500, "Internal Server Error"),
                lambda: Answer(502, b"<html>Bad Gateway</html>"),
                lambda: Answer(0),
                lambda: bot.throttle(0.2),
            ]
        )
        await run_until(bridge, forward, 7)
    assert bot.texts == [text("Headline of item6"), text("Headline of item7")]
    assert said[:2] == ["HTTP 500: Internal Server Error", "HTTP 502 without JSON"]
    assert len(said) == 3  # the third is the HTTP client's word for a lost connection
    assert (len(bot.calls), bot.early) == (6, 0)


@pytest.mark.parametrize(
    ("token", "chat", "answer", "why"),
    [
        ("1:wrong", CHAT, None, "Unauthorized"),
        (TOKEN, "-1", None, "chat not found"),
        (TOKEN, CHAT, refused(403, "Forbidden: bot was kicked"), "kicked"),
        (TOKEN, CHAT, refused(400, "Bad Request: upgraded", {"migrate_to_chat_id": -7}), "-7"),
    ],
)
async def test_what_a_person_must_mend_ends_it(
    tmp_path: Path, token: str, chat: str, answer: Answer | None, why: str
) -> None:
    async with forwarding(tmp_path, event(6), token=token, chat=chat) as (bot, _, bridge, forward):
        if answer is not None:
            bot.faults.append(lambda: answer)
        with pytest.raises(Closed, match=why) as caught:
            await run_until(bridge, forward, 6)
    assert token not in str(caught.value)
    assert bridge.cursor == cursor(5)
    assert len(bot.calls) == 1


async def test_a_ledger_is_one_process_alone_and_bounded(tmp_path: Path) -> None:
    path = str(tmp_path / "bridge.db")
    ledger = Ledger(path, kept=20)
    with pytest.raises(CursorInUse):
        Ledger(path)
    assert (await ledger.load(), ledger.began) == (None, "")
    for number in range(25):
        ledger.keep(Item.read(item(f"i{number}")), number, cursor(number))
    assert [one.message for one in ledger.all()] == list(range(5, 25))
    assert await ledger.load() == cursor(24)
    ledger.forget("i7", None)
    assert ledger.find("i7") is None
    began = ledger.began
    ledger.close()
    again = Ledger(path)
    assert (await again.load(), again.began) == (cursor(24), began)
    again.close()
