"""The live transports as operations: their description, and answers to requests that open nothing.

The gateway takes WebSocket handshakes and event streams before they reach the application.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.item_schemas import CURSOR
from ticker.api.problem_documents import UpgradeRequired
from ticker.api.query import FILTER_PARAMS
from ticker.api.routing import Operation, Param
from ticker.domain.errors import BadFilter, BadRequest, Unavailable

_LIVE_PARAMS = (
    *FILTER_PARAMS,
    Param(
        "after",
        "query",
        "The last cursor; the missed events come first.",
        CURSOR,
    ),
    Param(
        "backlog",
        "query",
        "Maximum number of items in the snapshot.",
        {"type": "integer", "minimum": 0, "maximum": 200, "default": 20},
    ),
)


def operations() -> list[Operation]:
    """Return the rows of the route table."""
    return [
        Operation(
            "GET",
            "/v1/ws",
            "websocket",
            "Get live events over a WebSocket",
            _no_handshake,
            "Readers",
            text="Each text frame is one JSON object. The subprotocol `ticker.v1` is optional.",
            params=_LIVE_PARAMS,
            status=101,
            problems=(UpgradeRequired,),
        ),
        Operation(
            "GET",
            "/v1/events",
            "events",
            "Get live events as server-sent events",
            _no_stream,
            "Readers",
            text="`event:` is the message's type, `id:` its cursor, `data:` the message.",
            public=True,
            params=(
                *_LIVE_PARAMS,
                Param(
                    "Last-Event-ID",
                    "header",
                    "Same as `after`; browsers send it when they reconnect.",
                ),
            ),
            response_type="text/event-stream",
            problems=(BadRequest, BadFilter, Unavailable),
        ),
    ]


async def _no_handshake(request: Request) -> Response:
    raise UpgradeRequired(
        "this address needs a WebSocket handshake, for example new WebSocket(url)"
    )


async def _no_stream(request: Request) -> Response:
    if request.method == "HEAD":
        return Response(media_type="text/event-stream", headers={"cache-control": "no-cache"})
    raise Unavailable("event streams need the gateway, which does not run in this process")
