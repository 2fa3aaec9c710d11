"""Response schemas of the preview before sending."""

from __future__ import annotations

from typing import Any, Literal

from ticker.api.schema import Schema
from ticker.api.warnings import EditorWarning
from ticker.domain.taxonomy import Direction


class ChannelPreview(Schema):
    """The item in one channel, as it is sent: ``payload`` is made by the code that sends it.

    ``title`` and ``text`` are what people read; ``characters`` counts the text with its speaker.
    ``bytes`` and ``headers`` are those of the request to a push provider. ``cut``: the text was
    shortened to the provider's limit. ``hint`` says why to look again.
    """

    channel: Literal["site", "widget", "bar", "webpush", "fcm", "apns"]
    language: str
    dir: Direction
    title: str
    text: str
    characters: int
    cut: bool
    hint: str | None
    bytes: int
    headers: dict[str, str]
    payload: dict[str, Any]


class Interrupts(Schema):
    """The people whom the item reaches now.

    ``readers`` have a page of the edition, or of all editions, on screen. ``subscriptions`` of each
    provider are for the item's topics; a device that wants several of its sections counts for each.
    Without push there are none. A test item reaches nobody.
    """

    readers: int
    subscriptions: dict[str, int]


class AlertToday(Schema):
    """An alert that was sent today, at the level that its item had then.

    ``headline`` is the item's now: empty once it is retracted.
    """

    id: str
    level: str
    headline: str
    sent_at: str


class AlertsToday(Schema):
    """Alerts of an edition since then; ``newest`` has the last five."""

    count: int
    newest: list[AlertToday]


class Preview(Schema):
    """The outcome of a publication of the draft at this moment. Nothing is published.

    ``state`` is the state that the item would have. ``alerts_today`` has an entry for each edition
    of the key with an alert since ``since``. An item that was raised to a higher level had two.
    Alerts are counted for 48 hours, and the newest 1,000 of an edition.
    """

    state: Literal["draft", "scheduled", "live", "test"]
    channels: list[ChannelPreview]
    interrupts: Interrupts
    alerts_today: dict[str, AlertsToday]
    warnings: list[EditorWarning]
