"""The configuration that uvicorn gets from both roles."""

from __future__ import annotations

import asyncio

from ticker.application.resources import Application
from ticker.config import Settings
from ticker.server.configuration import configuration
from ticker.server.sockets import LISTEN_BACKLOG


class Http(asyncio.Protocol):
    pass


class WebSocket(asyncio.Protocol):
    pass


def test_the_protocol_classes_and_the_settings_reach_uvicorn() -> None:
    settings = Settings(log_level="warning")
    found = configuration(settings, Application(), http=Http, ws=WebSocket, grace=9)
    assert (found.http, found.ws) == (Http, WebSocket)
    assert found.timeout_graceful_shutdown == 9
    assert found.backlog == LISTEN_BACKLOG
    assert not found.proxy_headers  # the HTTP protocol takes them from trusted proxies
    assert found.log_level == "warning"


def test_nothing_of_uvicorn_tells_of_itself_or_logs_requests() -> None:
    found = configuration(Settings(), Application(), http=Http, ws=WebSocket, grace=9)
    assert (found.server_header, found.access_log, found.log_config) == (False, False, None)
