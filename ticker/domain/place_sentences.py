"""Sentences that say why a retracted item is not gone from a place yet, by their codes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PLACES: Final[Mapping[str, str]] = {
    "place-uncarried": "no worker has carried the retraction yet",
    "place-entry": "it has 1 entry with the text",
    "place-entries": "it has {count:,} entries with the text",
    "place-memory": "its memory has the text",
    "place-behind": "it has not read the retraction yet",
    "place-silent": (
        "silent for {seconds} s: it has crashed, or serves from its memory without Redis"
    ),
    "place-slow": "1 slow or broken connection, which gets it when it reads on, or is closed",
    "place-slow-many": (
        "{count:,} slow or broken connections, which get it when they read on, or are closed"
    ),
    "place-cached": (
        "a cache may serve feeds for {seconds} s more, pages for two seconds after an event"
    ),
    "place-archive": "it has the text; is its worker running?",
    "place-archive-behind": "its worker has not read the retraction",
    "place-push-unread": "no worker has read the retraction yet",
    "place-push-waits": "no worker has begun to withdraw the alert",
    "place-push-shards": "{done} of {shards} shards are done",
    "place-push-late": "1 device had the alert and cannot be told any more",
    "place-push-late-many": "{count:,} devices had the alert and cannot be told any more",
    "place-push-lost": "1 device could not be told and may still show the alert",
    "place-push-lost-many": "{count:,} devices could not be told and may still show the alert",
    "place-webhook-lost": "it did not take the retraction",
    "place-webhook-disabled": "disabled: {cause}",
    "place-webhook-waits": "the retraction waits",
    "place-webhook-waits-after": "the retraction waits after {cause}",
    "place-hub": "not notified yet: its readers may have old feeds",
}
"""The English sentence of every code. A ``cause`` is technical, and stays as it is."""
