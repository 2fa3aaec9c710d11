"""Shortening a notification until its encoded form fits a provider's limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ticker.push.model.note import Note
from ticker.push.model.shorten import json_size, shorten

BODY_MIN = 120
"""Bytes of the body that are kept at least; other fields are dropped before."""


def fit(note: Note, limit: int, encode: Callable[[Note], bytes]) -> bytes:
    """Return ``encode(note)`` in at most ``limit`` bytes; ``encode`` contains the body once.

    The picture is dropped first, then the body is cut, then the address is dropped (an app knows
    the item's id), then the title.
    A result that is still too long is returned with ``BODY_MIN`` of the body: the provider refuses
    it for each device, and no other notification is held up.
    """
    if note.image and len(encode(note)) > limit:
        note = replace(note, image="")
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
