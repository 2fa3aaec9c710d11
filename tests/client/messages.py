"""Messages of the feed, as a server writes them, for the tests of the client."""

from __future__ import annotations

from typing import Any


def cursor(seq: int, epoch: str = "e1") -> str:
    """Return the cursor of the entry number ``seq``."""
    return f"{epoch}.1700000000000-{seq}"


def welcome(mode: str, at: int, *, epoch: str = "e1", **more: Any) -> dict[str, Any]:
    return {
        "type": "welcome",
        "mode": mode,
        "reset": False,
        "reason": None,
        "cursor": cursor(at, epoch),
        "heartbeat": 25,
    } | more


def item(name: str, version: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "version": version,
        "status": "usable",
        "level": "ticker",
        "edition": "en",
        "language": "en",
        "dir": "ltr",
        "headline": f"Headline of {name}",
        "summary": None,
        "speaker": None,
        "source": None,
        "sections": ["politics"],
        "regions": [],
        "tags": [],
        "story": None,
        "link": None,
        "media": [],
        "verification": "confirmed",
        "published_at": "2026-11-23T19:33:24.123Z",
        "updated_at": "2026-11-23T19:33:24.123Z",
        "expires_at": None,
        "pinned": False,
        "correction": None,
    } | more


def gone(name: str, version: int = 2) -> dict[str, Any]:
    return {
        "id": name,
        "version": version,
        "status": "canceled",
        "edition": "en",
        "updated_at": "2026-11-23T19:40:00.000Z",
    }


def snapshot(at: int, *items: dict[str, Any], epoch: str = "e1") -> dict[str, Any]:
    return {"type": "snapshot", "cursor": cursor(at, epoch), "items": list(items)}


def event(
    seq: int, data: dict[str, Any] | None = None, action: str = "publish", epoch: str = "e1"
) -> dict[str, Any]:
    return {
        "type": "item",
        "cursor": cursor(seq, epoch),
        "action": action,
        "item": data or item(f"item{seq}"),
    }


def heartbeat(at: int, epoch: str = "e1") -> dict[str, Any]:
    return {"type": "heartbeat", "cursor": cursor(at, epoch)}


def goodbye(delay_ms: int) -> dict[str, Any]:
    return {"type": "goodbye", "reason": "drain", "reconnect": True, "delay_ms": delay_ms}


def error(code: str, message: str) -> dict[str, Any]:
    return {"type": "error", "code": code, "message": message}
