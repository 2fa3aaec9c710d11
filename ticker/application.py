"""The application factory: the route table, and one resource a path."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Lifespan

from ticker.api.auth import Auth
from ticker.api.browser_bundles import Bundles
from ticker.api.bulk_import import Import
from ticker.api.documents import Documents
from ticker.api.editing import EditingRoutes
from ticker.api.feeds import Feeds
from ticker.api.operations import OperationsRoutes
from ticker.api.problems import http_exception
from ticker.api.push_operations import PushRoutes
from ticker.api.push_registration import Push
from ticker.api.readership import Reads
from ticker.api.reading import ReadingRoutes
from ticker.api.request_metrics import Meter
from ticker.api.resource import Operation, Resource
from ticker.api.search_engines import Indexing
from ticker.api.service_worker import ServiceWorkerRoutes
from ticker.api.services import Services
from ticker.api.static_files import Static
from ticker.api.stories import Stories
from ticker.api.webhooks import WebhookRoutes
from ticker.site.addresses import Addresses
from ticker.site.embed import Embed
from ticker.site.pages import Pages
from ticker.site.routes import FRONT, Site

App = Starlette
"""What ``build`` returns: an ASGI application."""


def build(services: Services, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    """Return the HTTP application on ``services``. It does no I/O until it is asked something;
    ``lifespan`` is entered before that.
    """
    auth = Auth(services.editors)
    meter = Meter()
    static = Static()
    bundles = Bundles()
    table = [
        *EditingRoutes(services, auth).operations(),
        *ReadingRoutes(services, auth).operations(),
        *Stories(services).operations(),
        *Reads(services).operations(),
        *Push(services).operations(),
        *Feeds(services).operations(),
        *Indexing(services).operations(),
        *Import(services, auth).operations(),
        *PushRoutes(services, auth).operations(),
        *WebhookRoutes(services, auth).operations(),
        *OperationsRoutes(services, meter).operations(),
        *bundles.operations(),
        *ServiceWorkerRoutes(services, bundles).operations(),
    ]
    addresses = Addresses.beside(operation.path for operation in table)
    table += Embed(services, bundles, addresses).operations()
    site = Site(Pages(services, bundles, addresses, static.serve), static.serve)
    table += Documents([*table, *site.operations()]).operations()
    table += site.operations()  # last: an edition's address matches every other of one part
    by_path: dict[str, list[Operation]] = {}
    for operation in table:
        by_path.setdefault(operation.path, []).append(operation)
    fallbacks = {FRONT: site.front}
    routes = [
        Route(path, Resource(path, rows, meter, fallbacks.get(path)))
        for path, rows in by_path.items()
    ]
    routes.append(Route("/{path:path}", Resource("/{path}", [], meter, site.elsewhere)))
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={HTTPException: http_exception},
    )
    app.router.redirect_slashes = False
    return app
