"""Downloads of imports: bounded in time, in size, and in where a redirect may lead."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.hostile_http1 import ATTACKS, Attack, hostile
from tests.support.http_server import Answer, ScriptedServer, answering, listening
from ticker.cli.imports import download as module
from ticker.cli.imports.download import REDIRECTS_MAX, fetch
from ticker.cli.imports.web_get import Limits
from ticker.client.plain_http import needs_httpx
from ticker.imports.drafts import Unreadable
from ticker.imports.payload import unpacked

SMALL = Limits(size=1_000, total=20, pause=5)
LENIENT = {"length and chunks", "HTTP/3"}
"""What httpx lets pass."""


@pytest.fixture(params=["plain", "httpx"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Download with each of the two clients, whatever the address."""
    monkeypatch.setattr(module, "needs_httpx", lambda url: request.param == "httpx")
    return str(request.param)


def redirect(location: str) -> Answer:
    return Answer(302, b"", {"Location": location})


async def test_a_body_compressed_or_not() -> None:
    packed = Answer(200, gzip.compress(b"x" * 900), {"Content-Encoding": "gzip"})
    members = gzip.compress(b"x" * 400) + gzip.compress(b"") + gzip.compress(b"x" * 500)
    others = [
        Answer(200, members, {"Content-Encoding": "gzip"}),
        Answer(200, members + b"\0" * 9 + b"junk", {"Content-Encoding": "x-gzip"}),
        Answer(200, members, {"Content-Encoding": "identity, gzip"}),
        Answer(200, b"x" * 900, {"Content-Encoding": "gzip"}),  # it is not
        Answer(200, b"x" * 900, {"Content-Encoding": "UTF-8"}),
    ]
    async with answering(Answer(200, b"plain"), packed, *others) as web:
        assert (await fetch(web.url, SMALL)).data == b"plain"
        for _ in (packed, *others):
            assert (await fetch(web.url, SMALL)).data == b"x" * 900


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(200, b"x" * 1_001), "larger than"),
        (Answer(200, gzip.compress(bytes(5_000_000)), {"Content-Encoding": "gzip"}), "larger"),
        (Answer(200, gzip.compress(b"x")[:12] + b"?" * 9, {"Content-Encoding": "gzip"}), "broken"),
        (Answer(200, gzip.compress(b"x") * 1_001, {"Content-Encoding": "gzip"}), "larger"),
        (Answer(200, gzip.compress(b"x")[:-4], {"Content-Encoding": "gzip"}), "broken"),
        (Answer(200, b"?", {"Content-Encoding": "br"}), "not asked for"),
        (Answer(404, b""), "HTTP 404"),
        (redirect("https://["), "not a web address"),
        (redirect("file:///etc/passwd"), "not a web address"),
        (redirect("//user@127.0.0.1/"), "not a web address"),
    ],
)
async def test_answers_that_are_refused(answer: Answer, says: str) -> None:
    async with answering(answer) as web:
        with pytest.raises(Unreadable, match=says):
            await fetch(web.url, SMALL)


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.case for attack in ATTACKS])
async def test_hostile_servers_end_it_with_a_clear_error(attack: Attack, library: str) -> None:
    async with hostile(attack) as url, asyncio.timeout(30):
        limits = Limits(size=100_000, total=0.4)
        if attack.download is None or (library == "httpx" and attack.case in LENIENT):
            assert len((await fetch(url, limits)).data) <= 1
            return
        with pytest.raises(Unreadable) as caught:
            await fetch(url, limits)
    why = str(caught.value)
    assert attack.download in why
    assert why.isprintable()
    assert len(why) < 500


async def test_redirects_within_a_private_network_are_followed_but_not_for_ever() -> None:
    steps = [redirect(f"/{n}") for n in range(REDIRECTS_MAX + 1)]
    async with answering(*steps) as web:
        with pytest.raises(Unreadable, match=r"more than 5 redirects, the last to http://.*/5$"):
            await fetch(web.url, SMALL)
        assert len(web.asked) == REDIRECTS_MAX + 1
    async with answering(redirect("/next"), Answer(200, b"here")) as web:
        assert (await fetch(web.url, SMALL)).data == b"here"


async def test_a_redirect_to_tls_checks_the_certificate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    own = authority.issue("feed")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(own.certificate, own.key)
    secure = ScriptedServer([Answer(200, b"here")])
    async with listening(secure, tls), answering(*[redirect(secure.url)] * 2) as web:
        with pytest.raises(Unreadable, match="certificate"):
            await fetch(web.url, SMALL)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
        assert (await fetch(web.url, SMALL)).data == b"here"


