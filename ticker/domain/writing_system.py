"""Tell whether a text is written in the script of its language. Pure.

The scripts of languages are those of CLDR's likely subtags; a language that is not listed, or that
is written in several scripts, fits every text. A script in the tag itself counts (``sr-Latn``).
"""

from __future__ import annotations

import unicodedata

_SCRIPTS: dict[str, tuple[str, ...]] = {
    "Arab": ("ARABIC",),
    "Armn": ("ARMENIAN",),
    "Beng": ("BENGALI",),
    "Cyrl": ("CYRILLIC",),
    "Deva": ("DEVANAGARI",),
    "Ethi": ("ETHIOPIC",),
    "Geor": ("GEORGIAN",),
    "Grek": ("GREEK",),
    "Hans": ("CJK",),
    "Hant": ("CJK",),
    "Hebr": ("HEBREW",),
    "Jpan": ("CJK", "HIRAGANA", "KATAKANA"),
    "Khmr": ("KHMER",),
    "Kore": ("HANGUL", "CJK"),
    "Latn": ("LATIN",),
    "Mymr": ("MYANMAR",),
    "Sinh": ("SINHALA",),
    "Taml": ("TAMIL",),
    "Telu": ("TELUGU",),
    "Thai": ("THAI",),
}
"""By ISO 15924 code: the first word of the names that Unicode gives the letters."""
_LANGUAGES: dict[str, str] = {
    **dict.fromkeys(("ar", "fa", "ps", "ug", "ur"), "Arab"),
    **dict.fromkeys(("be", "bg", "ky", "mk", "ru", "uk"), "Cyrl"),
    **dict.fromkeys(("hi", "mr", "ne"), "Deva"),
    **dict.fromkeys(("am", "ti"), "Ethi"),
    **dict.fromkeys(("he", "yi"), "Hebr"),
    **dict.fromkeys(("zh", "yue"), "Hans"),
    "hy": "Armn",
    "bn": "Beng",
    "ka": "Geor",
    "el": "Grek",
    "ja": "Jpan",
    "km": "Khmr",
    "ko": "Kore",
    "my": "Mymr",
    "si": "Sinh",
    "ta": "Taml",
    "te": "Telu",
    "th": "Thai",
    **dict.fromkeys(
        (
            *("af", "ca", "cs", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr"),
            *("hu", "id", "is", "it", "lt", "lv", "ms", "mt", "nb", "nl", "nn", "no", "pl", "pt"),
            *("ro", "sk", "sl", "so", "sq", "sv", "sw", "tl", "tr", "vi", "yo", "zu"),
        ),
        "Latn",
    ),
}
NAMES = {"Hans": "Chinese", "Hant": "Chinese", "Jpan": "Japanese", "Kore": "Korean"}
"""Scripts whose name is not that of their letters."""
OWN_SHARE = 0.25
"""The share of letters in the language's own script below which a text does not fit it. Names in
other scripts are common: an Arabic headline about two companies is half Latin."""
OWN_SHARE_BESIDE_LATIN = 0.1
"""The same where the language has another script and the rest is Latin: names of products and
companies are Latin in all languages, and nobody writes three Arabic words into an English line."""
FOREIGN_MIN = 6
"""Letters of other scripts; a text with fewer may be one name (NATO, FIFA)."""
_IDEOGRAPHS = ("CJK", "HANGUL")
IDEOGRAPH = 3
"""Letters that an ideograph or a syllable counts for."""


def misfit(text: str, language: str) -> str | None:
    """Return the name of the script that ``text`` lacks for ``language``, or None if it fits."""
    script = _script(language)
    if script is None:
        return None
    own = foreign = latin = 0
    # Wide, bold and other forms of letters are letters of their script.
    for char in unicodedata.normalize("NFKC", text):
        if not char.isalpha():
            continue
        name = unicodedata.name(char, "").partition(" ")[0].partition("-")[0]
        name = "CJK" if name in ("CJK", "IDEOGRAPHIC") else name
        weight = IDEOGRAPH if name in _IDEOGRAPHS else 1
        if name in _SCRIPTS[script]:
            own += weight
        else:
            foreign += weight
            latin += name == "LATIN"
    share = OWN_SHARE_BESIDE_LATIN if latin == foreign else OWN_SHARE
    if foreign < FOREIGN_MIN or own >= share * (own + foreign):
        return None
    return NAMES.get(script) or _SCRIPTS[script][-1].capitalize()


def _script(language: str) -> str | None:
    primary, *subtags = language.split("-")
    for tag in subtags:
        if len(tag) == 4 and tag.isalpha():
            return tag.capitalize() if tag.capitalize() in _SCRIPTS else None
    return _LANGUAGES.get(primary.lower())
