"""Short ids: the last characters of an id stand for it, as the first ones of a commit do in git.

An id begins with its time, so items of one day begin with the same characters; its last characters
are random. The commands print the end of an id, and take its beginning too if that is unique.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ticker.client.errors import refusal

if TYPE_CHECKING:
    from ticker.client import Editor, Item

FULL, SHORT, LEAST = 26, 6, 4
"""Characters of an id, of its printed short form, and of the shortest form that is understood."""
SEARCHED = 200
"""Newest items among which a short id is looked up."""
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


def meant(text: str, items: Iterable[Item]) -> list[Item]:
    """Return the items whose id begins or ends with ``text``."""
    return [item for item in items if item.id.startswith(text) or item.id.endswith(text)]


async def full_id(client: Editor, text: str) -> str:
    """Return the id that begins or ends with ``text``; whatever may be a full id, as it is.

    It is looked up among the newest items of any state and the scheduled ones, and if it is none of
    them in the archive.
    Raises NotFound without such an item, Conflict with several.
    """
    part = text.strip().lower()
    if _PART.fullmatch(part) is None or len(part) >= FULL:
        return part if len(part) == FULL else text
    if len(part) < LEAST:
        raise refusal(404, _problem("Not found", f"a short id has at least {LEAST} characters"))
    from ticker.cli import archive_pages

    if client.has_key:
        found = meant(part, await archive_pages.newest(client, {}))
    else:
        found = meant(part, (await client.list(limit=SEARCHED)).items)
    if not found:
        found = await archive_pages.with_part(client, part)
    if not found:
        detail = f"no id of the newest items begins or ends with {part}; write the whole id"
        raise refusal(404, _problem("Not found", detail))
    if len(found) > 1:
        detail = "write more characters of the id"
        problem = _problem(f"{len(found)} items have an id that begins or ends with {part}", detail)
        problem["errors"] = [
            {"field": item.id, "message": item.headline} for item in found[:NAMED_MAX]
        ]
        raise refusal(409, problem)
    return found[0].id


def _problem(title: str, detail: str) -> dict[str, object]:
    return {"type": "about:blank", "title": title, "detail": detail}
