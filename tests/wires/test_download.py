"""Downloads of feeds against a real server: conditional, bounded, and no secret to another one."""

from __future__ import annotations

import gzip
import ipaddress

import pytest

from tests.support.http_server import Answer, Asked, ScriptedServer, answering, listening
from ticker.imports.drafts import Unreadable
from ticker.wires import download
from ticker.wires.download import Refused, client, fetch

HERE = [ipaddress.ip_network("127.0.0.0/8")]
RSS = b"<rss/>"


async def test_a_conditional_request_and_its_answers() -> None:
    first = Answer(
        200,
        RSS,
        {
            "ETag": '"1"',
            "Last-Modified": "Sun, 29 Nov 2026 09:00:00 GMT",
            "Content-Type": 'text/xml; charset="windows-1256"',
        },
    )
    async with answering(first, Answer(304, b"")) as web:
        http = client(HERE)
        try:
            found = await fetch(http, f"{web.url}/rss", {}, "Basic c2VjcmV0")
            assert (found.data, found.etag, found.charset) == (RSS, '"1"', "windows-1256")
            again = await fetch(http, f"{web.url}/rss", {"If-None-Match": '"1"'})
        finally:
            await http.aclose()
    assert again.unchanged
    assert web.asked[0].headers["authorization"] == "Basic c2VjcmV0"
    assert web.asked[1].headers["if-none-match"] == '"1"'


async def test_a_redirect_is_followed_and_the_secret_stays_behind() -> None:
    async with answering(Answer(200, RSS)) as other:
        moved = Answer(301, b"", {"Location": f"{other.url}/ملف?q=1#x"})
        async with answering(moved) as web:
            http = client(HERE)
            try:
                found = await fetch(http, f"{web.url}/rss", {}, "Basic c2VjcmV0")
            finally:
                await http.aclose()
    assert found.url == f"{other.url}/%D9%85%D9%84%D9%81?q=1"
    assert "authorization" not in other.asked[0].headers


class Circle(ScriptedServer):
    """Redirects: in a circle, or to a further address each time."""

    def __init__(self, circle: bool) -> None:
        super().__init__([])
        self._circle = circle

    def answer(self, asked: Asked) -> Answer:
        place = "/" if self._circle else f"/{len(self.asked)}"
        return Answer(302, b"", {"Location": place})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(500, b""), "HTTP 500"),
        (Answer(0), "."),
        (Answer(200, b"x" * 200), "larger than"),
        (Answer(200, gzip.compress(b"x" * 200), {"Content-Encoding": "gzip"}), "larger than"),
        (Answer(200, b"\x1f\x8b!", {"Content-Encoding": "gzip"}), "gzip compression is broken"),
        (Answer(200, RSS, {"Content-Encoding": "br"}), "not asked for"),
        (Answer(302, b"", {"Location": "https://a:b@c.example/"}), "not an origin|not an address"),
        (Answer(302, b"", {"Location": "http://10.0.0.1/"}), "outbound_private_networks"),
        (Answer(302, b"", {"Location": "ftp://127.0.0.1/"}), "not an origin|not an address"),
    ],
    ids=["error", "lost", "large", "bomb", "broken", "coding", "password", "private", "scheme"],
)
async def test_what_is_refused(
    answer: Answer, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "FEED_MAX", 100)
    async with answering(answer) as web:
        http = client(HERE)
        try:
            with pytest.raises(Unreadable, match=message):
                await fetch(http, web.url, {})
        finally:
            await http.aclose()


@pytest.mark.parametrize(("circle", "message"), [(True, "in a circle"), (False, "more than 5")])
async def test_redirects_end(circle: bool, message: str) -> None:
    async with listening(Circle(circle)) as web:
        http = client(HERE)
        try:
            with pytest.raises(Unreadable, match=message):
                await fetch(http, f"{web.url}/", {})
        finally:
            await http.aclose()
    assert len(web.asked) <= 6


async def test_an_error_says_when_to_come_back_and_private_networks_are_closed() -> None:
    async with answering(Answer(429, b"", {"Retry-After": "90"})) as web:
        http, guarded = client(HERE), client([])
        try:
            with pytest.raises(Refused) as refused:
                await fetch(http, web.url, {})
            with pytest.raises(Unreadable, match="outbound_private_networks"):
                await fetch(guarded, web.url, {})
        finally:
            await http.aclose()
            await guarded.aclose()
    assert (refused.value.status, refused.value.after) == (429, 90.0)
    assert len(web.asked) == 1
