"""Find the encoding of a feed's bytes, which its sender may have declared wrongly. Pure.

The order is that of RFC 7303 §3 (byte order mark, HTTP header, XML declaration), but what is
declared has to be plausible: text that is valid UTF-8 with letters outside of ASCII is UTF-8, and
bytes that are Arabic in windows-1256 are not western European.
"""

from __future__ import annotations

import codecs
import re

SAMPLE = 200_000
"""Bytes that are looked at to guess an encoding."""

_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{1,40})\s*["']""", re.I
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encoding Standard §4.2: what these labels mean on the web.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_WEAK = frozenset({"cp1252", "utf-8"})
"""What servers declare by default, whatever they send."""
_TEXT = re.compile(rb"[\x80-\xff]+")
_ARABIC = frozenset(b"\xc7\xe1\xed\xe3\xe6\xe4\xd1\xca")
"""Alef, lam, yeh, meem, waw, noon, reh, teh: more than half of the letters of an Arabic text."""
_CYRILLIC = frozenset("оеаинтср".encode("cp1251"))
"""Half of the letters of a Russian, Ukrainian or Bulgarian text."""


def decode(data: bytes, declared_by_http: str | None = None) -> tuple[str, str | None]:
    """Return the text, and a note if another encoding than the declared one was read."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), None
    if wide := _without_mark(data):
        return data.decode(wide, "replace"), None
    declared = [name for name in (_codec(declared_by_http), _declared(data)) if name]
    first = declared[0] if declared else "utf-8"
    chosen = _choose(data, declared)
    # Bytes without a meaning become U+FFFD, which is left out of every text.
    text = data.decode(chosen, "replace")
    if chosen == first or data.isascii():
        return text, None
    return text, f"declared as {_label(first)}, read as {_label(chosen)}"


def _choose(data: bytes, declared: list[str]) -> str:
    sample = data[:SAMPLE]
    if _is_utf8(data) and not any(name.startswith("iso2022") for name in declared):
        return "utf-8"
    for name in declared:
        if name == "utf-8" or (name == "cp1252" and (_is_arabic(sample) or _is_cyrillic(sample))):
            continue
        if name in _WEAK and len(declared) > 1 and declared[-1] not in _WEAK:
            continue  # the document knows better than the server's default
        try:
            data.decode(name)
        except (UnicodeDecodeError, LookupError):
            if name.startswith("cp") and name not in ("cp932", "cp949"):
                return name  # a few bytes without a meaning
            continue
        return name
    if _mostly_utf8(sample):
        return "utf-8"
    if _is_arabic(sample):
        return "cp1256"
    return "cp1251" if _is_cyrillic(sample) else "cp1252"


def _declared(data: bytes) -> str | None:
    found = _DECLARED.match(data[:1_000])
    return _codec(found[1].decode("ascii")) if found else None


def _codec(label: str | None) -> str | None:
    """Return the codec for a label, or None if it is unknown or no encoding of text."""
    if not label:
        return None
    try:
        name = codecs.lookup(label.strip(" \"'").lower().removeprefix("x-")).name
        "".encode(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    if name.startswith(("utf-16", "utf-32", "utf-7", "punycode", "idna", "unicode", "raw")):
        return None  # wide encodings were recognised by their bytes
    return _MEANT.get(name, name)


def _without_mark(data: bytes) -> str | None:
    """Return the wide encoding of a document without a mark, which begins with ASCII."""
    head = data[:4]
    if len(head) < 4:
        return None
    zeros = [byte == 0 for byte in head]
    patterns = {
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
    }
    return patterns.get((zeros[0], zeros[1], zeros[2], zeros[3]))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(sample: bytes) -> bool:
    """Return whether the text is UTF-8 with a few letters cut in two, or bytes of elsewhere."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong < sum(not char.isascii() for char in text) - wrong


def _is_arabic(sample: bytes) -> bool:
    """Return whether the bytes above ASCII are words of Arabic in windows-1256."""
    return _are_words(sample, _ARABIC)


def _is_cyrillic(sample: bytes) -> bool:
    """Return whether the bytes above ASCII are words of Cyrillic in windows-1251."""
    return _are_words(sample, _CYRILLIC)


def _are_words(sample: bytes, frequent: frozenset[int]) -> bool:
    """Return whether the bytes above ASCII are words with many of the ``frequent`` letters."""
    runs = [run for run in _TEXT.findall(sample) if len(run) >= 3]
    letters = b"".join(runs)
    whole = sum(map(len, _TEXT.findall(sample)))
    if len(letters) < 6 or len(letters) * 2 < whole:
        return False
    return sum(byte in frequent for byte in letters) * 5 > len(letters) * 2


def _label(name: str) -> str:
    return name.replace("cp125", "windows-125")
