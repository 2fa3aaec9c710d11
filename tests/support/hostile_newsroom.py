"""A newsroom whose every answer has what terminals obey, in every text that it may choose."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import orjson
import uvicorn

from tests.support.waiting import wait_until_sync

POISON = (
    "\x1b]0;owned\x07 \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\ "
    "\x1b[2J\x1bc \x1bP1$r\x1b\\ "
    "\x9b31m\x9d0;x\x9c \u202eabc\u202c \u2066x \u2067y \u2068z\u2069 \x08\x7f\r\n\u2028\u2029"
    "✓ Published. مرحبا [red]x[/red]"
)
UNSAFE = frozenset(
    [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"]
    + [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)]
)
RETRACTED = "1" * 26
"""Id of an item that is retracted."""
SCHEDULED = "2" * 26
"""Id of a flash that is scheduled. The state of every other item is poison."""
TIME = "2026-11-23T10:00:00.000Z"


def item(**fields: Any) -> dict[str, Any]:
    names = "id edition level language dir headline summary speaker source story link note state"
    texts = dict.fromkeys((*names.split(), "verification", "created_by"), POISON)
    return {
        **texts,
        "version": 1,
        "status": "usable",
        "sections": [POISON],
        "regions": [POISON],
        "tags": [POISON],
        "media": [{"href": POISON, "type": POISON, "alt": POISON}],
        "published_at": TIME,
        "updated_at": TIME,
        "expires_at": POISON,
        "pinned": True,
        "correction": {"text": POISON, "at": POISON},
        "embargo_until": POISON,
        "undo_until": POISON,
        "proposed": {"change": {"headline": POISON}, "authors": [POISON]},
        **fields,
    }


def _webhook() -> dict[str, Any]:
    names = "id url status description created_by created_at disabled secret public_key signature"
    return {
        **dict.fromkeys((*names.split(), "last_error", "position"), POISON),
        "filter": {"edition": [POISON], "level": POISON},
        "failed": [dict.fromkeys(("at", "action", "item", "why"), POISON)],
    }


def _person() -> dict[str, Any]:
    names = "name role password created_at created_by"
    more = {"editions": [POISON], "disabled": True, "two_factor": True}
    return dict.fromkeys(names.split(), POISON) | more


def _picture() -> dict[str, Any]:
    names = "id href type alt credit created_at created_by"
    sizes = {"width": 320, "height": 200, "widths": [320], "formats": [POISON], "color": POISON}
    return {**dict.fromkeys(names.split(), POISON), "renditions": sizes, "bytes": 1, "used": False}


def document(method: str, path: str) -> dict[str, Any]:
    """Return the JSON answer to a request."""
    receipt: dict[str, Any] = {"shards": 1, "shards_done": 0, "complete": False, "accepted": 1}
    receipt |= {"first_after": None, "last_after": None}
    provider: dict[str, Any] = {"provider": POISON, "configured": True}
    provider["stopped"] = {"reason": POISON, "since": TIME}
    match path.strip("/").split("/"):
        case ["healthz"]:
            return {"status": "ok"}
        case ["readyz"]:
            hops = {POISON: {"ok": False, "detail": POISON}}
            promise = dict.fromkeys(("effective", "why", "requested", "risk"), POISON)
            return {"ready": False, "hops": hops, "silent": POISON, "durability": promise}
        case ["v1", "items"] if method == "GET":
            return {"cursor": POISON, "mode": "snapshot", "items": [item(), item(level="flash")]}
        case ["v1", "ids", _]:
            return {"items": [item()]}
        case ["v1", "items", _, "receipts"]:
            providers = {POISON: {POISON: receipt}, "webpush": {"alert": receipt}}
            known: dict[str, Any] = {"id": POISON, "push": True, "complete": True}
            screens: dict[str, Any]
            screens = {"screens": 1, "delayed": 1, "later": 1, "first_after": 0, "last_after": 1}
            screens |= {"event": POISON, "gateways": 1, "written": {POISON: {POISON: 1}}}
            live = {"gateways": 1, "events": {POISON: screens}}
            place = dict.fromkeys(("place", "name", "state", "detail"), POISON)
            known["retraction"] = {"at": POISON, "clean": False, "places": [place]}
            return known | {"live": live, "providers": providers, "webhooks": receipt}
        case ["v1", "items", *which]:
            entry: dict[str, Any]
            entry = dict.fromkeys(("at", "action", "by", "note", "version"), POISON)
            entry["changes"] = {POISON: {"before": POISON, "after": {"text": POISON}}}
            more = dict.fromkeys(("state", "wire_id", "cursor", "durability", "delivered"), POISON)
            gone: dict[str, Any] = dict.fromkeys(("embargo_until", "undo_until", "expires_at"))
            gone["state"] = "retracted"
            known_states = {RETRACTED: gone, SCHEDULED: {"state": "scheduled", "level": "flash"}}
            told = item(**known_states.get(which[0], {}) if which else {})
            return {"item": told, "history": [entry], "repeated": False, **more}
        case ["v1", "templates"]:
            shown: dict[str, Any]
            words = ("name", "title", "desk", "level", "edition", "headline")
            shown = dict.fromkeys(words, POISON) | {"fields": [POISON]}
            return {"templates": [shown]}
        case ["v1", "templates", _, "fill"]:
            return {"draft": item(), "cancellation": item()}
        case ["v1", "templates", _]:
            return {"name": POISON}
        case ["v1", "preview"]:
            channel: dict[str, Any]
            channel = dict.fromkeys(("channel", "title", "text", "dir", "hint"), POISON)
            alert = dict.fromkeys(("id", "level", "headline", "sent_at"), POISON)
            return {
                "state": "live",
                "channels": [channel | {"characters": 1}],
                "interrupts": {"readers": 1, "subscriptions": {POISON: 1}},
                "alerts_today": {POISON: {"count": 1, "newest": [alert]}},
                "warnings": [{"code": "similar", "message": POISON, "item": None}],
            }
        case ["v1", "import"]:
            errors = [{"field": POISON, "message": POISON + "; known: en, es"}]
            refused = {"line": 1, "status": 422, "title": POISON, "detail": POISON}
            results = [refused | {"errors": errors}]
            return {"results": results, "published": 0, "repeated": 0, "refused": 1}
        case ["v1", "webhooks"] if method == "GET":
            return {"webhooks": [_webhook()]}
        case ["v1", "webhooks", *_]:
            return _webhook()
        case ["v1", "media"] if method == "GET":
            return {"pictures": [_picture()], "next": POISON}
        case ["v1", "media", *_]:
            return _picture() | {
                "items": [POISON],
                "states": {POISON: POISON},
                "suggested": {"alt": POISON},
            }
        case ["v1", "wires"] if method == "GET":
            note = dict.fromkeys(("wire", "item", "did", "headline", "item_headline"), POISON)
            return {"wires": [_wire()], "notes": [note]}
        case ["v1", "wires", *_]:
            return _wire()
        case ["v1", "wire-drafts"]:
            return {"drafts": [item(created_by=POISON)]}
        case ["v1", "session"] | ["v1", "key"]:
            holder = dict.fromkeys(("id", "name", "role"), POISON)
            return holder | {"editions": [POISON], "permissions": [POISON], "seconds": 1}
        case ["v1", "account", "sessions", *which]:
            session = dict.fromkeys(("id", "began_at", "used_at", "address", "browser"), POISON)
            shown = session | {"current": True}
            return shown if which else {"sessions": [shown]}
        case ["v1", "people"] if method == "GET":
            return {"people": [_person()]}
        case ["v1", "people", *_]:
            return _person()
        case ["v1", "push", *_]:
            counts = {"subscriptions": 1, "quarantined": 1, "used": 1.0, "silent": True}
            server = {"server": POISON, "since": POISON, "answers": 2, "gone": 1, "held": 1}
            known = {**provider, **counts, "last_acceptance": 1.0, "suspicious": [server]}
            known["dry_run"] = {"error": POISON, "at": POISON, "late": True}
            return {
                **known,
                "providers": [known],
                "jobs": 1,
                "oldest_job": 1.0,
                "servers": 1,
                "deleted": 1,
            }
        case ["v1", "stories", *_]:
            text = {"title": POISON, "summary": POISON, "key_points": [POISON]}
            more = dict.fromkeys(("updated_at", "by"), POISON)
            return {"story": POISON, "version": 1, "editions": {POISON: text | more}}
        case ["v1", "audit"]:
            names = "id at action by role key address request item edition level state reason"
            entry = dict.fromkeys((*names.split(), "target"), POISON)
            pair = {POISON: {"before": POISON, "after": POISON}}
            return {"entries": [entry | {"changes": pair, "hashes": pair}], "next": None}
        case ["v1", "audience"]:
            facets = {name: {POISON: 1} for name in ("editions", "sections", "stories")}
            return {"readers": 1, "gateways": 1, **facets}
        case _:
            return {"detail": POISON}


def _wire() -> dict[str, Any]:
    names = "name status error url host format desk looked_at read_at"
    return dict.fromkeys(names.split(), POISON) | {"entries": 1, "new": 1, "updated": 1}


def problem() -> dict[str, Any]:
    errors = [{"field": POISON, "message": POISON + "; known: en, es"}] * 2
    return {
        "type": POISON,
        "title": POISON,
        "status": 422,
        "detail": POISON,
        "errors": errors,
        "existing": POISON,
        "suggested": {"alt": POISON, "credit": POISON},
        "current": POISON,
    }


def without(name: str, value: Any) -> Any:
    """Return a JSON value without the fields called ``name``."""
    if isinstance(value, dict):
        return {key: without(name, one) for key, one in value.items() if key != name}
    return [without(name, one) for one in value] if isinstance(value, list) else value


READING = {"/v1/preview", "/v1/templates/earthquake/fill"}
"""Paths that change nothing, whatever the method."""


class HostileNewsroom:
    """The ASGI application. ``refuse`` turns every answer into a problem document.

    Answers have no field ``missing``, at no depth. ``changes``: the paths that were to change.
    ``feed``: what ``/feed`` answers. ``editions``: readers of each, and ``secret``: that of each
    webhook, instead of poison.
    """

    def __init__(self) -> None:
        self.refuse = False
        self.refused_path = ""
        self.missing = ""
        self.editions: dict[str, Any] | None = None
        self.secret = POISON
        self.changes: list[str] = []
        self.feed = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._stream(receive, send)
        elif scope["type"] == "http":
            changes = scope["path"].startswith("/v1/items/") and scope["method"] != "GET"
            sent = (await receive()).get("body", b"") if changes else b""
            reads = scope["method"] == "GET" or scope["path"] in READING or b'"check":true' in sent
            if not reads:
                self.changes.append(scope["path"])
            refused = scope["path"] == self.refused_path and scope["method"] != "GET"
            refuse = self.refuse or refused
            body = problem() if refuse else document(scope["method"], scope["path"])
            body = without(self.missing, body)
            if b"state=scheduled" in scope["query_string"] and "items" in body:
                body["items"] = [one | {"state": "scheduled"} for one in body["items"]]
            if self.editions is not None and "editions" in body:
                body["editions"] = self.editions
            if self.editions is not None and "interrupts" in body:
                named = [self.editions.get(name, 0) for name in ("en", "all")]
                body["interrupts"]["readers"] = POISON if POISON in named else sum(named)
            if "secret" in body:
                body["secret"] = self.secret
            if self.feed and scope["path"] == "/feed":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": self.feed})
                return
            status = 422 if refuse else 200
            kind = b"application/problem+json" if refuse else b"application/json"
            head = {"type": "http.response.start", "status": status}
            cookie = (b"set-cookie", b"ticker_session=ts_" + b"x" * 32 + b"; HttpOnly; Path=/")
            await send(head | {"headers": [(b"content-type", kind), cookie]})
            await send({"type": "http.response.body", "body": orjson.dumps(body)})

    async def _stream(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        welcome = {"type": "welcome", "mode": "snapshot", "reset": True, "reason": POISON}
        messages: list[dict[str, Any]] = [
            welcome | {"cursor": "1.1-1", "heartbeat": 25},
            {"type": "snapshot", "cursor": "1.1-1", "items": [item()]},
        ]
        for number, action in enumerate(("publish", "correct", "retract", POISON), 2):
            messages.append(
                {"type": "item", "cursor": f"1.{number}-1", "action": action, "item": item()}
            )
        messages.append({"type": "error", "code": POISON, "message": POISON})
        for message in messages:
            await send({"type": "websocket.send", "text": orjson.dumps(message).decode()})
        reason = POISON[:30]
        await send({"type": "websocket.close", "code": 4400, "reason": reason})


@contextmanager
def hostile_newsroom() -> Iterator[tuple[str, HostileNewsroom]]:
    """Serve it in a thread; yield its address and the application."""
    newsroom = HostileNewsroom()
    config = uvicorn.Config(newsroom, lifespan="off", log_level="critical", http="h11")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    wait_until_sync(lambda: server.started)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", newsroom
    server.should_exit = True
    thread.join(20)
    listener.close()
