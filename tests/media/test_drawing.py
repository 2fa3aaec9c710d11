"""Real pictures in every mode and format: sizes, colours, orientation, and nothing else kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image, ImageCms

from tests.support.pictures import (
    CAPTION,
    SECRET,
    animated,
    exif,
    opened,
    png_header,
    saved,
    striped,
    tagged,
)
from ticker.media.accepted import NotAccepted
from ticker.media.drawing import draw, known_formats

RED, BLUE = (200, 30, 30), (30, 30, 200)


def near(pixel: object, wanted: tuple[int, int, int], most: int = 40) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= most for a, b in zip(pixel, wanted, strict=True))


def test_every_width_in_every_format() -> None:
    drawn = draw(saved(striped(700, 350)))
    assert known_formats() == ["avif", "webp", "jpg"]
    assert (drawn.width, drawn.height, drawn.widths) == (640, 320, [320, 640])
    found = {name: opened(content) for name, content in drawn.files.items()}
    assert {name: (one.format, one.size) for name, one in found.items()} == {
        f"{width}.{name}": (format, (width, width // 2))
        for width in (320, 640)
        for name, format in (("avif", "AVIF"), ("webp", "WEBP"), ("jpg", "JPEG"))
    }
    for one in found.values():
        assert near(one.convert("RGB").getpixel((20, 60)), RED)
        assert near(one.convert("RGB").getpixel((one.width - 20, 60)), BLUE)
    assert near(tuple(bytes.fromhex(drawn.color[1:])), (115, 30, 115), 8)


def test_nothing_but_pixels_is_kept_and_texts_are_suggested() -> None:
    source = tagged() + b"<html><script>alert(2)</script>"  # also a page behind the picture's end
    assert SECRET.encode() in source
    drawn = draw(source)
    for content in drawn.files.values():
        info = opened(content).info
        assert not info.keys() & {"exif", "xmp", "icc_profile", "comment", "photoshop"}
        for trace in (b"Exif", b"script", b"Jane", b"adobe", SECRET.encode(), b"GPS"):
            assert trace not in content
    assert drawn.suggested == {
        "alt": CAPTION,
        "credit": "Jane Doe / Agency",
        "copyright": f"(c) {SECRET}",
    }
    assert draw(source, texts_only=True).suggested == drawn.suggested
    assert draw(saved(exif=exif())).suggested["credit"] == "Jane Doe"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_orientation_is_applied(orientation: int) -> None:
    upright = striped(340, 200)
    lying = {1: 0, 3: 180, 6: 90, 8: 270}[orientation]
    stored = upright.rotate(lying, expand=True)
    drawn = draw(saved(stored, exif=exif(orientation), quality=95))
    found = opened(drawn.files["320.jpg"])
    assert found.size == (320, 188)
    assert near(found.getpixel((20, 90)), RED)
    assert near(found.getpixel((300, 90)), BLUE)


@pytest.mark.parametrize(
    ("mode", "format"),
    [
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("1", "PNG"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("RGBA", "PNG"),
        ("RGBA", "WEBP"),
        ("RGB", "AVIF"),
        ("P", "GIF"),
    ],
)
def test_modes(mode: str, format: str) -> None:
    drawn = draw(saved(striped(340, 200, mode), format))
    pixel = opened(drawn.files["320.jpg"]).convert("RGB").getpixel((20, 90))
    assert near(pixel, RED, 60) or mode in ("1", "L", "LA")


def test_sixteen_bits() -> None:
    grey = Image.new("I;16", (340, 200), 0x8000)
    pixel = opened(draw(saved(grey, "PNG")).files["320.jpg"]).convert("L").getpixel((9, 9))
    assert pixel == pytest.approx(0x80, abs=3)


def test_transparent_parts_are_white() -> None:
    clear = Image.new("RGBA", (340, 200), (0, 0, 0, 0))
    for source in (clear, clear.convert("P")):
        pixel = opened(draw(saved(source, "PNG")).files["320.jpg"]).getpixel((9, 9))
        assert near(pixel, (255, 255, 255), 4) or source.mode == "P"


def test_a_profile_becomes_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The same profile with red and blue exchanged in its table of tags.
    table = srgb[128:300].replace(b"rXYZ", b"\0tmp").replace(b"bXYZ", b"rXYZ")
    exchanged = srgb[:128] + table.replace(b"\0tmp", b"bXYZ") + srgb[300:]
    for profile, left in ((srgb, RED), (exchanged, BLUE), (b"nonsense", RED)):
        found = opened(draw(saved(quality=95, icc_profile=profile)).files["320.jpg"])
        assert near(found.getpixel((20, 90)), left)


def test_several_pictures_of_one_shot_are_the_first() -> None:
    both = saved(striped(), "MPO", save_all=True, append_images=[Image.new("RGB", (340, 200))])
    assert near(opened(draw(both).files["320.jpg"]).getpixel((20, 90)), RED)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda: png_header(50_000, 50_000), "at most 60 million"),
        (lambda: png_header(5_000, 5_000), "damaged or cut off"),
        (lambda: png_header(340, 200, b"no pixels"), "damaged or cut off$"),
        (lambda: saved()[:-600], "damaged or cut off"),
        (lambda: saved(striped(), "PNG")[:200], "damaged or cut off"),
        (lambda: saved()[:30], "damaged or cut off"),
        (lambda: b"\xff\xd8\xff" + bytes(99), "damaged or cut off"),
        (lambda: animated("GIF", 500), "animated"),
        (lambda: animated("WEBP", 3), "animated"),
        (lambda: animated("PNG", 3), "animated"),
        (lambda: saved(striped(340, 1_100)), "crop it"),
        # A turned picture counts as it is shown.
        (lambda: saved(striped(1_100, 340), exif=exif(6)), "crop it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_and_broken_files(content: Callable[[], bytes], why: str) -> None:
    with pytest.raises(NotAccepted, match=why):
        draw(content())
