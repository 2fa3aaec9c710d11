"""Short ids: the last characters of an id stand for it, as the first ones of a commit do in git.

An id begins with its time, so items of one day begin with the same characters; its last characters
are random. The commands print the end of an id, and take its beginning too if that is unique.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ticker.client.errors import refusal

if TYPE_CHECKING:
    from ticker.client import Editor

FULL, SHORT, LEAST = 26, 6, 4
"""Characters of an id, of its printed short form, and of the shortest form that is understood."""
NAMED_MAX = 10
"""Items that the message about an unclear id names."""
_PART = re.compile(r"[0-9a-z]+", re.ASCII)


def short_forms(ids: Sequence[str]) -> list[str]:
    """Return the ends of ``ids``: ``SHORT`` characters, or as many more as make them different."""
    different = len(set(ids))
    for length in range(SHORT, FULL):
        forms = [id[-length:] for id in ids]
        if len(set(forms)) == different:
            return forms
    return list(ids)


async def full_id(client: Editor, text: str) -> str:
    """Return the id that begins or ends with ``text``; whatever may be a full id, as it is.

    It is looked up among all items: live and archived ones, and with a key scheduled, retracted and
    test ones. Raises NotFound without such an item, Conflict with several.
    """
    part = text.strip().lower()
    if _PART.fullmatch(part) is None:
        raise refusal(404, _problem("Not found", f"{text!r} is no id: it has only 0-9 and a-z"))
    if len(part) >= FULL:
        return part if len(part) == FULL else text
    if len(part) < LEAST:
        raise refusal(404, _problem("Not found", f"a short id has at least {LEAST} characters"))
    found = (await client.with_id(part)).items
    if not found:
        detail = f"no id of an item begins or ends with {part}"
        raise refusal(404, _problem("Not found", detail))
    if len(found) > 1:
        detail = "write more characters of the id"
        # The newsroom does not send all of very many.
        count = f"{len(found)}" if len(found) <= NAMED_MAX else f"More than {NAMED_MAX}"
        problem = _problem(f"{count} items have an id that begins or ends with {part}", detail)
        problem["errors"] = [
            {"field": item.id, "message": item.headline} for item in found[:NAMED_MAX]
        ]
        raise refusal(409, problem)
    return found[0].id


def _problem(title: str, detail: str) -> dict[str, object]:
    return {"type": "about:blank", "title": title, "detail": detail}
