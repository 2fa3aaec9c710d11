"""Reading the keys of reader tokens from a real server, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from tests.support.reader_tokens import jwks, token
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.net.reply import Forbidden
from ticker.reader_access.access import ReaderAccess
from ticker.reader_access.key_set import BadKeys
from ticker.reader_access.presented import Presented
from ticker.reader_access.verdicts import Granted, Pending
from ticker.server import reader_keys
from ticker.server.reader_keys import KeySource, ReaderKeys


class Provider(ScriptedServer):
    """Answers every request with its present keys, or not at all."""

    ids: tuple[str, ...] | None = ("k1",)

    def answer(self, asked: Asked) -> Answer:
        return Answer(503) if self.ids is None else Answer(200, jwks(*self.ids))


def settings_for(url: str, **more: Any) -> Settings:
    return Settings(
        reader_token_editions=("es",),
        **({"reader_token_keys_url": url, "outbound_private_networks": ["127.0.0.0/8"]} | more),
    )


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    async with listening(Provider([])) as server:
        yield server


async def test_keys_are_read_rotated_and_kept_while_the_provider_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader_keys, "MISSING_EVERY", 0.01)
    monkeypatch.setattr(reader_keys, "RETRY_MIN", 0.01)
    async with provider() as server:
        settings = settings_for(f"{server.url}/jwks.json?v=1")
        access = ReaderAccess(settings)

        def granted(key: str) -> bool:
            verdict = access.verifier.check(token(["es"], key=key))
            if isinstance(verdict, Pending):
                access.missing.set()
            return isinstance(verdict, Granted)

        async with ReaderKeys(access, settings).run():
            assert granted("k1")
            assert server.asked[0].path == "/jwks.json?v=1"
            server.ids = ("k1", "k2")
            await wait_until(lambda: granted("k2"))
            server.ids = None
            granted("k3")
            await wait_until(lambda: access.key_failures > 1)
            assert granted("k1")
            assert granted("k2")
            server.ids = ("k3",)
            await wait_until(lambda: granted("k3"))
            await wait_until(lambda: not granted("k1"))
        assert access.key_reads >= 4


async def test_it_ends_at_the_moment_when_a_key_is_missing() -> None:
    async with provider() as server:
        settings = settings_for(server.url)
        access = ReaderAccess(settings)
        for _ in range(20):
            async with ReaderKeys(access, settings).run():
                await asyncio.sleep(0)  # the task waits for a missing key now
                access.missing.set()


async def test_an_unknown_key_is_looked_for_once_in_a_while() -> None:
    async with provider() as server:
        settings = settings_for(server.url)
        access = ReaderAccess(settings)
        async with ReaderKeys(access, settings).run():
            for number in range(50):
                given = Presented(token(["es"], key=f"k{number + 5}"), "header")
                assert access.waits(given)
            await wait_until(access.missing.is_set)
        assert len(server.asked) == 1


async def test_where_keys_may_be_and_what_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(jwks("k1"))
    found = await KeySource(
        settings_for("", reader_token_keys_file=file, reader_token_algorithms=["ES256"])
    ).read()
    assert [key.id for key in found.keys] == ["k1"]
    file.write_bytes(b"s" * 40)
    secret = settings_for("", reader_token_secret_file=file)
    assert (await KeySource(secret).read()).keys[0].algorithm == "HS256"
    async with provider() as server:
        private = KeySource(settings_for(server.url, outbound_private_networks=[]))
        with pytest.raises(Forbidden):
            await private.read()
        server.ids = None
        refused = KeySource(settings_for(server.url))
        with pytest.raises(BadKeys, match="503"):
            await refused.read()
        await refused.aclose()
        await private.aclose()


def test_settings_name_editions_and_one_source_of_keys() -> None:
    with pytest.raises(ValueError, match="unknown edition: xx"):
        Settings(reader_token_editions=("xx",), reader_token_keys_url="https://login.example/k")
    both: dict[str, Any] = {
        "reader_token_keys_file": Path("a"),
        "reader_token_secret_file": Path("b"),
    }
    for sources in ({}, both):
        with pytest.raises(ValueError, match="requires one of"):
            Settings(reader_token_editions=("es",), **sources)
    assert Settings().protected_editions == frozenset()
    every = Settings(reader_token_editions=("*",), reader_token_keys_file=Path("a"))
    assert every.protected_editions == {"ar", "en", "es"}
