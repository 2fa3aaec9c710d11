from __future__ import annotations

import pytest
from pydantic import ValidationError

from ticker.domain.renditions import (
    WIDTHS,
    Renditions,
    address,
    default_width,
    height_at,
    nearest,
    srcset,
    widths_for,
)

HREF = "https://news.example/media/0123/1200.jpg"


def renditions(**changes: object) -> Renditions:
    fields = {
        "width": 1600,
        "height": 900,
        "widths": [320, 640, 960, 1200, 1600],
        "formats": ["avif", "webp", "jpg"],
        "color": "#a0b1c2",
    }
    return Renditions.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("width", "widths"),
    [(20, [20]), (319, [319]), (320, [320]), (1000, [320, 640, 960]), (9_000, list(WIDTHS))],
)
def test_a_picture_is_never_enlarged(width: int, widths: list[int]) -> None:
    assert widths_for(width) == widths


def test_the_address_for_old_clients_is_one_of_the_renditions() -> None:
    assert default_width(WIDTHS) == 1200
    assert default_width([320, 640]) == 640
    assert default_width([20]) == 20


def test_renditions_differ_in_the_last_part_of_their_address() -> None:
    assert address(HREF, 640, "webp") == "https://news.example/media/0123/640.webp"
    small = renditions(width=640, height=360, widths=[320, 640])
    assert srcset(HREF, small, "avif") == (
        "https://news.example/media/0123/320.avif 320w, "
        "https://news.example/media/0123/640.avif 640w"
    )


def test_sizes() -> None:
    found = renditions()
    assert found.height_at(640) == 360
    assert (found.nearest(700), found.nearest(960), found.nearest(9_000)) == (960, 960, 1600)
    assert height_at(1_000, 1, 320) == 1


def test_the_jpeg_for_a_place() -> None:
    assert nearest(HREF, renditions(), 700) == ("https://news.example/media/0123/960.jpg", 960, 540)
    assert nearest(HREF, None, 700) == (HREF, 0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 0},
        {"widths": []},
        {"formats": ["svg"]},
        {"color": "red"},
        {"color": "#fff;background:url(//evil.example)"},
        {"srcset": "x"},
    ],
)
def test_nothing_else_gets_into_an_item(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        renditions(**changes)
