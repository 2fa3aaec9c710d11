"""Content negotiation: ``Accept`` and ``Accept-Language`` (RFC 9110 §12.5)."""

from __future__ import annotations

import re

from starlette.requests import Request

from ticker.domain.taxonomy import Taxonomy
from ticker.translations import FALLBACK

CHOICES_MAX = 32
"""Choices of a header that are read; further ones are ignored."""

_CHOICE = re.compile(r"\s*([^\s;,]+)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?(?:;[^,]*)?")


def choices(header: str) -> list[tuple[str, float]]:
    """Return the values of ``header`` in lower case with their weights, best first.

    Malformed values and unwanted ones (``q=0``) are left out.
    """
    found = []
    for part in header.split(",")[:CHOICES_MAX]:
        match = _CHOICE.fullmatch(part)
        if match is not None and (weight := float(match[2] or 1)) > 0:
            found.append((match[1].lower(), weight))
    return sorted(found, key=lambda choice: -choice[1])


def wants_page(request: Request) -> bool:
    """Return whether the client prefers HTML: it accepts HTML, and JSON is not weighted higher."""
    weights = dict(reversed(choices(request.headers.get("accept", ""))))
    html = max(weights.get("text/html", 0), weights.get("application/xhtml+xml", 0))
    json = max(weights.get("application/json", 0), weights.get("application/problem+json", 0))
    return html > 0 and html >= json


def edition_for(request: Request, taxonomy: Taxonomy, among: list[str] | None = None) -> str:
    """Return the edition that matches the client's languages best.

    ``among`` are the editions to choose from, by default all. A language range selects the edition
    with that language, otherwise one with the same primary language (after RFC 4647 §3.4). Without
    a match an English edition is chosen, or the first one if there is none.
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
