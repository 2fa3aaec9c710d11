"""Foreign text for a terminal: without anything that a terminal obeys instead of showing.

Escape sequences set titles, hide text, write to the clipboard, make links that lead elsewhere
(OSC 8), and on some terminals answer into the shell. Bidi controls show text in another order
than it has. C1 controls are escape sequences in one character, also in UTF-8.
"""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

# C0 but tab and newline, DEL, C1, line and paragraph separators, bidi embeddings and overrides,
# interlinear annotations, surrogates (undecodable bytes of arguments and file names).
_OBEYED = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufff9-\ufffb\ud800-\udfff"
_ISOLATES = "\u2066-\u2069"
UNSAFE = re.compile(f"[{_OBEYED}{_ISOLATES}]")
_UNSAFE_BUT_ISOLATES = re.compile(f"[{_OBEYED}]")
_BREAKS = re.compile("[\t\n\r]+")


def printable(text: str, *, isolates: bool = False) -> str:
    """Return ``text`` with U+FFFD for each character that a terminal obeys; lines stay lines.

    ``isolates``: keep bidi isolates, for text to which this program has added its own.
    """
    return (_UNSAFE_BUT_ISOLATES if isolates else UNSAFE).sub(REPLACEMENT, text)


def inline(text: str, *, isolates: bool = False) -> str:
    """Return ``text`` like ``printable`` on one line, so that it cannot pretend to be several."""
    return printable(_BREAKS.sub(" ", text), isolates=isolates)


def escaped_json(text: bytes) -> bytes:
    """Return a JSON document that means the same, with ``\\\\u`` escapes for what terminals obey.

    JSON allows such characters only inside of strings (RFC 8259 §7).
    """
    if text.isascii() and b"\x7f" not in text:
        return text  # serialisers escape C0 controls
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text.decode()).encode()
