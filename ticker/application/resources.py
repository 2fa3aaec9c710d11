"""An application made of operations: one resource for each path, and no middleware."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from starlette.applications import Starlette
from starlette.routing import Route, compile_path
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from ticker.api.audit_notes import Record
from ticker.api.problem_documents import no_resource
from ticker.api.request_metrics import RequestMetrics
from ticker.api.request_rights import RequestRights
from ticker.api.resource import Resource
from ticker.api.routing import Handler, Operation
from ticker.domain.budgets import Budgets
from ticker.telemetry.families import MetricsSource


class Application(Starlette):
    """Starlette without its middleware: every resource turns its errors into problem documents."""

    fixed: Mapping[str, Resource] = {}
    """Resources of paths without parameters: requests for them need no search for a route."""
    metrics_sources: Sequence[MetricsSource] = ()
    """The parts of the process that count something."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or the lifespan."""
        resource = self.fixed.get(scope["path"]) if scope["type"] == "http" else None
        if resource is None:
            await super().__call__(scope, receive, send)
        else:
            await resource(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Return the router."""
        return self.router


def application(
    operations: Sequence[Operation],
    request_metrics: RequestMetrics,
    budgets: Budgets,
    lifespan: Lifespan[Application] | None,
    fallbacks: Mapping[str, Handler],
    default: Handler,
    rights: RequestRights | None = None,
    record: Record | None = None,
) -> Application:
    """Return the application with a resource for each path of ``operations``.

    ``fallbacks`` handle the methods of a path that no operation has; ``default`` handles every
    other path. ``rights`` finds what requests may read; None is everything. ``record`` adds to the
    audit.
    """
    by_path: dict[str, list[Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, []).append(operation)
    resources = {
        path: Resource(path, rows, request_metrics, fallbacks.get(path), budgets, rights, record)
        for path, rows in by_path.items()
    }
    routes = [Route(path, resource) for path, resource in resources.items() if "{" in path]
    rest = Resource("/{path}", [], request_metrics, default, budgets, rights)
    routes.append(Route("/{path:path}", rest))
    app = Application(routes=routes, lifespan=lifespan)
    app.router.redirect_slashes = False
    app.fixed = {path: resources[path] for path in _fixed(tuple(resources))}
    app.router.default = no_resource
    return app


@lru_cache(8)
def _fixed(paths: tuple[str, ...]) -> list[str]:
    """Return the paths without parameters, but those that an earlier path with some matches."""
    found, patterns = [], []
    for path in paths:
        if "{" in path:
            patterns.append(compile_path(path)[0])
        elif not any(pattern.match(path) for pattern in patterns):
            found.append(path)
    return found
