"""Right-to-left text in a terminal.

There are two kinds of terminals. Those with bidi support (VTE, used by GNOME Terminal, Tilix and
others; Apple's Terminal; Konsole; mlterm) reorder and join letters themselves. They get the text
in logical order inside isolates (RLI/LRI … PDI, UAX #9 §2.4), so that an Arabic headline does not
change the order of the time and the id next to it.

All others (xterm, kitty, Alacritty, tmux, screen, the Linux console) draw one code point after the
other into cells, left to right, so that Arabic appears reversed and with unjoined letters. They get
display text: letters in their joined forms (``shaping``), each line in visual order (python-bidi).
Text copied from such a terminal is display text; use ``--json`` for data.

tmux is a special case. It keeps cells, so it is of the second kind. But inside a VTE terminal that
terminal reorders the finished lines again, so there the text is printed unchanged.

``--bidi`` overrides the detection. Output to a pipe or file, and ``--json``, is always logical.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias, get_args

from rich.cells import cell_len

from ticker.cli.shaping import shape
from ticker.domain.terminal_text import inline

Mode: TypeAlias = Literal["isolate", "visual", "none"]
Choice: TypeAlias = Literal["auto", "isolate", "visual", "none"]
CHOICES: tuple[str, ...] = get_args(Choice)

RLI, LRI, PDI = "\u2067", "\u2066", "\u2069"
_MARK = (
    "\u034f"  # COMBINING GRAPHEME JOINER: invisible, takes the direction of the character before it
)
_RTL_START = "\u0590"  # the first right-to-left block, Hebrew
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200c\u200d\u200e\u200f\u061c")
)  # not needed after reordering
_BIDI_PROGRAMS = frozenset({"Apple_Terminal", "konsole", "mlterm"})


def detect(env: Mapping[str, str], *, tty: bool, encoding: str) -> Mode:
    """Return the mode for right-to-left text on this output.

    ``env``: environment variables, by which terminals identify themselves.
    """
    if not tty or "utf" not in encoding.lower():
        return "none"
    if env.get("TMUX") or env.get("STY") or env.get("TERM_PROGRAM") == "tmux":
        return "none" if env.get("VTE_VERSION") else "visual"
    announced = (
        env.get("VTE_VERSION")
        or env.get("KONSOLE_VERSION")
        or env.get("MLTERM")
        or env.get("TERM_PROGRAM") in _BIDI_PROGRAMS
        or env.get("TERM", "").startswith(("mlterm", "konsole"))
    )
    return "isolate" if announced else "visual"


def is_rtl(text: str, direction: str | None = None) -> bool:
    """Return whether the base direction is right-to-left: ``direction`` or the first letter's."""
    if direction in ("rtl", "ltr"):
        return direction == "rtl"
    if all(char < _RTL_START for char in text):
        return False
    from bidi import get_base_level  # type: ignore[import-untyped]

    return int(get_base_level(text)) == 1


def lines(text: str, width: int, mode: Mode, direction: str | None = None) -> list[str]:
    """Return ``text`` wrapped to ``width`` cells, each line ready to print in ``mode``.

    Foreign controls and line breaks are replaced.

    Wraps before reordering: a paragraph that is reordered first would begin on its last line
    (UAX #9 §3.4). Right-to-left lines are aligned to the right edge. With a ``width`` of 0 the text
    is neither wrapped nor aligned.
    """
    text = inline(text)
    rtl = is_rtl(text, direction)
    if mode == "visual":
        text = shape(text)
    wrapped = wrap(text, width) if width else [text]
    return [_line(line, rtl, width, mode) for line in wrapped]


def one_line(text: str, mode: Mode, direction: str | None = None) -> str:
    """Return ``text`` ready to print in the middle of a line."""
    return lines(text, 0, mode, direction)[0]


def wrap(text: str, width: int) -> list[str]:
    """Return ``text`` wrapped at spaces to ``width`` cells; longer words are split."""
    result: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            result.append(line)
        line = word
        while cell_len(line) > width:
            head = _fitting(line, width)
            result.append(head)
            line = line[len(head) :]
    if line or not result:
        result.append(line)
    return result


def _fitting(word: str, width: int) -> str:
    end = 1
    while end < len(word) and cell_len(word[: end + 1]) <= width:
        end += 1
    return word[:end]


def _line(line: str, rtl: bool, width: int, mode: Mode) -> str:
    indent = " " * max(0, width - cell_len(line)) if rtl else ""
    if mode == "visual" and any(char >= _RTL_START for char in line):
        return indent + _reordered(line, rtl)
    if mode == "isolate" and (rtl or any(char >= _RTL_START for char in line)):
        return f"{indent}{RLI if rtl else LRI}{line}{PDI}"
    return indent + line


def _reordered(line: str, rtl: bool) -> str:
    """Return ``line`` in visual order, from left to right."""
    from bidi import get_display

    # python-bidi reorders but does not mirror brackets (UAX #9, rule L4), and does not return the
    # levels. So each bracket gets a mark after it, which is resolved like its bracket (N0, W1): if
    # the two are swapped in the result, the bracket is in right-to-left text.
    mirrored, brackets, pairs = _mirroring()
    marked = brackets.sub(lambda found: found[0] + _MARK, line.replace(_MARK, ""))
    shown = str(get_display(marked, base_dir="R" if rtl else "L"))
    shown = pairs.sub(lambda found: mirrored[found[1]] if found[1] else found[2], shown)
    return shown.translate(_INVISIBLE)


@cache
def _mirroring() -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    from bidi.mirror import MIRRORED  # type: ignore[import-untyped]

    one = "[" + re.escape("".join(MIRRORED)) + "]"
    return MIRRORED, re.compile(one), re.compile(f"{_MARK}({one})|({one}){_MARK}")
