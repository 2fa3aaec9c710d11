"""The ``ticker audience`` command: how many readers there are now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import editor, reading_response, run

FACETS = {"editions": "Editions", "sections": "Sections", "stories": "Stories"}
SHOWN_MAX = 20
"""Names of a facet that a person is shown; ``--json`` has all."""


def audience(as_json: options.Json = False) -> None:
    """Show how many readers there are now, by edition, section and story."""
    out = Output(as_json)

    async def work() -> None:
        async with editor() as client:
            found = await client.audience()
        if as_json:
            out.json(dict(found))
            return
        with reading_response():
            for line in lines(found):
                out.say(line)

    run(out, work())


def lines(found: Mapping[str, Any]) -> list[str]:
    """Return the counts as lines of text. Raises KeyError, TypeError, AttributeError."""
    count, gateways = int(found["readers"]), int(found["gateways"])
    readers = f"{count:,} reader{'' if count == 1 else 's'}"
    text = [f"{readers}, {gateways} gateway{'' if gateways == 1 else 's'}"]
    for facet, title in FACETS.items():
        names = list(found[facet].items())
        if not names:
            continue
        text += ["", title]
        text += [f"  {number:>8,}  {name}" for name, number in names[:SHOWN_MAX]]
        if len(names) > SHOWN_MAX:
            text.append(f"            and {len(names) - SHOWN_MAX} more (--json)")
    return text
