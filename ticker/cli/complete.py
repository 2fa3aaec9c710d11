"""Shell completion of editions, sections and regions. Never prints an error into the shell."""

from __future__ import annotations

from collections.abc import Iterable


def editions(incomplete: str) -> list[str]:
    """Return the editions that begin with ``incomplete``."""
    return _matching("editions", incomplete)


def sections(incomplete: str) -> list[str]:
    """Return the sections that begin with ``incomplete``."""
    return _matching("sections", incomplete)


def regions(incomplete: str) -> list[str]:
    """Return the regions that begin with ``incomplete``."""
    return _matching("regions", incomplete)


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
