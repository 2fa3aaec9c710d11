"""Makes the renditions of a picture. Only ``renderer_process`` calls this, within its limits.

A rendition is drawn anew from the pixels: whatever else the file has (metadata, a place, a preview,
another file behind its end) is not in it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageOps, features

from ticker.domain.messages import said
from ticker.domain.renditions import FORMATS, height_at, widths_for
from ticker.media.accepted import NotAccepted, check_size
from ticker.media.png_rows import has_all_rows
from ticker.media.suggestions import suggestions

_PILLOW = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
_SAVE: dict[str, tuple[str, dict[str, Any]]] = {
    "avif": ("AVIF", {"quality": 60, "speed": 8, "max_threads": 1}),
    "webp": ("WEBP", {"quality": 80, "method": 4}),
    "jpg": ("JPEG", {"quality": 82, "progressive": True, "optimize": True}),
}
_ORIENTATION = 0x0112
_TURNED = range(5, 9)
"""Orientations that exchange width and height."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The renditions of one picture. ``files`` are by name, ``WIDTH.FORMAT``."""

    width: int
    height: int
    widths: list[int]
    formats: list[str]
    color: str
    suggested: dict[str, str]
    files: dict[str, bytes]


def known_formats() -> list[str]:
    """Return the formats that this Pillow can write, best first."""
    return [one for one in FORMATS if one == "jpg" or features.check(one)]


def draw(data: bytes, *, texts_only: bool = False) -> Drawn:
    """Return the renditions of the picture in ``data``, or only its suggested texts.

    Raises NotAccepted with the reason, MemoryError.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong with a file is said to the editor
        Image.MAX_IMAGE_PIXELS = None  # ``check_size`` decides, also about turned pictures
        try:
            return _draw(data, texts_only)
        except NotAccepted:
            raise
        except MemoryError:
            raise
        except Exception as error:  # decoders raise whatever a broken file provokes
            raise NotAccepted(said("picture-damaged")) from error


def _draw(data: bytes, texts_only: bool) -> Drawn:
    with Image.open(BytesIO(data), formats=_PILLOW) as image:
        check_size(*image.size)
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise NotAccepted(said("picture-animated"))
        # Before the texts, of which damage is forgiven: it reads a PNG to its end, and Pillow says
        # once that one is damaged; then it goes on with black pixels.
        turned = image.getexif().get(_ORIENTATION, 1)
        suggested = suggestions(image)
        whole = image.size if turned not in _TURNED else image.size[::-1]
        check_size(*whole)
        if texts_only:
            return Drawn(*whole, [], [], "", suggested, {})
        if image.format == "PNG" and not has_all_rows(data):
            raise NotAccepted(said("picture-damaged"))
        widths = widths_for(whole[0])
        size = (widths[-1], height_at(*whole, widths[-1]))
        base = _upright(image, size, turned)
    formats = known_formats()
    files = {}
    for width in widths:
        at_width = (
            base
            if width == size[0]
            else base.resize((width, height_at(*size, width)), Image.Resampling.LANCZOS)
        )
        for name in formats:
            files[f"{width}.{name}"] = _encoded(at_width, name)
    red, green, blue = base.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    color = f"#{red:02x}{green:02x}{blue:02x}"
    return Drawn(*size, widths, formats, color, suggested, files)


def _upright(image: Image.Image, size: tuple[int, int], turned: int) -> Image.Image:
    """Return the picture in sRGB, upright, in ``size`` and without anything but its pixels."""
    lying = size if turned not in _TURNED else size[::-1]
    if image.format in ("JPEG", "MPO"):
        image.draft(None, (2 * lying[0], 2 * lying[1]))  # None keeps the mode
    image.load()
    profile = image.info.get("icc_profile")
    plain = _plain_mode(image)
    if plain.size != lying:
        plain = plain.resize(lying, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if turned != 1:
        exif = Image.Exif()
        exif[_ORIENTATION] = turned
        plain.info = {"exif": exif.tobytes()}
        plain = ImageOps.exif_transpose(plain)
    return _clean(_opaque(plain, profile))


def _plain_mode(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be resized: L, RGB, RGBA or CMYK, of 8 bits."""
    mode = image.mode
    if mode == "I" or mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if mode == "F":
        raise NotAccepted(said("picture-floating"))
    if mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    if mode == "1":
        return image.convert("L")
    return image if mode in ("L", "RGB", "RGBA", "CMYK") else image.convert("RGB")


def _opaque(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB, on white where it is transparent."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    pixels = image.convert("RGB") if alpha is not None else image
    pixels = _in_srgb(pixels, profile)
    if alpha is None:
        return pixels
    white = Image.new("RGB", pixels.size, "white")
    white.paste(pixels, mask=alpha)
    return white


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that does not fit the picture
    return image.convert("RGB")


def _clean(image: Image.Image) -> Image.Image:
    """Return the pixels alone: encoders write what an image carries along."""
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    return clean


def _encoded(image: Image.Image, name: str) -> bytes:
    format, options = _SAVE[name]
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()
