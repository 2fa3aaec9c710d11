"""A watch of a hostile feed server: nothing doubled, nothing lost, nothing untrue."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest

from tests.support.http_server import Answer, ScriptedServer, answering
from tests.support.newsroom import TestNewsroom, running_newsroom
from ticker.cli import options
from ticker.cli.imports.watcher import Watcher
from ticker.cli.output import Output
from ticker.client import Editor
from ticker.config import Settings
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Defaults
from ticker.storage.connection import Redis

HEAD = '<rss version="2.0"><channel><title>Harbour Wire</title><link>https://h.example/</link>'


@pytest.fixture
async def newsroom(redis: Redis, settings: Settings) -> AsyncIterator[TestNewsroom]:
    async with running_newsroom(redis, settings) as found:
        yield found


def feed(*titles: str, cut: int = 0, **headers: str) -> Answer:
    """Return a feed with the newest entry first; the id of an entry is its first word."""
    items = "".join(
        f'<item><title>{title}</title><guid isPermaLink="false">{title.split()[0]}</guid></item>'
        for title in reversed(titles)
    )
    body = f"{HEAD}{items}</channel></rss>".encode()
    return Answer(
        200, body[: len(body) - cut], {k.replace("_", "-"): v for k, v in headers.items()}
    )


def linked(*entries: tuple[str, str]) -> Answer:
    """Return a feed of entries (title, link) whose id is the first word of the title."""
    items = "".join(
        f'<item><title>{title}</title><guid isPermaLink="false">{title.split()[0]}</guid>'
        f"<link>{link}</link></item>"
        for title, link in entries
    )
    return Answer(200, f"{HEAD}{items}</channel></rss>".encode())


def editor(newsroom: TestNewsroom) -> Editor:
    secret = newsroom.key["authorization"].removeprefix("Bearer ")
    transport = httpx.ASGITransport(newsroom.app)
    return Editor("http://newsroom.test", secret, transport=transport, attempts=1)


def watcher(
    web: ScriptedServer, client: Editor, folder: Path, drafts: Path | None = None
) -> Watcher:
    state = folder / "watch" / "state.json"
    out = Output(as_json=True)
    return Watcher(web.url, Defaults("en"), Taxonomy(), client, out, state, drafts)


async def headlines(newsroom: TestNewsroom) -> list[str]:
    return [f"{event.action}: {event.item.headline}" for _, event in await newsroom.wire()]


async def test_a_hostile_feed_server(newsroom: TestNewsroom, tmp_path: Path) -> None:
    answers = [
        feed("a Ferries stop", "b Trams run", ETag='"1"'),
        Answer(304, b""),
        Answer(500, b"", {"Retry-After": "700"}),
        Answer(200, b"<html><title>Log in</title></html>"),
        Answer(0),
        Answer(200, b"no gzip", {"Content-Encoding": "gzip"}),
        Answer(302, b"", {"Location": "/"}),
        feed("d Torn", "a Ferries stop", "b Trams run", "c Bridge closed", cut=40),
        feed("c Bridge closed"),
        feed(),
        Answer(200, gzip.compress(feed("b Trams run, except line 4", "c Bridge closed").body),
               {"Content-Encoding": "gzip", "Last-Modified": "Thu, 28 Nov 2024 09:00:00 GMT"}),
        feed("b Trams run", Last_Modified="Thu, 28 Nov 2024 08:00:00 GMT"),
        feed("a Ferries stop", "d Torn no more", "e Lock gate works"),
    ]  # fmt: skip
    codes = []
    async with editor(newsroom) as client, answering(*answers) as web:
        for _ in answers:
            # Each look is of a process of its own: nothing is known but what the file has.
            codes.append(await watcher(web, client, tmp_path).look())
    assert web.asked[1].headers["if-none-match"] == '"1"'
    assert codes == [0, 0, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0]
    assert await headlines(newsroom) == [
        "publish: a Ferries stop",
        "publish: b Trams run",
        "publish: c Bridge closed",
        "update: b Trams run, except line 4",
        "publish: d Torn no more",
        "publish: e Lock gate works",
    ]


async def test_a_newsroom_that_is_away_loses_nothing(
    newsroom: TestNewsroom, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    async with answering(feed("a Ferries stop"), feed("a Ferries stop")) as web:
        async with Editor("http://127.0.0.1:9", "k", attempts=1) as away:
            assert await watcher(web, away, tmp_path).look() == options.UNREACHABLE
        async with editor(newsroom) as client:
            assert await watcher(web, client, tmp_path).look() == options.OK
    assert await headlines(newsroom) == ["publish: a Ferries stop"]
    failure, look = map(orjson.loads, capfdbinary.readouterr().out.splitlines())
    assert failure["type"] == "failure"
    assert (look["new"], look["published"]) == (1, 1)


async def test_an_id_that_another_entry_takes_over(newsroom: TestNewsroom, tmp_path: Path) -> None:
    """Whichever of the two the feed has, neither is published twice nor replaced by the other."""
    stops, shut = ("a Ferries stop", "/1"), ("a Bridge shut", "/2")
    later = ("a Ferries run", "/1")
    looks = [(stops,), (shut, stops), (shut,), (stops,), (later, shut), (shut,)]
    async with editor(newsroom) as client, answering(*[linked(*one) for one in looks]) as web:
        for _ in looks:
            assert await watcher(web, client, tmp_path).look() == options.OK
    assert await headlines(newsroom) == [
        "publish: a Ferries stop",
        "publish: a Bridge shut",
        "update: a Ferries run",
    ]


async def test_a_look_counts_what_it_did(
    newsroom: TestNewsroom, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    tombstones = (
        '<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:at="http://purl.org/atompub/tombstones/1.0">'
        "<title>A</title><id>urn:a</id>"
        '<at:deleted-entry ref="a" when="2026-11-28T22:00:00Z"/></feed>'
    )
    answers = (feed("a Ferries stop"), feed("a Ferries stop"), Answer(200, tombstones.encode()))
    async with editor(newsroom) as client, answering(*answers) as web:
        for state in ("one", "two", "two"):  # the second has lost what it had seen
            await watcher(web, client, tmp_path / state).look()
    looks = [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    names = ("new", "published", "repeated", "withdrawn")
    assert [tuple(look[name] for name in names) for look in looks] == [
        (1, 1, 0, 0),
        (1, 0, 1, 0),
        (0, 0, 0, 1),
    ]


async def test_drafts_go_to_a_file_and_a_broken_state_begins_anew(
    newsroom: TestNewsroom, tmp_path: Path
) -> None:
    drafts = tmp_path / "drafts.ndjson"
    async with editor(newsroom) as client, answering(*[feed("a Ferries stop")] * 3) as web:
        for _ in range(2):
            await watcher(web, client, tmp_path, drafts).look()
        assert len(drafts.read_text().splitlines()) == 1
        (tmp_path / "watch" / "state.json").write_text("{")
        await watcher(web, client, tmp_path, drafts).look()
    assert len(drafts.read_text().splitlines()) == 2
    assert await headlines(newsroom) == []


async def test_from_now_on_and_until_the_feed_is_gone(
    newsroom: TestNewsroom, tmp_path: Path
) -> None:
    pauses: list[float] = []

    async def sleep(ended: asyncio.Event, seconds: float) -> None:
        pauses.append(seconds)

    old, more = feed("a Ferries stop"), feed("a Ferries stop", "b Trams run")
    busy, gone = Answer(503, b"", {"Retry-After": "700"}), Answer(410, b"")
    async with editor(newsroom) as client, answering(old, more, busy, gone) as web:
        found = watcher(web, client, tmp_path)
        found.from_now = True
        code = await found.run(60.0, asyncio.Event(), sleep=sleep)
    assert code == options.REFUSED
    assert pauses == [60.0, 60.0, 700.0]
    assert await headlines(newsroom) == ["publish: b Trams run"]
