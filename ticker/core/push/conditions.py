"""FCM topics instead of tokens: apps subscribe to topics, and one message reaches them all.

A device subscribes, for every section that it wants (``all`` for all of them), to the topic of each
level at or above its minimum: ``en.politics.urgent``, ``en.politics.bulletin`` and so on. So an
item names the topics of its own level alone, and one condition of up to five of them reaches each
device once (FCM, "Send messages to topics": at most five topics in a condition).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ticker.core.item import Level
from ticker.core.push.topics import ALL

TOPICS_MAX = 5
"""Topics in one condition. An item with more sections needs several; who subscribed to topics of
two conditions gets the message twice, the second in the place of the first."""


def topic_name(edition: str, section: str, level: Level) -> str:
    """Return the name of a topic, of the characters that FCM allows: ``[a-zA-Z0-9-_.~%]``."""
    parts = (edition, "all" if section == ALL else section, level.name)
    return ".".join(quote(part, safe="") for part in parts)


def conditions(edition: str, sections: Sequence[str], level: Level) -> list[str]:
    """Return the conditions that together name everybody whom an item concerns."""
    names = [topic_name(edition, section, level) for section in (ALL, *sections)]
    return [
        " || ".join(f"'{name}' in topics" for name in names[start : start + TOPICS_MAX])
        for start in range(0, len(names), TOPICS_MAX)
    ]
