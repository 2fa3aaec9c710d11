"""What to do about a refusal: sentences for the person who typed the command. Pure."""

from __future__ import annotations

import difflib
import re

from ticker.client import errors

_UNKNOWN = re.compile(r"unknown (?:edition|section|region|level) (.+); known: (.+)")
_QUOTED = re.compile(r"'([^']*)'")


def did_you_mean(message: str) -> str | None:
    """Return what was probably meant, for a message that lists what is known; else None."""
    found = _UNKNOWN.search(message)
    if found is None:
        return None
    known = [name.strip() for name in found[2].split(",")]
    guesses = []
    for wrong in _QUOTED.findall(found[1]):
        likely = difflib.get_close_matches(wrong.lower(), known, n=2, cutoff=0.5)
        if len(wrong) <= 2:  # half of it is one letter: at least the first must be right
            likely = [one for one in likely if one[0] == wrong[0].lower()]
        if likely:
            best = _likeness(wrong, likely[0])
            guesses.append(
                " or ".join(one for one in sorted(likely) if _likeness(wrong, one) == best)
            )
    return f"did you mean {', '.join(guesses)}?" if guesses else None


def _likeness(wrong: str, known: str) -> float:
    return difflib.SequenceMatcher(None, wrong.lower(), known).ratio()


def advice(error: errors.ClientError) -> str | None:
    """Return what the person can do now, or None where the error says it all."""
    match error:
        case errors.Unauthorised():
            return (
                "Set TICKER_KEY, or run this where `ticker up` keeps its data (TICKER_DATA names "
                "the directory). `ticker keys create NAME` makes a key."
            )
        case errors.Duplicate() if error.existing:
            return f"`ticker show {error.existing}` shows it; the option is --force."
        case errors.KeyReused():
            return "Use another --key for another text."
        case errors.Stale():
            return "Read it again with `ticker show`, then correct what stands there now."
        case errors.Unreachable():
            return "Is it running (`ticker up`)? TICKER_URL says where it is."
        case errors.Unavailable():
            return "Nothing is lost: the same command again is safe. `ticker doctor` says more."
        case errors.ProtocolError():
            return "TICKER_URL must name a Ticker server; now it names something else."
        case errors.FeedRefused(code="bad_cursor"):
            return "Leave --after out to begin with what is out now."
        case _:
            return None
