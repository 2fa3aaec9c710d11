"""A note within so many bytes, whatever a provider makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ticker.push.model.note import Note
from ticker.push.model.shorten import json_size, shorten

BODY_MIN = 120
"""Bytes of text that are left before other things are given up for it."""


def fit(note: Note, limit: int, encode: Callable[[Note], bytes]) -> bytes:
    """Return ``encode(note)`` in at most ``limit`` bytes; ``encode`` says the body once.

    Too long: the body is cut; if that does not do, the address goes (an app knows the item's id),
    and at last the title. What is still too long then is sent all the same, with ``BODY_MIN`` of
    the body: the provider refuses it, for one device after the other, and nothing else is held up.
    """
    bare = replace(note, url="", title="")
    size = json_size(note.body)
    for one in (note, replace(note, url=""), bare):
        encoded = encode(one)
        excess = len(encoded) - limit
        if excess <= 0:
            return encoded
        if size - excess >= BODY_MIN:
            return encode(replace(one, body=shorten(one.body, size - excess)))
    return encode(replace(bare, body=shorten(bare.body, BODY_MIN)))
