"""Find the encoding of a feed's bytes, which its sender may have declared wrongly. Pure.

The order is that of RFC 7303 §3 (byte order mark, HTTP header, XML declaration), but what is
declared has to be plausible: text that is valid UTF-8 with letters outside of ASCII is UTF-8, and
bytes that are Arabic in windows-1256 are not western European. Where nothing is declared, or what
is declared cannot be, frequent letters tell Arabic and Cyrillic, and charset-normalizer tells
Chinese, Japanese and Korean.
"""

from __future__ import annotations

import codecs
import re

SAMPLE = 200_000
"""Bytes that are looked at to guess an encoding."""
DETECTED = 20_000
"""Those that are given to the detector, which takes some 0.1 s for them at worst."""

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
# Labels of the same list that Python does not know, and how senders write the others.
_LABELS = {
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "csiso88598i", "logical"), "iso8859-8"),
    **dict.fromkeys(("iso-8859-6-i", "iso-8859-6-e", "iso88596"), "iso8859-6"),
    **dict.fromkeys(("windows-31j", "mskanji"), "cp932"),
    **dict.fromkeys(("ks_c_5601-1989", "windows-949"), "cp949"),
    **dict.fromkeys(("gb_2312-80", "csgb2312"), "gb18030"),
    **dict.fromkeys(("koi", "koi8", "koi8-ru"), "koi8-u"),
    **dict.fromkeys(("dos-874", "iso885911"), "cp874"),
    **dict.fromkeys(("unicode-1-1-utf-8", "utf8mb4", "utf8mb3"), "utf-8"),
    "cn-big5": "big5",
    "mac": "mac-roman",
    "mac-ukrainian": "mac-cyrillic",
}
_NAMES = {"big5hkscs": "big5", "cp932": "shift_jis", "cp949": "euc-kr", "euc_jp": "euc-jp"}
"""Names for people."""
_WINDOWS = re.compile(r"(?:windows|win|cp|ms|ansi)?[-_ ]?(125[0-8]|874)")
_WEAK = frozenset({"cp1252", "utf-8"})
"""What servers declare by default, whatever they send."""
_SURROGATES = re.compile(
    rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]"
)
"""Halves of a character outside of the basic plane, each as if it were UTF-8 (CESU-8)."""
_TEXT = re.compile(rb"[\x80-\xff]+")
_TAG = re.compile(rb"<[^>]{0,2000}>")
_NO_LETTERS = re.compile(rb"[\s!-?]+")
_EAST_ASIAN = ("big5hkscs", "gb18030", "cp932", "euc_jp", "cp949")
TWICE_MIN = 2
"""Letters that have to be encoded twice: one may be a coincidence."""
_IN_1252 = {
    char: byte
    for byte in range(0x80, 0x100)
    for char in {ord(bytes([byte]).decode("cp1252", "ignore") or chr(byte)), byte}
}
"""Characters that are one byte in windows-1252, C1 controls for those without a character."""
_CUT = re.compile(rb"(?:[\xe2][\x80-\x84]|\xf0[\x9f][\x80-\xbf]?)(?![\x80-\xbf])")
"""A sign of punctuation or an emoji that was cut in two; in no other encoding are they words."""
_HIGH_MIN = 0.2
"""Share of bytes above ASCII from which a text is not a Latin one with accents."""
_FREQUENT = {
    name: frozenset(letters.encode(name))
    for letters, names in (
        ("اليمونرت", ("cp1256", "iso8859-6")),
        ("оеаинтср", ("cp1251", "koi8-r")),
    )
    for name in names
}
"""About half of the letters of a text in Arabic and in Cyrillic, by encoding."""


