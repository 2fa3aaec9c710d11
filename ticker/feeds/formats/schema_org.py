"""schema.org members that the JSON-LD of an item's page and of a story share."""

from __future__ import annotations

from typing import Any

from ticker.feeds.formats.channel import PublicItem, clean, uri


def provenance(item: PublicItem) -> dict[str, Any]:
    """Return what is known of the item's link, source and correction, as members of an article."""
    members: dict[str, Any] = {}
    if item["link"]:
        members["citation"] = uri(item["link"])
    if item["source"]:
        members["sourceOrganization"] = {"@type": "Organization", "name": clean(item["source"])}
    if item["correction"] is not None:
        members["correction"] = {
            "@type": "CorrectionComment",
            "text": clean(item["correction"]["text"]),
            "datePublished": item["correction"]["at"],
        }
    return members
