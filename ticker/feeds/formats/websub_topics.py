"""The feeds' addresses, and which of them are WebSub topics: what servers name, workers tell."""

from __future__ import annotations

from urllib.parse import urlencode

FORMATS = ("json", "atom", "rss", "ninjs")


def feed_address(base: str, format: str, query: str = "") -> str:
    """Return where a feed is; ``query`` is urlencoded, without ``?``."""
    return f"{base}/v1/feed.{format}" + (f"?{query}" if query else "")


def topics_of(base: str, edition: str) -> set[str]:
    """Return the topics that an item of ``edition`` is in: in each format, all and its edition."""
    query = urlencode({"edition": edition})
    return {feed_address(base, format, chosen) for format in FORMATS for chosen in ("", query)}
