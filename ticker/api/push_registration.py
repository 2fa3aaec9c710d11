"""Routes by which browsers and apps register for push (docs/guide/push.md).

They need no key, as reading needs none. Anybody who knows an endpoint or a token may register or
remove it, and nobody can list registrations. Because anybody can choose the endpoints that workers
connect to, endpoints in private networks are refused, and registrations are limited by address.
"""

from __future__ import annotations

from time import time
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.push_registration_schemas import (
    BrowserEndpoint,
    DeviceToken,
    PushKey,
    Registration,
)
from ticker.api.request_rights import require_editions
from ticker.api.routing import Operation, client_of, json_response
from ticker.config import Settings
from ticker.domain.budgets import Budgets
from ticker.domain.errors import (
    FieldError,
    Invalid,
    NotFound,
    TooMany,
    Unavailable,
)
from ticker.domain.validation_messages import validate
from ticker.net.ssrf_guard import refusal
from ticker.push.model.push_services import PushServices
from ticker.push.model.registration import (
    BrowserRegistration,
    DeviceRegistration,
    read_browser,
    read_device,
)
from ticker.push.model.subscription import ProviderName, Subscription, subscription_id

BODY_MAX = 8_192
"""Bytes of a request."""
KEY_CACHE = "public, max-age=300"
ASKED = (*BODY_PROBLEMS, TooMany, Unavailable)


class SubscriptionStore(Protocol):
    """The store of push subscriptions. Methods raise Unavailable."""

    async def register(self, subscription: Subscription, replaces: str | None = None) -> bool:
        """Store ``subscription`` in place of the one with the id ``replaces``.

        Return whether it is new.
        """

    async def forget(self, provider: ProviderName, id: str) -> bool:
        """Delete the subscription ``id``; return whether there was one."""


class PushRegistrationRoutes:
    """Handlers of registrations."""

    def __init__(
        self,
        settings: Settings,
        subscriptions: SubscriptionStore,
        vapid_public_key: str,
        budgets: Budgets,
    ) -> None:
        """``vapid_public_key`` is empty without Web Push."""
        self._settings = settings
        self._subscriptions = subscriptions
        self._vapid_public_key = vapid_public_key
        self._budgets = budgets
        self._services = PushServices(settings.push_services)

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/push/key",
                "push_key",
                "The key with which browsers subscribe to this newsroom",
                self.key,
                "Push",
                text="It is public, and bound to no origin: any site's service worker may use it.",
                public=True,
                response=PushKey,
                problems=(NotFound,),
            ),
            Operation(
                "POST",
                "/v1/push/subscriptions",
                "subscribe",
                "Register a browser for push",
                self.subscribe,
                "Push",
                text=(
                    "`subscription` is the result of `PushSubscription.toJSON()`. Registering the "
                    "same endpoint again changes its interests. `replaces` is the endpoint that "
                    "this one replaces."
                ),
                public=True,
                body=BrowserRegistration,
                status=201,
                existing_status=200,
                response=Registration,
                problems=(NotFound, *ASKED),
            ),
            Operation(
                "DELETE",
                "/v1/push/subscriptions",
                "unsubscribe",
                "Remove a browser's registration",
                self.unsubscribe,
                "Push",
                text="Answers 204 whether it was registered or not.",
                public=True,
                body=BrowserEndpoint,
                status=204,
                problems=ASKED,
            ),
            Operation(
                "POST",
                "/v1/push/devices",
                "register_device",
                "Register an app's device for push",
                self.register_device,
                "Push",
                text="Registering the same token again changes its interests.",
                public=True,
                body=DeviceRegistration,
                status=201,
                existing_status=200,
                response=Registration,
                problems=ASKED,
            ),
            Operation(
                "DELETE",
                "/v1/push/devices",
                "forget_device",
                "Remove a device's registration",
                self.forget_device,
                "Push",
                text="Answers 204 whether it was registered or not.",
                public=True,
                body=DeviceToken,
                status=204,
                problems=ASKED,
            ),
        ]

    async def key(self, request: Request) -> Response:
        """Handle ``GET /v1/push/key``. Raises NotFound where there is no Web Push."""
        self._need_web_push()
        return json_response({"key": self._vapid_public_key}, headers={"cache-control": KEY_CACHE})

    async def subscribe(self, request: Request) -> Response:
        """Handle ``POST /v1/push/subscriptions``. Raises NotFound where there is no Web Push."""
        self._need_web_push()
        data = await read_json(request, BODY_MAX)
        subscription, replaces = read_browser(
            data, self._settings.taxonomy, _now_ms(), self._services
        )
        why = refusal(subscription.token, self._settings.outbound_private_networks)
        if why is not None:
            raise Invalid([FieldError("subscription.endpoint", why)])
        return await self._register(request, subscription, replaces)

    async def unsubscribe(self, request: Request) -> Response:
        """Handle ``DELETE /v1/push/subscriptions``."""
        known = validate(BrowserEndpoint, await read_json(request, BODY_MAX))
        return await self._forget(request, "webpush", known.endpoint)

    async def register_device(self, request: Request) -> Response:
        """Handle ``POST /v1/push/devices``."""
        data = await read_json(request, BODY_MAX)
        subscription, replaces = read_device(data, self._settings.taxonomy, _now_ms())
        why = self._unused(subscription.provider)
        if why is not None:
            raise Invalid([FieldError("provider", why)])
        return await self._register(request, subscription, replaces)

    async def forget_device(self, request: Request) -> Response:
        """Handle ``DELETE /v1/push/devices``."""
        known = validate(DeviceToken, await read_json(request, BODY_MAX))
        return await self._forget(request, known.provider, known.token)

    def _need_web_push(self) -> None:
        if not self._vapid_public_key:
            raise NotFound("this newsroom does not send Web Push")

    def _unused(self, provider: ProviderName) -> str | None:
        """Return why nothing is sent to devices of ``provider``, None if something is."""
        settings = self._settings
        if provider == "apns":
            return None if settings.apns_key_file else "this newsroom does not send through APNs"
        if settings.fcm_credentials_file is None:
            return "this newsroom does not send through FCM"
        if settings.fcm_mode == "topics":
            return "this newsroom sends to FCM topics; subscribe the app to those instead"
        return None

    async def _register(
        self, request: Request, subscription: Subscription, replaces: str | None
    ) -> Response:
        require_editions((subscription.edition,))
        # What was refused until here costs nothing, so that it does not count either.
        self._budgets.charge("registrations", client_of(request))
        new = await self._subscriptions.register(subscription, replaces)
        said = {
            "id": subscription.id,
            "edition": subscription.edition,
            "sections": subscription.sections,
            "level": subscription.level.name,
        }
        return json_response(said, 201 if new else 200, {"cache-control": "no-store"})

    async def _forget(self, request: Request, provider: ProviderName, token: str) -> Response:
        self._budgets.charge("removals", client_of(request))
        await self._subscriptions.forget(provider, subscription_id(provider, token))
        return Response(status_code=204, headers={"cache-control": "no-store"})


def _now_ms() -> int:
    return int(time() * 1000)
