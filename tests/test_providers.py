"""Providers as processes of their own: told what to answer, and asked what they got."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.notes import note
from tests.support.push_senders import APNS_TOKEN, FCM_TOKEN, device
from ticker.config import Settings
from ticker.net.headers import Head
from ticker.net.reply import Reply
from ticker.push.model.subscription import ProviderName
from ticker.push.model.verdicts import Outcome
from workers.push import apns, fcm
from workers.push.bearer_sender import BearerSender, new_client

pytestmark = pytest.mark.processes

TOKENS: dict[ProviderName, str] = {"fcm": FCM_TOKEN, "apns": APNS_TOKEN}


@asynccontextmanager
async def running(which: ProviderName, folder: Path, *more: str) -> AsyncIterator[Settings]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.providers", which, "--dir", str(folder), *more),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield Settings(**orjson.loads(await process.stdout.readline()))
    finally:
        process.terminate()
        assert await process.wait() == 0


def sender(which: ProviderName, settings: Settings) -> BearerSender[Any]:
    return fcm.make(settings) if which == "fcm" else apns.make(settings)


async def control(settings: Settings, which: ProviderName, path: bytes, told: object = "") -> Reply:
    url = settings.fcm_url if which == "fcm" else settings.apns_url
    pool = new_client(settings, url)
    try:
        return await pool.post(url, path, Head([]), (), orjson.dumps(told))
    finally:
        await pool.aclose()


@pytest.mark.parametrize("which", ["fcm", "apns"])
async def test_says_what_it_was_told_and_what_it_got(which: ProviderName, tmp_path: Path) -> None:
    async with running(which, tmp_path) as settings:
        one = sender(which, settings)
        told = {"token": TOKENS[which], "status": 503, "times": 2}
        assert (await control(settings, which, b"/_script", told)).status == 200
        message, phone = one.prepare(note()), device(which, TOKENS[which])
        verdicts = [await one.send(message, phone) for _ in range(4)]
        got = orjson.loads((await control(settings, which, b"/_got")).body)
        shown = orjson.loads((await control(settings, which, b"/_shown")).body)
        await one.aclose()
    retried, accepted = Outcome.RETRY, Outcome.ACCEPTED
    assert [verdict.outcome for verdict in verdicts] == [retried, retried, accepted, accepted]
    assert got == {TOKENS[which]: 2}
    assert list(shown[TOKENS[which]]) == [note().collapse]


@pytest.mark.parametrize("which", ["fcm", "apns"])
async def test_the_lean_one_takes_everything(which: ProviderName, tmp_path: Path) -> None:
    async with running(which, tmp_path, "--lean") as settings:
        one = sender(which, settings)
        message, phone = one.prepare(note()), device(which, TOKENS[which])
        verdicts = await asyncio.gather(*(one.send(message, phone) for _ in range(500)))
        await one.aclose()
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