def _letter(error: UnicodeError) -> tuple[str, int]:
    """Return a byte that is no UTF-8 as the letter of western Europe that it is alone, or U+FFFD.

    Those from E0 on are its small letters with accents. Others are more likely a part of a letter
    that was cut in two.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    alone = len(wrong) == 1 and wrong >= b"\xe0"
    return wrong.decode("cp1252") if alone else "\ufffd", error.end


codecs.register_error("ticker-mixed", _letter)


def decode(data: bytes, declared_by_http: str | None = None) -> tuple[str, str | None]:
    """Return the text, and a note if another encoding than the declared one was read."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), None
    if wide := _without_mark(data):
        return data.decode(wide, "replace"), None
    data = _joined(data)
    declared = [name for name in (_codec(declared_by_http), _declared(data)) if name]
    first = declared[0] if declared else "utf-8"
    chosen = _choose(data, declared)
    # Bytes without a meaning become U+FFFD, which is left out of every text.
    text = data.decode(chosen, "ticker-mixed" if chosen == "utf-8" else "replace")
    if chosen == "utf-8" and (once := _encoded_once(text)) is not None:
        return once, "it was encoded twice; read as utf-8"
    if chosen == first or data.isascii():
        return text, None
    said = f"declared as {_label(first)}," if declared else "no encoding is declared;"
    return text, f"{said} read as {_label(chosen)}"


def _encoded_once(text: str) -> str | None:
    """Return a text that was read as windows-1252 and written as UTF-8; None for another one.

    In no other text do all letters outside of ASCII happen to be UTF-8 in that encoding.
    """
    if text.isascii() or any(ord(char) not in _IN_1252 for char in set(text) if char > "\x7f"):
        return None
    try:
        once = text.translate(_IN_1252).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
    return once if sum(not char.isascii() for char in once) >= TWICE_MIN else None


def _joined(data: bytes) -> bytes:
    """Return ``data`` with CESU-8 as UTF-8, if all the rest of it is UTF-8; else as it is."""
    if _is_utf8(data) or not _SURROGATES.search(data):
        return data
    mended = _SURROGATES.sub(
        lambda found: (
            found[0]
            .decode("utf-8", "surrogatepass")
            .encode("utf-16-le", "surrogatepass")
            .decode("utf-16-le", "ignore")
            .encode()
        ),
        data,
    )
    return mended if _is_utf8(mended) else data


def _choose(data: bytes, declared: list[str]) -> str:
    sample = data[:SAMPLE]
    if _is_utf8(data) and not any(name.startswith("iso2022") for name in declared):
        return "utf-8"
    words = _encoding_of_words(sample)
    for name in declared:
        if name == "utf-8" or (name == "cp1252" and words):
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
    return words or _east_asian(sample) or "cp1252"


def _east_asian(sample: bytes) -> str | None:
    """Return the encoding of a text in Chinese, Japanese or Korean; None for another."""
    text = _TAG.sub(b" ", sample[:DETECTED])
    letters = _NO_LETTERS.sub(b"", text)
    high = sum(map(len, _TEXT.findall(letters)))
    if high < _HIGH_MIN * len(letters):
        return None
    from charset_normalizer import from_bytes  # here, as few feeds need it

    best = from_bytes(text, cp_isolation=[*_EAST_ASIAN, "cp1252"], enable_fallback=False).best()
    return best.encoding if best is not None and best.encoding in _EAST_ASIAN else None


def _declared(data: bytes) -> str | None:
    found = _DECLARED.match(data[:1_000])
    return _codec(found[1].decode("ascii")) if found else None


def _codec(label: str | None) -> str | None:
    """Return the codec for a label, or None if it is unknown or no encoding of text."""
    if not label:
        return None
    plain = label.strip(" \"';").lower().removeprefix("x-")
    if windows := _WINDOWS.fullmatch(plain):
        plain = f"cp{windows[1]}"
    try:
        name = codecs.lookup(_LABELS.get(plain, plain)).name
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
    if wrong and _is_utf8(_CUT.sub(b"", sample)):
        return True
    return 0 < wrong <= sum(not char.isascii() for char in text) - wrong


def _encoding_of_words(sample: bytes) -> str | None:
    """Return the encoding in which the bytes above ASCII are words with frequent letters."""
    runs = [run for run in _TEXT.findall(sample) if len(run) >= 3]
    letters = b"".join(runs)
    whole = sum(map(len, _TEXT.findall(sample)))
    if len(letters) < 6 or len(letters) * 2 < whole:
        return None
    counts = {
        name: sum(byte in frequent for byte in letters) for name, frequent in _FREQUENT.items()
    }
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] * 5 > len(letters) * 2 else None


def _label(name: str) -> str:
    return _NAMES.get(name, name.replace("cp125", "windows-125"))
