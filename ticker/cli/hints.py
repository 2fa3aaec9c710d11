"""Hints after an error: the next step, and corrections of misspelled names. Pure."""

from __future__ import annotations

import difflib
import re

from ticker.client import errors

_UNKNOWN = re.compile(r"unknown (?:edition|section|region|level) (.+); known: (.+)")
_QUOTED = re.compile(r"'([^']*)'")


def did_you_mean(message: str) -> str | None:
    """Return a suggestion for a message that lists the known names, or None."""
    found = _UNKNOWN.search(message)
    if found is None:
        return None
    known = [name.strip() for name in found[2].split(",")]
    guesses = []
    for wrong in _QUOTED.findall(found[1]):
        likely = difflib.get_close_matches(wrong.lower(), known, n=2, cutoff=0.5)
        if len(wrong) <= 2:  # too short for a ratio: require the same first letter
            likely = [one for one in likely if one[0] == wrong[0].lower()]
        if likely:
            best = _likeness(wrong, likely[0])
            guesses.append(
                " or ".join(one for one in sorted(likely) if _likeness(wrong, one) == best)
            )
    return f"Did you mean {', '.join(guesses)}?" if guesses else None


def _likeness(wrong: str, known: str) -> float:
    return difflib.SequenceMatcher(None, wrong.lower(), known).ratio()


def advice(error: errors.ClientError) -> str | None:
    """Return the next step for the user after ``error``, or None."""
    match error:
        case errors.Unauthorised():
            return (
                "Set TICKER_KEY to a key of this newsroom (`ticker keys create NAME` creates one). "
                "For a newsroom of `ticker up`, set TICKER_DATA to its data directory instead."
            )
        case errors.Duplicate() if error.existing:
            return f"See it with `ticker show {error.existing}`, or publish anyway with --force."
        case errors.ImplausibleTime():
            return "Check date and time zone. If the time is right, repeat with --force."
        case errors.KeyReused():
            return "Use a different --key for a different text."
        case errors.Stale():
            return "See the current version with `ticker show`, then try again."
        case errors.Unreachable():
            return "Is the server running (`ticker up`), and is TICKER_URL its address?"
        case errors.Unavailable():
            return "You can safely repeat the command. `ticker doctor` shows the cause."
        case errors.ProtocolError():
            return "Is TICKER_URL the address of a Ticker server?"
        case errors.FeedRefused(code="bad_cursor"):
            return "To start with the current items, omit --after."
        case _:
            return None
