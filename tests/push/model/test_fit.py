"""A notification is shortened until its encoded form fits a provider's limit."""

from __future__ import annotations

import orjson
import pytest

from tests.support.notes import ARABIC, note
from ticker.push.model.fit import BODY_MIN, fit
from ticker.push.model.note import Note


def encode(one: Note) -> bytes:
    return orjson.dumps({"title": one.title, "body": one.body, "url": one.url})


def test_what_fits_is_left_alone() -> None:
    assert fit(note(), 4_096, encode) == encode(note())


@pytest.mark.parametrize("limit", [900, 500, 300, 200])
def test_it_fits_and_the_body_is_a_beginning(limit: int) -> None:
    long = note(body=ARABIC, url="https://harbour.example/" + "x" * 200)
    fitted = fit(long, limit, encode)
    assert len(fitted) <= limit
    body = orjson.loads(fitted)["body"].rstrip("…").rstrip()
    assert body
    assert long.body.startswith(body)


def test_the_address_goes_before_the_body_is_too_short() -> None:
    long = note(body=ARABIC, url="https://harbour.example/" + "x" * 400)
    fitted = orjson.loads(fit(long, 400, encode))
    assert fitted["url"] == ""
    assert fitted["title"]
    assert len(fitted["body"].encode()) >= BODY_MIN


def test_a_limit_below_everything_returns_the_shortest() -> None:
    fitted = orjson.loads(fit(note(body=ARABIC), 10, encode))
    assert (fitted["url"], fitted["title"]) == ("", "")
    assert 0 < len(fitted["body"].encode()) <= BODY_MIN


def test_the_picture_goes_first() -> None:
    def encode(one: Note) -> bytes:
        return orjson.dumps({"body": one.body, "url": one.url, "image": one.image})

    with_picture = note(image="https://img.example/" + "x" * 300)
    assert orjson.loads(fit(with_picture, 4_096, encode))["image"] == with_picture.image
    fitted = orjson.loads(fit(with_picture, 400, encode))
    assert fitted == {"body": with_picture.body, "url": with_picture.url, "image": ""}
