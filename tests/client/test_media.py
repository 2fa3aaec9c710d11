"""The client for pictures: its requests, and what it makes of the answers."""

from __future__ import annotations

import pytest

from tests.support.http_server import Answer, answering
from ticker.client.errors import Invalid, ProtocolError
from ticker.client.media import MediaEditor

PICTURE = {
    "id": "0" * 32,
    "href": "https://a.example/media/0/320.jpg",
    "alt": "A quay",
    "credit": "",
    "renditions": {"width": 320, "height": 200},
    "used": False,
    "created_at": "2026-11-29T10:00:00.000Z",
    "created_by": "Desk",
}


async def test_every_request() -> None:
    page = {"pictures": [PICTURE], "next": None}
    bodies = [PICTURE, page, PICTURE, PICTURE, {"items": ["a"], "states": {"a": "live"}}]
    async with (
        answering(*(Answer(200, body) for body in bodies)) as web,
        MediaEditor(web.url, "tk_x") as editor,
    ):
        made = await editor.upload(b"pixels", "A quay & more")
        assert (made.id, made.width, made.height, made.used) == ("0" * 32, 320, 200, False)
        found = await editor.pictures(limit=5, before="a")
        assert (found.pictures, found.next) == ((made,), None)
        assert await editor.picture("a/b") == made
        assert await editor.describe("a", credit="") == made
        assert await editor.remove_picture("a") == {"a": "live"}
    assert [(one.method, one.path, one.body) for one in web.asked] == [
        ("POST", "/v1/media?alt=A+quay+%26+more", b"pixels"),
        ("GET", "/v1/media?limit=5&before=a", b""),
        ("GET", "/v1/media/a%2Fb", b""),
        ("PATCH", "/v1/media/a", b'{"credit":""}'),
        ("DELETE", "/v1/media/a", b""),
    ]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(422, {"suggested": {"alt": "A quay"}}, Invalid), (200, {"id": "a"}, ProtocolError)],
)
async def test_answers_that_are_no_pictures(
    status: int, body: object, error: type[Exception]
) -> None:
    async with answering(Answer(status, body)) as web, MediaEditor(web.url) as editor:
        with pytest.raises(error):
            await editor.upload(b"pixels")
