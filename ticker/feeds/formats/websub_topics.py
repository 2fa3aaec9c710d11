"""Feed addresses, and the WebSub topics among them, which servers link and workers publish."""

from __future__ import annotations

from urllib.parse import urlencode

FORMATS = ("json", "atom", "rss", "ninjs")


def feed_address(base: str, format: str, query: str = "") -> str:
    """Return the address of a feed; ``query`` is urlencoded, without ``?``."""
    return f"{base}/v1/feed.{format}" + (f"?{query}" if query else "")


def topics_of(base: str, edition: str) -> set[str]:
    """Return the topics of an item: in each format, the feeds of all and of its ``edition``."""
    query = urlencode({"edition": edition})
    return {feed_address(base, format, chosen) for format in FORMATS for chosen in ("", query)}