async def test_a_public_server_cannot_redirect_into_a_private_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    public = {"127.0.0.1"}
    monkeypatch.setattr(module, "permitted", lambda address: address in public)
    async with answering(redirect("http://127.0.0.2:1/admin")) as web:
        with pytest.raises(Unreadable, match=r"127\.0\.0\.2, which has no public address"):
            await fetch(web.url, SMALL)
    async with answering(redirect("/next"), Answer(200, b"here")) as web:
        port = web.url.rpartition(":")[2].strip("/")
        assert (await fetch(web.url, SMALL)).data == b"here"
        # The second connection was made to the judged address, in the name of the host.
        assert [asked.headers["host"] for asked in web.asked] == [f"127.0.0.1:{port}"] * 2


async def test_the_whole_download_has_one_deadline() -> None:
    class Slow(ScriptedServer):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # A client that is slow itself may reach its deadline before it has asked.
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                writer.write(b"x")
                await reader.read()
            writer.close()
            ended.set()

    ended = asyncio.Event()
    async with listening(Slow([])) as web:
        with pytest.raises(Unreadable, match=r"longer than 0\.5 s"):
            await fetch(web.url, Limits(size=1_000, total=0.5))
        async with asyncio.timeout(30):
            await ended.wait()


async def test_the_address_after_redirects_and_the_charset_come_with_the_body() -> None:
    typed = Answer(200, b"x", {"Content-Type": "text/xml; charset=windows-1256"})
    async with answering(redirect("/feed/"), typed) as web:
        found = await fetch(web.url, SMALL)
    assert (found.url, found.charset) == (f"{web.url}/feed/", "windows-1256")


async def test_the_address_of_a_feed_may_have_any_letters(library: str) -> None:
    typed, moved = Answer(200, b"here"), redirect("/أخبار/?صفحة=2")
    async with answering(moved, typed) as web:
        assert (await fetch(f"{web.url}/أخبار?q=ñ", SMALL)).data == b"here"
    quoted = "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"
    assert [asked.path for asked in web.asked] == [
        f"{quoted}?q=%C3%B1",
        f"{quoted}/?%D8%B5%D9%81%D8%AD%D8%A9=2",
    ]
    assert {asked.headers["accept-encoding"] for asked in web.asked} == {"gzip"}
    for url in ("http://", "http://[", "http://a:port/", f"http://{'a' * 64}.example/"):
        with pytest.raises(Unreadable):
            await fetch(url, SMALL)


async def test_a_server_that_sets_a_cookie_and_leads_back_gets_it() -> None:
    consent = Answer(302, b"", {"Location": "/", "Set-Cookie": "seen=yes; Path=/"})
    async with answering(consent, Answer(200, b"here")) as web:
        assert (await fetch(web.url, SMALL)).data == b"here"
    assert [asked.headers.get("cookie") for asked in web.asked] == [None, "seen=yes"]
    async with answering(consent, consent, consent) as web:
        with pytest.raises(Unreadable, match="in a circle"):
            await fetch(web.url, SMALL)


async def test_a_server_that_is_away_and_one_that_falls_silent() -> None:
    async with answering() as web:
        away = web.url
    with pytest.raises(Unreadable, match="connection refused"):
        await fetch(away, SMALL)
    silent = next(attack for attack in ATTACKS if attack.case == "silence")
    async with hostile(silent) as url:
        with pytest.raises(Unreadable, match=r"sends nothing for 0\.2 s"):
            await fetch(url, Limits(size=1_000, total=20, pause=0.2))


async def test_a_proxy_and_a_password_in_the_address_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "needs_httpx", needs_httpx)
    async with answering(Answer(200, b"here")) as web:
        assert (await fetch(web.url.replace("//", "//wire:secret@"), SMALL)).data == b"here"
    assert web.asked[0].headers["authorization"].startswith("Basic ")
    async with answering(Answer(200, b"here")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert (await fetch("http://feed.example/rss", SMALL)).data == b"here"
    assert proxy.asked[0].path == "http://feed.example/rss"


def test_a_compressed_file_is_unpacked_within_its_limit() -> None:
    assert unpacked(gzip.compress(b"x" * 900), 1_000) == b"x" * 900
    assert unpacked(b"plain", 3) == b"plain"
    assert unpacked(gzip.compress(b"x" * 400) * 2, 1_000) == b"x" * 800
    assert unpacked(gzip.compress(b"") * 50_000 + gzip.compress(b"x"), 1_000) == b"x"
    with pytest.raises(Unreadable, match="larger than"):
        unpacked(gzip.compress(bytes(50_000_000)), 1_000)
    with pytest.raises(Unreadable, match="the end is missing"):
        unpacked(gzip.compress(b"x")[:-4], 1_000)
