"""``POST /v1/preview``: an item in every channel before it is sent, and whom it interrupts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audience import AudienceSource
from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.current_lane import ReadView
from ticker.api.item_pictures import ItemPictures
from ticker.api.preview_schemas import Preview
from ticker.api.public_address import base_of
from ticker.api.routing import Operation, Param, json_response
from ticker.api.warnings import Warnings
from ticker.config import Settings
from ticker.domain.audience import ALL
from ticker.domain.clock import parse_ms, to_ms
from ticker.domain.draft import Draft, read_draft
from ticker.domain.editor import Editor
from ticker.domain.errors import (
    BadRequest,
    ImplausibleTime,
    Unauthorised,
    Unavailable,
)
from ticker.domain.event import item_message
from ticker.domain.item import Item, Level
from ticker.domain.plausible_time import check_draft
from ticker.domain.speaker import with_speaker
from ticker.publishing import transitions
from ticker.publishing.service import ItemService
from ticker.push.model.note import Strings
from ticker.push.model.rendered import rendered
from ticker.push.model.subscription import PROVIDERS
from ticker.push.model.topics import item_topics
from ticker.push.store.subscriptions import Subscriptions
from ticker.translations import translation_for

SCREENS = ("site", "widget", "bar")
LONG, LONG_PUSH = 90, 120
"""Characters from which a text is long for a ticker, and from which phones cut it off."""
SCANNED = 300
"""Newest items among which the alerts of today are counted."""
NEWEST = 5
"""Alerts of today that are named in each edition."""
NO_ID = "0" * 26
ZONE_MAX = 64


class PreviewRoutes:
    """Handler for editors. It reads, and changes nothing."""

    def __init__(
        self,
        items: ItemService,
        auth: Auth,
        view: ReadView,
        audience: AudienceSource,
        subscriptions: Subscriptions,
        pictures: ItemPictures,
        settings: Settings,
    ) -> None:
        self._items = items
        self._auth = auth
        self._warnings = Warnings(view)
        self._audience = audience
        self._subscriptions = subscriptions
        self._pictures = pictures
        self._settings = settings

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "POST",
                "/v1/preview",
                "preview",
                "Preview an item in every channel",
                self.preview,
                "Editors",
                text=(
                    "Takes what `POST /v1/items` takes, checks it in the same way, and publishes "
                    "nothing. The payloads are made by the code that sends them; what the "
                    "newsroom gives the item when it is published, such as its id, is a "
                    "placeholder."
                ),
                key="required",
                recorded=True,  # it changes nothing
                permission="draft",
                params=(
                    Param(
                        "zone",
                        "query",
                        "IANA name of the time zone in which today begins at midnight.",
                        {"type": "string", "default": "UTC", "maxLength": ZONE_MAX},
                    ),
                ),
                body=Draft,
                response=Preview,
                problems=(*BODY_PROBLEMS, Unauthorised, ImplausibleTime, Unavailable),
            )
        ]

    async def preview(self, request: Request) -> Response:
        """Handle ``POST /v1/preview``."""
        editor = await self._auth.editor(request, "draft")
        zone = _zone(request.query_params.get("zone", "UTC"))
        body = await read_json(request, self._settings.max_body)
        draft = read_draft(body, self._settings.taxonomy)
        editor.check_draft(draft)
        if draft.media:
            draft = await self._pictures.resolved(draft, request)
        now = await self._items.now_ms()
        check_draft(draft, now)
        item = self._item(draft, editor, now)
        base = self._settings.public_url or base_of(request, self._settings)
        audience, subscriptions, latest = await asyncio.gather(
            self._audience.total(), self._reach(item), self._items.latest(SCANNED)
        )
        editions = audience[0].by_name["editions"]
        given = None if draft.published_at is None else to_ms(draft.published_at)
        shown = item if item.state != "draft" else item.model_copy(update={"state": "live"})
        found = {
            "state": item.state,
            "channels": [*_screens(item), *self._push(item, base, now)],
            "interrupts": {
                "readers": 0
                if item.test
                else sum(editions.get(name, 0) for name in (item.edition, ALL)),
                "subscriptions": subscriptions,
            },
            "alerts_today": alerts_today(latest, _midnight(now, zone), editor),
            "warnings": self._warnings.of(shown, given),
        }
        return json_response(found, headers={"cache-control": "no-store"})

    def _item(self, draft: Draft, editor: Editor, now: int) -> Item:
        return transitions.publish(
            draft,
            self._settings.taxonomy,
            id=NO_ID,
            by=editor.name,
            now_ms=now,
            two_person=self._settings.two_person_levels,
        ).item

    async def _reach(self, item: Item) -> dict[str, int]:
        if not item.push or item.test:
            return {}
        topics = item_topics(item.edition, item.sections, Level[item.level])
        counts = await asyncio.gather(
            *(self._subscriptions.reach(provider, topics) for provider in PROVIDERS)
        )
        return dict(zip(PROVIDERS, counts, strict=True))

    def _push(self, item: Item, base: str, now: int) -> list[dict[str, Any]]:
        if not item.push:
            return []
        words = translation_for(item.language).push
        found = rendered(
            item,
            strings=Strings(self._settings.site_name, words["correction"], words["withdrawn"]),
            base=base,
            now_s=now // 1000,
            fcm_topics=self._settings.fcm_mode == "topics",
            apns_topic=self._settings.apns_topic or "APP",
        )
        return [
            _channel(
                *(item, one.provider, one.title, one.text, LONG_PUSH),
                cut=one.cut,
                size=one.size,
                headers=one.headers,
                payload=one.payload,
            )
            for one in found
        ]


def _screens(item: Item) -> list[dict[str, Any]]:
    """Return the item as pages, widgets and bars get it: one message for all of them."""
    message = item_message("", "publish", item.public_json())
    payload = orjson.loads(message)
    text = with_speaker(item.speaker, item.headline)
    return [
        _channel(item, name, "", text, LONG, size=len(message), payload=payload) for name in SCREENS
    ]


def _channel(
    item: Item,
    name: str,
    title: str,
    text: str,
    long: int,
    *,
    size: int,
    payload: dict[str, Any],
    headers: dict[str, str] | None = None,
    cut: bool = False,
) -> dict[str, Any]:
    hint = None
    if cut:
        hint = "the provider's limit cuts it off"
    elif len(text) > long:
        use = "phones cut it off" if long == LONG_PUSH else "long for a ticker"
        hint = f"over {long} characters: {use}"
    return {
        "channel": name,
        "language": item.language,
        "dir": item.dir,
        "title": title,
        "text": text,
        "characters": len(text),
        "cut": cut,
        "hint": hint,
        "bytes": size,
        "headers": headers or {},
        "payload": payload,
    }


def alerts_today(latest: Sequence[Item], since_ms: int, editor: Editor) -> dict[str, Any]:
    """Return by edition the alerts among ``latest`` (newest first) that were sent since then.

    Retracted ones count, for they were sent; their text is left out.
    """
    found: dict[str, dict[str, Any]] = {}
    for item in latest:
        sent = item.push and item.went_out and not item.test
        if not sent or parse_ms(item.published_at) < since_ms or not _reads(editor, item.edition):
            continue
        edition = found.setdefault(item.edition, {"count": 0, "newest": []})
        edition["count"] += 1
        if len(edition["newest"]) < NEWEST:
            headline = "" if item.state == "retracted" else item.headline
            edition["newest"].append(
                {
                    "id": item.id,
                    "level": item.level,
                    "headline": headline,
                    "published_at": item.published_at,
                }
            )
    return found


def _reads(editor: Editor, edition: str) -> bool:
    return editor.editions is None or edition in editor.editions


def _midnight(now_ms: int, zone: tzinfo) -> int:
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    return round(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name[:ZONE_MAX])
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise BadRequest("zone: no time zone has this name, such as Asia/Qatar") from None
