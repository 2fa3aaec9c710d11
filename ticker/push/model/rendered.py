"""An alert as each provider gets it, for an editor who looks before sending.

The payloads come from the functions that the senders use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from ticker.domain.item import Item
from ticker.push.model import apns, fcm, webpush
from ticker.push.model.alert_decision import alert_ttl, collapse_key
from ticker.push.model.note import Strings, make_note
from ticker.push.model.subscription import ProviderName


@dataclass(frozen=True, slots=True)
class Rendered:
    """The alert of one provider; ``title`` and ``text`` are those in ``payload``."""

    provider: ProviderName
    title: str
    text: str
    cut: bool
    """Whether the text was shortened to the provider's limit."""
    payload: dict[str, Any]
    size: int
    """Bytes of the payload."""
    headers: dict[str, str]


def rendered(
    item: Item, *, strings: Strings, base: str, now_s: int, fcm_topics: bool, apns_topic: str
) -> list[Rendered]:
    """Return the alert of ``item`` for every provider; ``base`` is the newsroom's address.

    ``fcm_topics``: FCM is sent to topics, whose messages are smaller.
    """
    note = make_note(
        *("alert", item),
        strings=strings,
        base=base,
        collapse=collapse_key(item),
        ttl=alert_ttl(item),
    )
    browser = webpush.payload(note)
    limit = fcm.TOPIC_MAX if fcm_topics else fcm.MESSAGE_MAX
    android = fcm.message(note, now_s, limit=limit).to("DEVICE")
    apple = apns.push(note, now_s, topic=apns_topic)

    def one(
        provider: ProviderName, payload: bytes, texts: tuple[str, ...], headers: dict[str, str]
    ) -> Rendered:
        data = orjson.loads(payload)
        place = data
        for name in texts:
            place = place[name]
        text = place["body"]
        return Rendered(
            *(provider, place.get("title", ""), text, text != note.body),
            *(data, len(payload), headers),
        )

    told = {name.decode(): value.decode() for name, value in webpush.headers(note)}
    return [
        one("webpush", browser, (), told),
        one("fcm", android, ("message", "notification"), {}),
        one("apns", apple.payload, ("aps", "alert"), dict(apple.headers)),
    ]
