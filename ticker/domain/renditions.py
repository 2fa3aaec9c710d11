"""Renditions: one stored picture in fixed widths and formats, and where each of them is.

The address of a rendition is that of the picture's ``href`` with another last part,
``WIDTH.FORMAT``. So an item carries a few numbers for each picture and no list of addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ticker.domain.shape import Shape

WIDTHS = (320, 640, 960, 1200, 1600)
"""Widths in pixels. A picture is never enlarged; one that is narrower than the first has its own.

1200 is what search engines and social networks ask for; 1600 fills the lead of a page on a dense
screen."""
HREF_WIDTH = 1200
"""The widest rendition that ``href`` may name; clients that know no renditions load it."""
FORMATS = ("avif", "webp", "jpg")
"""Formats, best first: a browser takes the first that it knows."""
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}

FormatName: TypeAlias = Literal["avif", "webp", "jpg"]
MediaId: TypeAlias = Annotated[
    str,
    StringConstraints(max_length=64),
    Shape(r"[0-9a-f]{32}", "must be the id of a picture: 32 digits from 0 to f"),
]
"""The id of a stored picture, made from its content."""
_Side: TypeAlias = Annotated[int, Field(ge=1, le=20_000)]


class Renditions(BaseModel):
    """The sizes in which a stored picture can be had, and its colour before it is loaded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: _Side
    """Width of the largest rendition, in pixels."""
    height: _Side
    widths: Annotated[list[_Side], Field(min_length=1, max_length=8)]
    """Widths of all renditions, ascending."""
    formats: Annotated[list[FormatName], Field(min_length=1, max_length=3)]
    """Formats of each width, best first. The last one is JPEG."""
    color: Annotated[str, Shape(r"#[0-9a-f]{6}", "must be a colour such as #33445f")]
    """The picture's average colour."""

    def height_at(self, width: int) -> int:
        """Return the height in pixels of the rendition of this width."""
        return height_at(self.width, self.height, width)

    def nearest(self, width: int) -> int:
        """Return the narrowest width that is at least ``width``, otherwise the widest."""
        return next((one for one in self.widths if one >= width), self.widths[-1])


def widths_for(width: int) -> list[int]:
    """Return the widths in which a picture of ``width`` pixels is stored."""
    return [one for one in WIDTHS if one <= width] or [width]


def height_at(width: int, height: int, wanted: int) -> int:
    """Return the height that a picture of ``width`` × ``height`` has at another width."""
    return max(1, round(height * wanted / width))


def default_width(widths: Sequence[int]) -> int:
    """Return the width that ``href`` names."""
    return max((one for one in widths if one <= HREF_WIDTH), default=widths[0])


def address(href: str, width: int, format: str) -> str:
    """Return the address of a rendition of the picture at ``href``."""
    return f"{href.rpartition('/')[0]}/{width}.{format}"


def nearest(href: str, renditions: Renditions | None, width: int) -> tuple[str, int, int]:
    """Return address, width and height of the JPEG for a place of ``width`` pixels.

    Without renditions, this is ``href``, and its size is 0: not known.
    """
    if renditions is None:
        return href, 0, 0
    found = renditions.nearest(width)
    return address(href, found, "jpg"), found, renditions.height_at(found)


def srcset(href: str, renditions: Renditions, format: str) -> str:
    """Return the attribute ``srcset`` of one format."""
    return ", ".join(f"{address(href, one, format)} {one}w" for one in renditions.widths)
