"""What a browser would rather have: ``Accept`` and ``Accept-Language`` (RFC 9110 §12.5)."""

from __future__ import annotations

import re

from starlette.requests import Request

from ticker.domain.taxonomy import Taxonomy
from ticker.words import FALLBACK

CHOICES_MAX = 32
"""More choices than anybody means are not looked at."""

_CHOICE = re.compile(r"\s*([^\s;,]+)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?(?:;[^,]*)?")


def choices(header: str) -> list[tuple[str, float]]:
    """Return the values in ``header`` in lower case with their weights, best first.

    What cannot be read is left out, and so is what is not wanted (``q=0``).
    """
    found = []
    for part in header.split(",")[:CHOICES_MAX]:
        match = _CHOICE.fullmatch(part)
        if match is not None and (weight := float(match[2] or 1)) > 0:
            found.append((match[1].lower(), weight))
    return sorted(found, key=lambda choice: -choice[1])


def wants_page(request: Request) -> bool:
    """Tell whether a person asks: HTML is named, and JSON is not liked better."""
    weights = dict(reversed(choices(request.headers.get("accept", ""))))
    html = max(weights.get("text/html", 0), weights.get("application/xhtml+xml", 0))
    json = max(weights.get("application/json", 0), weights.get("application/problem+json", 0))
    return html > 0 and html >= json


def edition_for(request: Request, taxonomy: Taxonomy, among: list[str] | None = None) -> str:
    """Return the edition that the reader's languages ask for.

    ``among`` are the editions to choose from, all if None. A language range finds the edition with
    that very language, else one with the same primary language (after RFC 4647 §3.4). Without a
    match it is an English one, which most readers of none of the others read, else the first.
    """
    names = list(taxonomy.editions) if among is None else among
    tags = {name: taxonomy.editions[name].language.lower() for name in names}
    header = request.headers.get("accept-language", "")
    for wanted, _ in [*choices(header), (FALLBACK, 0)]:
        for name, tag in tags.items():
            if tag == wanted:
                return name
        for name, tag in tags.items():
            if tag.partition("-")[0] == wanted.partition("-")[0]:
                return name
    return names[0]
