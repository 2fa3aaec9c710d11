"""Answers to a change, for the tests of the client."""

from __future__ import annotations

from tests.client.messages import cursor, item
from tests.support.http_server import Answer

DROP = Answer(0)
AWAY = Answer(503, {"type": "/problems/unavailable", "title": "Away"}, {"Retry-After": "0"})


def published(name: str = "a", **more: object) -> Answer:
    return Answer(
        201,
        {
            "item": item(name),
            "wire_id": "1-1",
            "state": "live",
            "cursor": cursor(1),
            "durability": "fsync",
            "repeated": False,
        }
        | more,
    )
