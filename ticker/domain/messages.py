"""Sentences of refusals: English text with a stable code and its parameters. Pure.

A ``Message`` is text like any other, and it knows its code, so that an interface can say the same
in the language of its reader. The English text is the fallback; it may change, the code does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from ticker.domain.did_you_mean import likely
from ticker.domain.feed_sentences import FEEDS
from ticker.domain.field_sentences import FIELDS
from ticker.domain.place_sentences import PLACES
from ticker.domain.refusal_sentences import REFUSALS, WARNINGS

Param: TypeAlias = str | int
"""A value in a sentence: a name, a limit, a count, a time."""

OTHER = "other"
"""The code of a text from elsewhere, of which only the English exists."""

SENTENCES: Final[Mapping[str, str]] = {
    **FIELDS,
    **REFUSALS,
    **FEEDS,
    **PLACES,
    **WARNINGS,
}
"""The English sentence of every code, with its parameters in braces."""


class Message(str):
    """An English sentence with its ``code`` and the ``params`` in it."""

    __slots__ = ("code", "params")

    code: str
    params: Mapping[str, Param]


def said(code: str, **params: Param) -> Message:
    """Return the sentence of ``code`` with ``params``. Those that it does not name are added."""
    message = Message(SENTENCES[code].format_map(params))
    message.code, message.params = code, params
    return message


def unknown(code: str, name: str, known: Iterable[str]) -> Message:
    """Return the sentence of ``code`` about an unknown ``name``, with the known one it may mean."""
    if found := likely([name], known):
        return said(f"{code}-likely", name=name, likely=found)
    return said(code, name=name)


def coded(text: str) -> dict[str, object]:
    """Return ``code`` and ``params`` of ``text``, as a problem document has them."""
    if isinstance(text, Message):
        return {"code": text.code, "params": dict(text.params)}
    return {"code": OTHER, "params": {}}


def other(text: str) -> Message:
    """Return a text from elsewhere as a message; it has no code of its own."""
    message = Message(text)
    message.code, message.params = OTHER, {}
    return message


def message_of(error: BaseException) -> Message:
    """Return what ``error`` says, with its code if it has one."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Message) else other(str(error))
