"""Make the site's fonts in ticker/web/fonts, and ticker/web/site/styles/fonts.css.

``python -m scripts.fonts`` on demand: it needs ``pip install fonttools brotli``, the packages of
``npm ci``, and the Liberation fonts, which are as wide as Arial and Times New Roman. Its results
are committed, so that running Ticker needs none of them.

Each font is reduced to the characters of its language, and to the weights that the site uses. The
style sheet also describes the reader's own Arial and Times New Roman, scaled to the same width:
the browser uses them until it has the font, and the page does not move.
"""

from __future__ import annotations

import importlib
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
FONTS = ROOT / "ticker" / "web" / "fonts"
STYLE = ROOT / "ticker" / "web" / "site" / "styles" / "fonts.css"
LIBERATION = Path("/usr/share/fonts/truetype/liberation")

LATIN = "U+0020-007E, U+00A0-00FF, U+0131, U+0152-0153, U+2002-2027, U+202F-203A, U+20AC, U+2122"
LATIN_EXT = "U+0100-0130, U+0132-0151, U+0154-024F, U+1E00-1EFF, U+20A0-20AB, U+20AD-20C0"
ARABIC = "U+0600-06FF, U+0750-077F, U+200C-200F, U+FD3E-FD3F"
DIGITS = "U+0020-0040, U+00A0, U+00AB, U+00BB, U+2010-2026"
"""What Arabic text has of Latin script: spaces, digits and punctuation."""
SENTENCE = (
    "The water will reach the towns of the lower valley before midnight, officials said on Sunday. "
    "El agua llegará a las localidades del valle bajo antes de la medianoche. 0123456789"
)
"""Text whose width is compared between a font and the font that stands in for it."""


@dataclass(frozen=True)
class Font:
    """One font file, made of a file of an npm package."""

    name: str
    family: str
    package: str
    file: str
    characters: str
    weights: tuple[int, int]


FILES = (
    Font(
        "serif-latin",
        "Source Serif 4",
        "@fontsource-variable/source-serif-4",
        "source-serif-4-latin-wght-normal",
        LATIN,
        (400, 700),
    ),
    Font(
        "serif-latin-ext",
        "Source Serif 4",
        "@fontsource-variable/source-serif-4",
        "source-serif-4-latin-ext-wght-normal",
        LATIN_EXT,
        (400, 700),
    ),
    Font(
        "sans-latin",
        "IBM Plex Sans",
        "@fontsource-variable/ibm-plex-sans",
        "ibm-plex-sans-latin-wght-normal",
        LATIN,
        (400, 700),
    ),
    Font(
        "sans-latin-ext",
        "IBM Plex Sans",
        "@fontsource-variable/ibm-plex-sans",
        "ibm-plex-sans-latin-ext-wght-normal",
        LATIN_EXT,
        (400, 700),
    ),
    Font(
        "naskh-arabic",
        "Noto Naskh Arabic",
        "@fontsource-variable/noto-naskh-arabic",
        "noto-naskh-arabic-arabic-wght-normal",
        ARABIC,
        (400, 700),
    ),
    Font(
        "naskh-digits",
        "Noto Naskh Arabic",
        "@fontsource-variable/noto-naskh-arabic",
        "noto-naskh-arabic-latin-wght-normal",
        DIGITS,
        (400, 700),
    ),
    *(
        Font(
            f"sans-arabic-{name}{weight}",
            "IBM Plex Sans Arabic",
            "@fontsource/ibm-plex-sans-arabic",
            f"ibm-plex-sans-arabic-{script}-{weight}-normal",
            characters,
            (weight, weight),
        )
        for name, script, characters in (("", "arabic", ARABIC), ("digits-", "latin", DIGITS))
        for weight in (400, 600)
    ),
)
STAND_INS = (
    ("Serif fallback", "serif-latin", "LiberationSerif-Regular.ttf", "Times New Roman"),
    ("Sans fallback", "sans-latin", "LiberationSans-Regular.ttf", "Arial"),
)


def main() -> None:
    """Make the fonts, copy their licences, and write the style sheet."""
    shutil.rmtree(FONTS, ignore_errors=True)
    FONTS.mkdir()
    rules = ["/* Fonts; made by scripts/fonts.py */\n"]
    for font in FILES:
        _reduce(font)
        low, high = font.weights
        rules.append(
            f'@font-face {{\n  font-family: "{font.family}";\n'
            f'  src: url("{font.name}.woff2") format("woff2");\n'
            f"  font-weight: {low if low == high else f'{low} {high}'};\n"
            f"  font-display: optional;\n  unicode-range: {font.characters};\n}}\n"
        )
        licence = PACKAGES / font.package / "LICENSE"
        shutil.copy(licence, FONTS / f"{font.family.replace(' ', '-')}.LICENSE.txt")
    rules += (_stand_in(*one) for one in STAND_INS)
    STYLE.write_text("\n".join(rules))


def _reduce(font: Font) -> None:
    subset: Any = importlib.import_module("fontTools.subset")
    instancer: Any = importlib.import_module("fontTools.varLib.instancer")
    found = _open(PACKAGES / font.package / "files" / f"{font.file}.woff2")
    if "fvar" in found:
        instancer.instantiateVariableFont(found, {"wght": font.weights}, inplace=True)
        found.flavor, whole = None, BytesIO()
        found.save(whole)  # the subsetter cannot work on what the instancer leaves in memory
        found = _open(whole)
    options = subset.Options(flavor="woff2", layout_features=["*"], drop_tables=["meta", "DSIG"])
    options.layout_features = [
        *("ccmp", "locl", "kern", "mark", "mkmk", "liga", "calt", "rlig", "rclt"),
        *("init", "medi", "fina", "isol", "lnum", "tnum", "pnum"),
    ]
    tool = subset.Subsetter(options)
    tool.populate(unicodes=_characters(font.characters))
    tool.subset(found)
    subset.save_font(found, str(FONTS / f"{font.name}.woff2"), options)


def _characters(ranges: str) -> list[int]:
    found: list[int] = []
    for part in ranges.split(", "):
        first, _, last = part.removeprefix("U+").partition("-")
        found += range(int(first, 16), int(last or first, 16) + 1)
    return found


def _stand_in(name: str, font: str, file: str, local: str) -> str:
    """Return the rule for a font of the reader's, as wide as ``font`` and with its line height."""
    ours, theirs = _open(FONTS / f"{font}.woff2"), _open(LIBERATION / file)
    scale = _width(ours) / _width(theirs)
    units, line = ours["head"].unitsPerEm, ours["hhea"]
    liberation = file.partition("-")[0].replace("Liberation", "Liberation ")
    return (
        f'@font-face {{\n  font-family: "{name}";\n'
        f'  src: local("{local}"), local("{liberation}");\n'
        f"  size-adjust: {scale:.2%};\n"
        f"  ascent-override: {line.ascent / units / scale:.2%};\n"
        f"  descent-override: {-line.descent / units / scale:.2%};\n"
        f"  line-gap-override: {line.lineGap / units / scale:.2%};\n}}\n"
    )


def _width(font: Any) -> float:
    """Return the width of ``SENTENCE`` in ems."""
    names, metrics = font.getBestCmap(), font["hmtx"]
    total = sum(metrics[names[ord(character)]][0] for character in SENTENCE)
    return float(total / font["head"].unitsPerEm)


def _open(path: Path | BytesIO) -> Any:
    library: Any = importlib.import_module("fontTools.ttLib")
    return library.TTFont(path)


if __name__ == "__main__":
    main()
