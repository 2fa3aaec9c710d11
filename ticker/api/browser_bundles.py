"""JavaScript bundles for other sites: the client and the widget, open to CORS and compressed once.

``/client.js`` and ``/widget.js`` are the current versions, cached briefly. ``/widget-HASH.js`` is
one version that never changes: its address contains a hash of its content, so browsers may cache it
for a year, and pages may pin it with an integrity (W3C Subresource Integrity). Earlier versions
stay in ``ticker/web/dist/kept``, so that pages which pin one keep working after a release.
"""

from __future__ import annotations

import gzip
import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.headers import accepts_gzip, not_modified
from ticker.api.routing import Operation
from ticker.domain.errors import NotFound

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"
JS = "text/javascript; charset=utf-8"

CURRENT_CACHE = "public, max-age=300, stale-while-revalidate=3600"
"""A fixed widget reaches every page within minutes, and a reader rarely waits for revalidation."""
PACKED_TYPES = ("font/woff2",)
"""Types of files that are compressed already."""
PINNED_CACHE = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Bundle:
    """One file, by default of JavaScript."""

    body: bytes
    type: str = JS

    @cached_property
    def tag(self) -> str:
        """Return the 12 hexadecimal digits of its permanent address."""
        return hashlib.sha256(self.body).hexdigest()[:12]

    @cached_property
    def integrity(self) -> str:
        """Return the value of a page's ``integrity`` attribute."""
        return "sha384-" + b64encode(hashlib.sha384(self.body).digest()).decode()

    @cached_property
    def packed(self) -> bytes:
        """Return the body compressed with gzip; compressed once."""
        return gzip.compress(self.body, 9, mtime=0)

    def respond(self, request: Request, cache: str) -> Response:
        """Return the response to ``request``, compressed if the client accepts gzip."""
        packed = self.type not in PACKED_TYPES and accepts_gzip(request)
        etag = f'"{self.tag}{"-gzip" if packed else ""}"'
        headers = {"etag": etag, "cache-control": cache, "vary": "accept-encoding"}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        headers["content-type"] = self.type
        headers["cross-origin-resource-policy"] = "cross-origin"
        if packed:
            headers["content-encoding"] = "gzip"
        return Response(self.packed if packed else self.body, headers=headers)


class BrowserBundles:
    """The bundles of this release, and the widgets of earlier releases."""

    def __init__(self, root: Path = DIST) -> None:
        self.client = Bundle((root / "client.js").read_bytes())
        self.widget = Bundle((root / "widget.js").read_bytes())
        self.fallbacks = Bundle((root / "fallbacks-1.js").read_bytes())
        self.hub = Bundle((root / "hub-1.js").read_bytes())
        self.layouts = Bundle((root / "layouts-1.js").read_bytes())
        self.worker = Bundle((root / "push-sw.js").read_bytes())
        earlier = [Bundle(path.read_bytes()) for path in sorted(root.glob("kept/widget-*.js"))]
        self._pinned = {bundle.tag: bundle for bundle in (*earlier, self.widget)}

    @property
    def widget_path(self) -> str:
        """Return the permanent address of the current widget."""
        return f"/widget-{self.widget.tag}.js"

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/client.js",
                "client",
                "Get the JavaScript client, an ES module for any site",
                self.current_client,
                "Pages",
                public=True,
                response_type=JS,
            ),
            Operation(
                "GET",
                "/widget.js",
                "widget",
                "Get the `<news-ticker>` element, an ES module for any site",
                self.current_widget,
                "Pages",
                public=True,
                response_type=JS,
            ),
            Operation(
                "GET",
                "/fallbacks-1.js",
                "fallbacks",
                "Get the transports that the client loads where WebSocket is blocked",
                self.current_fallbacks,
                "Pages",
                public=True,
                response_type=JS,
            ),
            Operation(
                "GET",
                "/hub-1.js",
                "hub",
                "Get the code with which several tickers and tabs share a connection",
                self.current_hub,
                "Pages",
                public=True,
                response_type=JS,
            ),
            Operation(
                "GET",
                "/layouts-1.js",
                "layouts",
                "Get the layouts that the widget loads on demand: toast, crawl and screen",
                self.current_layouts,
                "Pages",
                public=True,
                response_type=JS,
            ),
            Operation(
                "GET",
                "/widget-{tag}.js",
                "pinned_widget",
                "Get one version of the widget, which never changes",
                self.pinned_widget,
                "Pages",
                text="`/v1/embed` and the embedding guide have its current address and integrity.",
                public=True,
                response_type=JS,
                problems=(NotFound,),
            ),
        ]

    async def current_client(self, request: Request) -> Response:
        """Handle ``GET /client.js``."""
        return self.client.respond(request, CURRENT_CACHE)

    async def current_widget(self, request: Request) -> Response:
        """Handle ``GET /widget.js``."""
        return self.widget.respond(request, CURRENT_CACHE)

    async def current_fallbacks(self, request: Request) -> Response:
        """Handle ``GET /fallbacks-1.js``."""
        return self.fallbacks.respond(request, CURRENT_CACHE)

    async def current_hub(self, request: Request) -> Response:
        """Handle ``GET /hub-1.js``."""
        return self.hub.respond(request, CURRENT_CACHE)

    async def current_layouts(self, request: Request) -> Response:
        """Handle ``GET /layouts-1.js``."""
        return self.layouts.respond(request, CURRENT_CACHE)

    async def pinned_widget(self, request: Request) -> Response:
        """Handle ``GET /widget-{tag}.js``. Raises NotFound for an unknown version."""
        bundle = self._pinned.get(request.path_params["tag"])
        if bundle is None:
            raise NotFound("unknown version of the widget; /widget.js is the current one")
        return bundle.respond(request, PINNED_CACHE)


@cache
def release_bundles() -> BrowserBundles:
    """Return the bundles of this release; a process reads them once."""
    return BrowserBundles()
