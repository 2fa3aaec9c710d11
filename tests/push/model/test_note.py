"""The notification of an item: its picture."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.in_memory import InMemoryNewsroom
from ticker.push.model.alert_decision import Kind
from ticker.push.model.note import IMAGE_MAX, Strings, make_note

JPEG = {"href": "https://img.example/a.jpg"}
SIZES = {"width": 1600, "height": 900, "widths": [320, 960, 1600], "formats": ["jpg"]}
STORED = {
    "href": "https://img.example/0/1200.jpg",
    "id": "0" * 32,
    "renditions": SIZES | {"color": "#a0b1c2"},
}


def image(kind: Kind, *media: dict[str, Any]) -> str:
    news = InMemoryNewsroom()
    id = news.publish(media=list(media)).item_id
    return make_note(
        kind, news.items[id], strings=Strings("Coast"), base="", collapse="c", ttl=60
    ).image


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ([], ""),
        ([JPEG], JPEG["href"]),
        ([{"href": "https://img.example/a.mp4", "type": "video/mp4"}, JPEG], JPEG["href"]),
        ([{"href": "https://img.example/a.svg", "type": "image/svg+xml"}], ""),
        ([{"href": "http://img.example/a.jpg"}], ""),
        ([{"href": "https://img.example/" + "x" * IMAGE_MAX}], ""),
        ([STORED], "https://img.example/0/960.jpg"),
    ],
)
def test_the_first_picture_that_devices_can_show(
    media: list[dict[str, Any]], expected: str
) -> None:
    assert image("alert", *media) == image("replace", *media) == expected


def test_a_withdrawal_has_no_picture() -> None:
    assert image("withdraw", JPEG) == ""
