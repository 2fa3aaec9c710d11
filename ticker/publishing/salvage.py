"""Makes what a retraction needs of an item whose record in Redis is gone or cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import reduce
from typing import Any

import orjson
from pydantic import ValidationError

from ticker.domain.clock import rfc3339
from ticker.domain.filter import Facets
from ticker.domain.item import PUBLIC_FIELDS, Item

_DEFAULTS: dict[str, Any] = {
    "edition": "",
    "level": "flash",
    "language": "und",
    "dir": "ltr",
    "headline": "",
}
_TIMES = ("published_at", "updated_at", "expires_at", "embargo_until", "undo_until", "correction")
"""Fields that a retraction does not need, and of which a wrong value would stop it."""


def salvaged(id: str, version: int, state: str, documents: Sequence[bytes]) -> Item:
    """Return the item that the valid fields of ``documents`` make, later ones first.

    ``documents`` are its versions in JSON, as far as they are kept, oldest first. ``version`` and
    ``state`` are the item's now. Its reach covers all of them, so that its retraction reaches
    everybody who may have it.
    """
    fields = dict(_DEFAULTS)
    reaches: list[Facets] = []
    for document in documents:
        valid = _valid(document)
        reach = valid.pop("reach", None)
        fields |= valid
        reaches.append(Facets.of(_item(id, version, fields)))
        with suppress(KeyError, TypeError, ValueError):  # an earlier version may have written it
            reaches.append(Facets.from_json(reach or {}))
    item = _item(id, version, fields)
    reach = reduce(Facets.union, reaches, Facets.of(item)).to_json()
    known: Any = (
        state if state in ("draft", "scheduled", "expired", "retracted", "test") else "live"
    )
    return item.model_copy(update={"reach": reach, "state": known})


def from_archive(id: str, public: bytes) -> Item:
    """Return an item that only the archive has, as expired. ``public`` is its JSON there.

    Its expiry was a version of its own, which the archive does not have.
    """
    data = orjson.loads(public)
    fields = {name: value for name, value in data.items() if name in PUBLIC_FIELDS}
    try:
        item = Item.model_validate(fields)
    except ValidationError:
        item = salvaged(id, data["version"], "expired", [public])
    return item.model_copy(update={"version": item.version + 1, "state": "expired"})


def _item(id: str, version: int, fields: dict[str, Any]) -> Item:
    times: dict[str, Any] = dict.fromkeys(_TIMES)
    times |= dict.fromkeys(("published_at", "updated_at"), rfc3339(0))
    return Item.model_validate(fields | times | {"id": id, "version": version})


def _valid(document: bytes) -> dict[str, Any]:
    """Return the fields of a stored document that are valid."""
    try:
        data = orjson.loads(document)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(data, dict):
        return {}
    try:
        Item.model_validate(data)
    except ValidationError as error:
        wrong = {one["loc"][0] for one in error.errors() if one["loc"]}
        return {name: value for name, value in data.items() if name not in wrong}
    return data
