"""uvicorn's configuration, as both roles need it; they differ in protocol classes and grace."""

from __future__ import annotations

import asyncio

import uvicorn

from ticker.application.resources import Application
from ticker.config import Settings
from ticker.server.sockets import LISTEN_BACKLOG


def configuration(
    settings: Settings,
    app: Application,
    *,
    http: type[asyncio.Protocol],
    ws: type[asyncio.Protocol],
    grace: int,
) -> uvicorn.Config:
    """Return the configuration for ``app``, with our protocol classes and the trusted proxies.

    ``grace`` is the seconds that a stopping server waits for open connections.
    """
    return uvicorn.Config(
        app,
        http=http,
        ws=ws,
        loop="uvloop",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,  # its lines go through our formatter
        log_level=settings.log_level,
        backlog=LISTEN_BACKLOG,
        timeout_graceful_shutdown=grace,
        proxy_headers=False,  # the HTTP protocol takes what trusted proxies report
    )
