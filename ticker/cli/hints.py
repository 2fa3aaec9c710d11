"""Hints after an error: the next step. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ticker.client import errors

OVER = ("the item is retracted", "the item is expired")
"""How the server begins when such an item is to be changed."""
SECOND_PERSON = "needs a second person"
"""What the server says of a change that its author cannot approve."""
SESSION = "your session"
"""What the server says of a session that has ended."""
NO_RESOURCE = "no resource at /v1/"
"""How the server begins when there is no such address."""
STORE_ACCESS = "store-access"
"""The problem of a command whose user in Redis has a wrong password, or lacks a right."""
STORY_TEXT = "text of the story"
"""What the server says has changed, if it is no item."""


def advice(error: errors.ClientError) -> str | None:
    """Return the next step for the user after ``error``, or None."""
    match error:
        case errors.Unauthorised() if SESSION in error.detail:
            return "Sign in again: ticker account sign-in NAME"
        case errors.Unauthorised():
            return (
                "Sign in (`ticker account sign-in NAME`), or set TICKER_KEY to a key of this "
                "newsroom (`ticker keys create NAME` creates one). "
                "For a newsroom of `ticker up`, set TICKER_DATA to its data directory instead."
            )
        case errors.Forbidden() if error.slug == STORE_ACCESS:
            return (
                "Correct the user and password of TICKER_REDIS_URL, or give that user the right. "
                "`ticker acl` prints the users of the newsroom."
            )
        case errors.Duplicate() if error.existing:
            return f"See it with `ticker show {error.existing}`, or publish anyway with --force."
        case errors.Conflict() if error.detail.startswith(OVER):
            return "`ticker undo` publishes its text again, as a new item."
        case errors.Conflict() if SECOND_PERSON in error.detail:
            return "Somebody else approves it, or a chief gives a reason with --break-glass."
        case errors.ImplausibleTime():
            return "Check date and time zone. If the time is right, repeat with --force."
        case errors.Invalid() if isinstance(found := error.document.get("suggested"), dict):
            return _suggested(found)
        case errors.KeyReused():
            return "Use a different --key for a different text."
        case errors.Stale() if STORY_TEXT in error.detail:
            return "See the current text with `ticker story show`, then try again."
        case errors.Stale():
            return "See the current version with `ticker show`, then try again."
        case errors.NotFound() if error.detail.startswith(NO_RESOURCE):
            return "A name that you gave is empty or has a slash; or the newsroom is older."
        case errors.Unreachable() if not error.url.startswith("http"):
            return "Is Redis or Valkey running, and is TICKER_REDIS_URL its address?"
        case errors.Unreachable():
            return "Is the server running (`ticker up`), and is TICKER_URL its address?"
        case errors.Unavailable():
            return "You can safely repeat the command. `ticker doctor` shows the cause."
        case errors.ProtocolError():
            return "Is TICKER_URL the address of a Ticker server?"
        case _:
            return None


def _suggested(found: Mapping[str, Any]) -> str:
    """Return the options for the texts that are in a picture's file, quoted for a shell."""
    texts = {name: found.get(name) for name in ("alt", "credit")}
    options = [f"--{name} {shlex.quote(str(text))}" for name, text in texts.items() if text]
    if not options:
        return "Say with --alt what the picture shows."
    return f"In the file, for you to check: {' '.join(options)}"
