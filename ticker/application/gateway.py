"""The application of the gateway role. It imports nothing of the web role, which takes long."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Lifespan

from ticker.api import live_routes
from ticker.api.current_lane import CurrentLane, ReadView
from ticker.api.monitoring import HealthCheck, MonitoringRoutes
from ticker.api.poll_routes import PollRoutes
from ticker.api.request_metrics import RequestMetrics
from ticker.api.request_rights import RequestRights
from ticker.application.resources import Application, application
from ticker.config import Settings
from ticker.domain.budgets import Budgets
from ticker.domain.errors import NotFound
from ticker.reader_access.judge import Judge


def build(
    settings: Settings,
    *,
    read_view: ReadView,
    health: HealthCheck,
    request_metrics: RequestMetrics,
    budgets: Budgets,
    judge: Judge | None = None,
    lifespan: Lifespan[Application] | None = None,
) -> Application:
    """Return the application of the gateway role: the poll, and the process's own health.

    ``request_metrics`` counts its requests, ``judge`` judges their tokens; None
    protects nothing.
    """
    operations = [
        PollRoutes(CurrentLane(read_view), settings.taxonomy).operation(),
        *live_routes.operations(),
        *MonitoringRoutes(health).operations(),
    ]
    rights = None if judge is None else RequestRights(judge)
    return application(operations, request_metrics, budgets, lifespan, {}, _not_here, rights)


async def _not_here(request: Request) -> Response:
    raise NotFound("this is the gateway, which serves live readers; the web service has the rest")
