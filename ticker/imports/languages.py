"""Language tags as BCP 47 writes them, from what feeds write in their place. Pure."""

from __future__ import annotations

import re

from ticker.domain.language_codes import MEANT, is_language

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*", re.I)
_NAMES = {
    "english": "en",
    "eng": "en",
    "ingles": "en",
    "inglés": "en",
    "arabic": "ar",
    "ara": "ar",
    "العربية": "ar",
    "عربي": "ar",
    "عربى": "ar",
    "spanish": "es",
    "spa": "es",
    "español": "es",
    "espanol": "es",
    "castellano": "es",
    "french": "fr",
    "fra": "fr",
    "fre": "fr",
    "français": "fr",
    "francais": "fr",
    "german": "de",
    "deu": "de",
    "ger": "de",
    "deutsch": "de",
    "portuguese": "pt",
    "por": "pt",
    "português": "pt",
    "italian": "it",
    "ita": "it",
    "russian": "ru",
    "rus": "ru",
    "turkish": "tr",
    "tur": "tr",
    "chinese": "zh",
    "zho": "zh",
    "persian": "fa",
    "farsi": "fa",
    "fas": "fa",
    "per": "fa",
    "hebrew": "he",
    "heb": "he",
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "urdu": "ur",
    "urd": "ur",
    "dutch": "nl",
    "nld": "nl",
    **dict.fromkeys(("anglais", "englisch", "inglese", "الإنجليزية", "إنجليزي"), "en"),
    **dict.fromkeys(("arabe", "árabe", "arabisch", "arabo"), "ar"),
    **dict.fromkeys(("espagnol", "spanisch", "spagnolo", "الإسبانية", "إسباني"), "es"),
    **dict.fromkeys(("francés", "französisch", "الفرنسية"), "fr"),
}
_NONE = frozenset({"und", "mul", "zxx", "none", "null", "xx", "undefined", "unknown"})
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "sd", "ug", "yi", "dv"})


def language_tag(value: object) -> str | None:
    """Return ``value`` as a language tag in its usual case, or None if it is none."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    text = "".join(char for char in value if char.isprintable() or char.isspace())
    text = text.strip().split(".")[0].split("@")[0].split(",")[0].split(";")[0]
    text = re.sub(r"[\s_]+", "-", re.sub(r"\(.*", "", text).strip()).strip("-")
    first, _, rest = text.partition("-")
    known = _NAMES.get(first.lower()) or _NAMES.get(text.lower()) or MEANT.get(first.lower())
    if known is not None:
        text = f"{known}-{rest}" if rest and len(first) <= 3 else known
    if not text.isascii() or not _TAG.fullmatch(text) or text.lower() in _NONE:
        return None
    if not is_language(text):
        return None
    parts = text.lower().split("-")
    for place, part in enumerate(parts[1:], 1):
        if len(parts[place - 1]) == 1:
            break  # an extension or private use
        if len(part) == 4 and part.isalpha():
            parts[place] = part.capitalize()
        elif len(part) == 2:
            parts[place] = part.upper()
    return "-".join(parts)
