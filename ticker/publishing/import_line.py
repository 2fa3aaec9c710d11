"""Lines of an import: a draft with a key, or the withdrawal of one. Pure."""

from __future__ import annotations

import re
from typing import Any

from ticker.domain.draft import read_draft
from ticker.domain.errors import FieldError, Invalid
from ticker.domain.item_limits import HEADLINE_MAX
from ticker.domain.messages import message_of, said
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.text import optional
from ticker.publishing.import_record import Incoming

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def read_line(data: object, taxonomy: Taxonomy) -> Incoming:
    """Return the entry in a line (parsed JSON), which is changed. Raises Invalid."""
    if not isinstance(data, dict):
        return Incoming(None, read_draft(data, taxonomy))
    line: dict[str, Any] = data
    key = line.pop("key", None)
    if key is not None and not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise Invalid([FieldError("key", said("not-a-key"))])
    status = line.pop("status", "usable")
    if status == "canceled":
        if key is None:
            raise Invalid([FieldError("key", said("withdrawal-key"))])
        return Incoming(key, None)
    if status != "usable":
        raise Invalid([FieldError("status", said("not-a-status"))])
    if line.get("replaces") is not None:
        raise Invalid([FieldError("replaces", said("no-replacing-import"))])
    if line.get("undo_window"):
        raise Invalid([FieldError("undo_window", said("no-undo-window-of-import"))])
    correction = _correction(line.pop("correction", None))
    if not line.get("edition") and isinstance(line.get("language"), str):
        edition = taxonomy.edition_of(line["language"])
        if edition is not None:
            line["edition"] = edition
    return Incoming(key, read_draft(line, taxonomy), correction)


def _correction(value: object) -> str | None:
    if value is None:
        return None
    try:
        text = optional(value, HEADLINE_MAX) if isinstance(value, str) else ""
    except ValueError as error:
        raise Invalid([FieldError("correction", message_of(error))]) from None
    if not text.strip():
        raise Invalid([FieldError("correction", said("not-text"))])
    return text
