"""Shell completion of editions, sections, regions, stories and ids.

Never prints an error into the shell, nor anything that it would obey. Stories and ids are those of
the newest items, from the newsroom: without an answer within ``WAIT`` seconds there are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ticker.client import Item

WAIT = 1.0
SHOWN_MAX = 60
"""Characters of a headline beside an id: a longer one would be broken into lines."""
_OBEYED = str.maketrans(
    {"\\": "/", "`": "\u2019", "$": "\uff04", '"': "\u201d", "'": "\u2019", "[": "(", "]": ")"}
)
"""What a shell obeys in a description, or takes for markup, and what it sees instead. The script
for zsh evaluates descriptions: in one with a backslash before a dollar it would run a command."""
NEWEST = 100
"""Items whose ids and stories are offered."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")


def editions(incomplete: str) -> list[str]:
    """Return the editions that begin with ``incomplete``."""
    return _matching("editions", incomplete)


def sections(incomplete: str) -> list[str]:
    """Return the sections that begin with ``incomplete``."""
    return _matching("sections", incomplete)


def regions(incomplete: str) -> list[str]:
    """Return the regions that begin with ``incomplete``."""
    return _matching("regions", incomplete)


def states(incomplete: str) -> list[str]:
    """Return the states that begin with ``incomplete``."""
    from ticker.cli.listing import STATES

    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{state}" for state in STATES if state.startswith(last)]


def stories(incomplete: str) -> list[str]:
    """Return the stories that begin with ``incomplete``."""
    done, comma, last = incomplete.rpartition(",")
    names = dict.fromkeys(item.story for item in _newest() if item.story)
    return [f"{done}{comma}{name}" for name in names if name.startswith(last) and _safe(name)]


def ids(incomplete: str) -> list[tuple[str, str]]:
    """Return the short ids that begin with ``incomplete``, or else full ones; with headlines."""
    from ticker.cli.item_ids import LEAST, short_forms

    part = incomplete.lower()
    items = [item for item in _newest() if _safe(item.id)]
    found = [
        (id, description(item.headline))
        for id, item in zip(short_forms([item.id for item in items]), items, strict=True)
        if id.startswith(part)
    ]
    if found or len(part) < LEAST:
        return found
    return [(item.id, description(item.headline)) for item in items if item.id.startswith(part)]


def description(headline: str) -> str:
    """Return a headline as the description of an id: text that no shell obeys."""
    from ticker.domain.terminal_text import inline

    text = inline(headline).translate(_OBEYED)
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1].rstrip()}…"


def _newest() -> tuple[Item, ...]:
    """Return the newest items; none if the newsroom does not answer."""
    import asyncio

    from ticker.client import Editor, errors
    from ticker.client.settings import client_settings
    from ticker.domain.environment_names import InvalidSettings

    async def asked() -> tuple[Item, ...]:
        found = client_settings()
        async with Editor(found.url, found.key, attempts=1, timeout=WAIT) as client:
            return (await client.list(limit=NEWEST, all=client.has_key)).items

    try:
        return asyncio.run(asked())
    except (errors.ClientError, InvalidSettings):  # the command itself reports them
        return ()


def _safe(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def _matching(facet: str, incomplete: str) -> list[str]:
    from ticker.config import load
    from ticker.domain.taxonomy import Taxonomy

    try:
        taxonomy = load().taxonomy
    except ValueError:  # the command itself reports invalid settings
        taxonomy = Taxonomy()
    values: Iterable[str] = getattr(taxonomy, facet)
    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{value}" for value in values if value.startswith(last)]
