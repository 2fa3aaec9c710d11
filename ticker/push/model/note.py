"""What a notification says, whoever carries it. Providers' payloads are made of a ``Note``."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.domain.clock import parse_ms
from ticker.domain.item import Item, Level, PushOptions
from ticker.domain.taxonomy import Direction
from ticker.feeds.formats.channel import item_page, with_speaker
from ticker.push.model.plan import Kind

TITLE_MAX = 65
"""Characters; what phones show of a title in one line."""


@dataclass(frozen=True, slots=True)
class Strings:
    """What the newsroom says itself, in the language of one edition."""

    site: str
    correction: str = "Correction"
    withdrawn: str = "An alert we sent you was wrong. We have withdrawn it."


@dataclass(frozen=True, slots=True)
class Note:
    """One notification. Everything that every receiver of it gets alike."""

    kind: Kind
    item: str
    version: int
    edition: str
    level: Level
    language: str
    dir: Direction
    title: str
    body: str
    url: str
    """Where a tap leads; empty if the newsroom has no public address and the item no link."""
    collapse: str
    thread: str
    """What phones group by: the story, or the item."""
    ttl: int
    """Seconds for which a provider may keep it for a phone that is off."""
    published_ms: int

    @property
    def loud(self) -> bool:
        """Tell whether it may interrupt. Replacements and withdrawals never do."""
        return self.kind == "alert" and self.level >= Level.urgent


def make_note(
    kind: Kind,
    item: Item,
    *,
    strings: Strings,
    base: str,
    collapse: str,
    ttl: int,
    changed: bool = False,
) -> Note:
    """Return what phones show for ``item`` as it is now. ``base`` is the newsroom's address.

    ``changed``: it is another version than the one that phones were to be told of; what was written
    for the alert does not know of the change. A withdrawal carries nothing of the text.
    """
    options = PushOptions.model_validate(item.push if isinstance(item.push, dict) else {})
    page = item_page(base, item.id) if base else ""
    line = with_speaker(item.speaker, item.headline)
    if kind == "withdraw":
        title, body, url = strings.site, strings.withdrawn, page
    elif kind == "replace":
        title = strings.site if item.correction is None else strings.correction
        body, url = line, page or item.link or ""
    elif changed:
        title, body, url = strings.site, line, page or item.link or ""
    else:
        title, body = options.title or strings.site, options.body or line
        url = page or item.link or ""
    return Note(
        kind,
        item.id,
        item.version,
        item.edition,
        Level[item.level],
        item.language,
        item.dir,
        title[:TITLE_MAX],
        body,
        url,
        collapse,
        item.story or item.id,
        ttl,
        parse_ms(item.published_at),
    )
