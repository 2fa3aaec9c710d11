"""Route of an item's receipts: what reached screens, devices and endpoints, and when."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audience import AudienceSource
from ticker.api.auth import Auth
from ticker.api.receipts_schemas import ItemReceipts
from ticker.api.retraction_places import RetractionPlaces
from ticker.api.routing import Operation, json_response
from ticker.domain.errors import NotFound, Unauthorised, Unavailable, UnreadableItem
from ticker.publishing.service import ItemService
from ticker.push.model.subscription import ProviderName
from ticker.push.store.operations import PushOperations
from ticker.readership.live_receipt_store import LiveReceiptStore


class ReceiptRoutes:
    """Handler of ``GET /v1/items/{id}/receipts``, for editors."""

    def __init__(
        self,
        items: ItemService,
        auth: Auth,
        push: PushOperations,
        live: LiveReceiptStore,
        gateways: AudienceSource,
        places: RetractionPlaces,
    ) -> None:
        self._items = items
        self._auth = auth
        self._push = push
        self._live = live
        self._gateways = gateways
        self._places = places

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/items/{id}/receipts",
                "receipts",
                "Get an item's receipts: screens, push and webhooks",
                self.receipts,
                "Editors",
                text=(
                    "Of a retracted item, `retraction` names every place that is not clean. "
                    "Gateways report the screens some 50 ms after an event. "
                    "Accepted means that the provider took the notification; providers do not say "
                    "whether a device showed it. An item without push has no providers."
                ),
                key="required",
                response=ItemReceipts,
                problems=(Unauthorised, NotFound, UnreadableItem, Unavailable),
            ),
        ]

    async def receipts(self, request: Request) -> Response:
        """Handle ``GET /v1/items/{id}/receipts``."""
        await self._auth.editor(request, "read")
        item = await self._items.get(request.path_params["id"])
        found, live, (_, gateways) = await asyncio.gather(
            self._push.receipts(item.id), self._live.get(item.id), self._gateways.total()
        )
        configured: list[ProviderName] = []
        if item.push and item.state == "retracted" and not found.providers:
            configured = [one.provider for one in await self._push.states() if one.configured]
        retraction = await self._places.of(item, found, configured)
        push = bool(item.push) and not item.test  # the fan-out decides by the same
        # Push that has not begun is not complete, though it has no receipts yet.
        complete = found.complete and (bool(found.providers) or not push)
        events = {action: receipt.to_json() for action, receipt in live.items()}
        body = {
            "id": item.id,
            "push": push,
            "live": {"gateways": gateways, "events": events},
            "retraction": retraction,
            **found.to_json(),
            "complete": complete,
        }
        return json_response(body, headers={"cache-control": "no-store"})
