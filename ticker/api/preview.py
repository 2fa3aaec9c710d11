"""``POST /v1/preview``: an item in every channel before it is sent, and whom it interrupts."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audience import AudienceSource
from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.current_lane import ReadView
from ticker.api.item_pictures import ItemPictures
from ticker.api.places import time_of
from ticker.api.preview_schemas import Preview
from ticker.api.problem_documents import BadQuery
from ticker.api.public_address import base_of
from ticker.api.routing import Operation, Param, json_response
from ticker.api.warnings import Warnings
from ticker.config import Settings
from ticker.domain.audience import ALL
from ticker.domain.clock import rfc3339, to_ms
from ticker.domain.draft import Draft, read_draft
from ticker.domain.editor import Editor
from ticker.domain.errors import (
    BadFilter,
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
NEWEST = 5
"""Alerts of today that are named in each edition."""
DAY_MS = 86_400_000
NO_ID = "0" * 26


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
                        "since",
                        "query",
                        "When today began: midnight where the editor is. By default in UTC.",
                        {"type": "string", "format": "date-time"},
                    ),
                ),
                body=Draft,
                response=Preview,
                problems=(*BODY_PROBLEMS, BadFilter, Unauthorised, ImplausibleTime, Unavailable),
            )
        ]

    async def preview(self, request: Request) -> Response:
        """Handle ``POST /v1/preview``."""
        editor = await self._auth.editor(request, "draft")
        since = _since(request)
        body = await read_json(request, self._settings.max_body)
        draft = read_draft(body, self._settings.taxonomy)
        editor.check_draft(draft)
        if draft.media:
            draft = await self._pictures.resolved(draft, request)
        now = await self._items.now_ms()
        check_draft(draft, now)
        item = self._item(draft, editor, now)
        base = self._settings.public_url or base_of(request, self._settings)
        midnight = now - now % DAY_MS if since is None else since
        audience, subscriptions, alerts = await asyncio.gather(
            self._audience.total(), self._reach(item), self._alerts(editor, midnight)
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
            "alerts_today": alerts,
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

    async def _alerts(self, editor: Editor, since_ms: int) -> dict[str, Any]:
        """Return the alerts since then by edition, as ``AlertsToday``."""
        editions = self._settings.taxonomy.editions
        readable = [one for one in editions if editor.editions is None or one in editor.editions]
        found = await self._items.alerts.since(readable, since_ms, NEWEST)
        ids = {alert.item for one in found.values() for alert in one.newest}
        # The text of a retracted item is left out.
        headlines = {
            item.id: "" if item.state == "retracted" else item.headline
            for item in await self._items.with_ids(sorted(ids))
        }
        return {
            edition: {
                "count": one.count,
                "newest": [
                    {
                        "id": alert.item,
                        "level": alert.level,
                        "headline": headlines.get(alert.item, ""),
                        "sent_at": rfc3339(alert.ms),
                    }
                    for alert in one.newest
                ],
            }
            for edition, one in found.items()
        }

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


def _since(request: Request) -> int | None:
    text = request.query_params.get("since")
    if text is None:
        return None
    found = time_of(text)
    if found is None:
        raise BadQuery("since", "since must be a time, such as 2026-11-28T18:30:00Z")
    return max(0, found)
