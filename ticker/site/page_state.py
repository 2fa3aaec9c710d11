"""The state of a page in JSON, from which ticker/web/site continues in the browser.

It has the items that the page shows outside its elements, the cursor at which they are current,
and the texts that the browser needs. So the page stays up to date without a request of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson
from markupsafe import Markup

from ticker.domain.cursor import Cursor
from ticker.domain.event import LaneEvent
from ticker.site.ticker_element import script_safe
from ticker.translations import Translation

TEXTS = (
    *("live", "connecting", "offline", "stopped", "paused", "pause", "resume", "updates", "now"),
    *("correction", "fullStory", "listComma"),
    *("since", "sinceNew", "sinceCorrected", "sinceWithdrawn"),
    *("savedPage", "savedMissing", "unfollow"),
)
"""Texts of the site that the browser uses."""
LABELS = ("flash", "bulletin", "urgent", "pinned", "corrected", "developing", "attributed")
"""Names of levels and marks."""


def page_state(
    cursor: Cursor,
    facets: Mapping[str, str],
    events: Iterable[LaneEvent],
    translation: Translation,
    topics: Sequence[str],
    **more: object,
) -> Markup:
    """Return the state as JSON that is safe between script tags; each of ``events`` once.

    ``facets`` are those of the page's subscription, and ``topics`` the slugs of all sections and
    regions. ``more`` depends on the kind of page.
    """
    items = {event.item_id: event.item for event in events if event.facets is not None}
    head = {
        "cursor": str(cursor),
        "facets": facets,
        "lang": translation.language,
        "dir": translation.dir,
        "locale": translation.locale,
        "labels": {name: translation.label(name) for name in LABELS},
        "texts": {name: translation.site[name] for name in TEXTS},
        "ago": translation.ago,
        "topics": {slug: translation.topic(slug) for slug in topics},
        **more,
    }
    return script_safe(orjson.dumps(head)[:-1] + b',"items":[%s]}' % b",".join(items.values()))
