"""Routes for the service worker that shows alerts, and for the web app manifest.

On iPhones and iPads only a site on the Home Screen may ask for push permission, and only if its
manifest has ``display: standalone`` (webkit.org/blog/13878).
"""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.browser_bundles import CURRENT_CACHE, JS, BrowserBundles, Bundle
from ticker.api.headers import not_modified
from ticker.api.routing import Operation

MANIFEST = "application/manifest+json"
WORKER_CSP = "default-src 'none'; connect-src 'self'"
"""The worker may call this server, and load nothing."""


class ServiceWorkerRoutes:
    """Handlers of the service worker and the manifest."""

    def __init__(self, site_name: str, bundles: BrowserBundles) -> None:
        self._worker = bundles.worker
        self._manifest = Bundle(
            orjson.dumps(
                {
                    "id": "/",
                    "name": site_name,
                    "short_name": site_name,
                    "start_url": "/",
                    "scope": "/",
                    "display": "standalone",
                    "background_color": "#fbfaf7",
                    "theme_color": "#fbfaf7",
                    "icons": [
                        {"src": "/push/icon.png", "sizes": "192x192", "type": "image/png"},
                        {"src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml"},
                    ],
                }
            )
        )

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/push-sw.js",
                "push_worker",
                "Get the service worker that shows alerts",
                self.worker,
                "Pages",
                text="Another site's service worker can load it with `importScripts`.",
                public=True,
                response_type=JS,
            ),
            Operation(
                "GET",
                "/app.webmanifest",
                "manifest",
                "Get the web app manifest",
                self.manifest,
                "Pages",
                response_type=MANIFEST,
            ),
        ]

    async def worker(self, request: Request) -> Response:
        """Handle ``GET /push-sw.js``."""
        response = self._worker.respond(request, CURRENT_CACHE)
        response.headers["service-worker-allowed"] = "/"
        response.headers["content-security-policy"] = WORKER_CSP
        return response

    async def manifest(self, request: Request) -> Response:
        """Handle ``GET /app.webmanifest``."""
        etag = f'"{self._manifest.tag}"'
        headers = {"etag": etag, "cache-control": CURRENT_CACHE}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        return Response(self._manifest.body, 200, headers, MANIFEST)
