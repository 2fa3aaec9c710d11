"""The notification of an item, from which the providers' payloads are made."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.domain.clock import parse_ms
from ticker.domain.draft import PushOptions
from ticker.domain.item import Item, Level
from ticker.domain.renditions import nearest
from ticker.domain.speaker import with_speaker
from ticker.domain.taxonomy import Direction
from ticker.feeds.formats.channel import item_page
from ticker.push.model.alert_decision import Kind

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""Pictures that devices can show. Apple takes no others as attachments, and Android no vectors."""
IMAGE_WIDTH = 960
"""Width in pixels of a notification on a dense screen. A wider picture costs data for nothing."""
IMAGE_MAX = 1_000
"""Characters of a picture's address: a longer one would leave too little room for the text."""
TITLE_MAX = 65
"""Characters of a title that phones show in one line."""


@dataclass(frozen=True, slots=True)
class Strings:
    """The newsroom's own texts in the language of one edition."""

    site: str
    correction: str = "Correction"
    withdrawn: str = "An alert we sent you was wrong. We have withdrawn it."


@dataclass(frozen=True, slots=True)
class Note:
    """One notification, the same for all its receivers."""

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
    """The page that a tap opens; empty if neither newsroom nor item has an address."""
    collapse: str
    thread: str
    """The key by which devices group notifications: the story, or the item."""
    ttl: int
    """Seconds for which a provider may keep it for a device that is off."""
    published_ms: int
    image: str = ""
    """Address of the item's first picture, which devices load; may be empty."""

    @property
    def loud(self) -> bool:
        """Tell whether it may make a sound. Replacements and withdrawals never do."""
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
    """Return the notification for the current version of ``item``.

    ``base`` is the newsroom's address. ``changed``: it is a later version than the alert's, so the
    text that was written for the alert is not used. A withdrawal has nothing of the item's text.
    """
    options = PushOptions.model_validate(item.push if isinstance(item.push, dict) else {})
    page = item_page(base, item.id) if base else ""
    headline = with_speaker(item.speaker, item.headline)
    if kind == "withdraw":
        title, body, url = strings.site, strings.withdrawn, page
    elif kind == "replace":
        title = strings.site if item.correction is None else strings.correction
        body, url = headline, page or item.link or ""
    elif changed:
        title, body, url = strings.site, headline, page or item.link or ""
    else:
        title, body = options.title or strings.site, options.body or headline
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
        "" if kind == "withdraw" else _picture(item),
    )


def _picture(item: Item) -> str:
    for media in item.media:
        if media.type in PICTURES and media.href.lower().startswith("https://"):
            href, *_ = nearest(media.href, media.renditions, IMAGE_WIDTH)
            return href if len(href) <= IMAGE_MAX else ""
    return ""
