"""A headline without quotes: its words are several arguments."""

from __future__ import annotations

from collections.abc import Sequence

from ticker.cli.output import Output
from ticker.cli.runner import usage


def joined(words: Sequence[str], out: Output) -> str:
    """Return the headline of one or several arguments.

    One in quotes with further words beside it is probably a mistake, such as a forgotten option:
    exit with 2 and the headline in quotes. So is an option after ``--``.
    """
    if len(words) > 1 and any(len(word.split()) > 1 for word in words):
        from shlex import quote

        whole = " ".join(words)
        usage(out, f"the headline is in several pieces; write it in one: {quote(whole)}")
    for word in words[1:]:
        if word.startswith("--") and len(word) > 2:
            usage(out, f"{word} is after --, where no option is; write it before")
    return " ".join(words)
