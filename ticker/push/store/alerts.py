"""Alert records in Redis: what was sent for an item, and the newest alert of a collapse key."""

from __future__ import annotations

import orjson

from ticker.push.model.alert_decision import KEEP_MS, AlertRecord
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script


class AlertStore:
    """Alert records of one newsroom. Methods raise Unavailable when Redis is away."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def get(self, item: str) -> tuple[AlertRecord | None, bytes]:
        """Return the alert record of ``item``, None if there is none, and its stored bytes.

        Pass the bytes to ``save``.
        """
        with translate():
            value = await command(self._redis, "GET", self._keys.push_alert(item))
        return (None, b"") if value is None else (read_alert(value), value)

    async def newest(self, collapse: str) -> AlertRecord | None:
        """Return the newest alert with the collapse key ``collapse``, None if there is none."""
        with translate():
            value = await command(self._redis, "GET", self._keys.push_collapse(collapse))
        return None if value is None else read_alert(value)

    async def save(self, alert: AlertRecord, known: bytes, *, is_alert: bool) -> bool:
        """Store ``alert`` if its stored bytes are still ``known``; return whether they were.

        With ``is_alert`` it also becomes the newest of its collapse key, unless a newer one is
        there. Read the record again after False.
        """
        reply = await script("push", "save_alert")(
            self._redis,
            [self._keys.push_alert(alert.item), self._keys.push_collapse(alert.collapse)],
            [known, orjson.dumps(alert.to_json()), KEEP_MS, int(is_alert), str(alert.alerts[-1])],
        )
        return bool(reply)


def read_alert(value: bytes) -> AlertRecord:
    """Return the alert record in its stored bytes. Raises KeyError or ValueError."""
    return AlertRecord.from_json(orjson.loads(value))
