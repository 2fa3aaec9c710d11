"""Route of the audience: how many readers there are now, by edition, section and story."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audience_schemas import AudienceShown
from ticker.api.auth import Auth
from ticker.api.request_rights import current, has_editor_key
from ticker.api.routing import Operation, json_response
from ticker.domain.audience import Audience
from ticker.domain.errors import Unauthorised, Unavailable

TTL = 1.0
"""Seconds for which the counts are reused: gateways report no more often."""
SHARED = "public, max-age=10"


class AudienceSource(Protocol):
    """The sum of what the gateways report."""

    async def total(self) -> tuple[Audience, int]:
        """Return the counts, and the number of gateways. Raises Unavailable."""


class AudienceRoutes:
    """Handler of ``GET /v1/audience``: exact for editors, rounded for readers if they may know."""

    def __init__(
        self,
        source: AudienceSource,
        auth: Auth,
        public: bool,
        stories: Callable[[], Container[str]] = tuple,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``public``: readers get rounded counts. ``clock`` is monotonic seconds.

        ``stories`` are those of the items that the request may read.
        """
        self._source = source
        self._auth = auth
        self._public = public
        self._stories = stories
        self._clock = clock
        self._found: tuple[float, Audience, int] | None = None

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/audience",
                "audience",
                "Get the number of readers now",
                self.audience,
                "Readers",
                text=(
                    "Connections by the editions, sections and stories in their filters, from all "
                    "gateways; a reader whose filter names none counts under `all`. Polls do not "
                    "count. With a key the counts are exact. Without one they are rounded down to "
                    "two digits, without those below ten, and only if `audience_public` is set."
                ),
                key="optional",
                public=self._public,
                response=AudienceShown,
                problems=(Unauthorised, Unavailable),
            )
        ]

    async def audience(self, request: Request) -> Response:
        """Handle ``GET /v1/audience``."""
        exact = has_editor_key(request) or not self._public
        if exact:
            await self._auth.editor(request, "read")
        now = self._clock()
        if self._found is None or now - self._found[0] >= TTL:
            self._found = now, *await self._source.total()
        _, counts, gateways = self._found
        if exact:
            body = counts.json | {"exact": True, "gateways": gateways}
            return json_response(body, headers={"cache-control": "private, no-store"})
        readable = current().readable
        if readable is not None:
            # Names of stories tell what a protected edition writes about.
            counts = counts.only(readable, self._stories())
        return json_response(
            counts.rounded().json | {"exact": False}, headers={"cache-control": SHARED}
        )
