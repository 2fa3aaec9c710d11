"""A story as schema.org/LiveBlogPosting, for search engines, inside its page."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from markupsafe import Markup

from ticker.api.site.element import script_safe
from ticker.api.site.frame import Frame
from ticker.api.site.lines import Line


def live_blog(frame: Frame, lines: Sequence[Line]) -> Markup:
    """Return the JSON-LD of a story's ``lines``, oldest first, as it may stand in a script."""
    first, newest = lines[0], lines[-1]
    changed = max(line.item.updated_at for line in lines)
    return script_safe(
        orjson.dumps(
            {
                "@context": "https://schema.org",
                "@type": "LiveBlogPosting",
                "@id": frame.canonical,
                "url": frame.canonical,
                "headline": newest.title,
                "inLanguage": frame.language,
                "datePublished": first.item.published_at,
                "coverageStartTime": first.item.published_at,
                "dateModified": changed,
                "publisher": {"@type": "NewsMediaOrganization", "name": frame.name},
                "liveBlogUpdate": [_update(frame, line) for line in reversed(lines)],
            }
        )
    )


def _update(frame: Frame, line: Line) -> dict[str, object]:
    item = line.item
    update: dict[str, object] = {
        "@type": "BlogPosting",
        "@id": frame.base + line.path,
        "url": frame.base + line.path,
        "headline": line.title,
        "articleBody": item.summary or line.title,
        "inLanguage": item.language,
        "datePublished": item.published_at,
        "dateModified": item.updated_at,
    }
    if item.correction is not None:
        update["correction"] = {
            "@type": "CorrectionComment",
            "text": item.correction.text,
            "datePublished": item.correction.at,
        }
    return update
