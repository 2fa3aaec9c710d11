"""Settings: server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ticker.config.fields import Record
from ticker.config.types import address, ascii_host, with_visible_text
from ticker.config.values import Bounds, Check, Length
from ticker.domain.shape import Shape

if TYPE_CHECKING:
    pass


class ServerSettings(Record):
    """Server."""

    host: str = "127.0.0.1"
    """Address on which `ticker serve` listens."""
    port: Annotated[int, Bounds(ge=0, le=65_535)] = 8000
    """Port on which `ticker serve` listens."""
    trusted_proxies: str = "127.0.0.1"
    """Proxies whose `X-Forwarded-For` is accepted: addresses separated by commas, or `*`."""
    allowed_origins: tuple[str, ...] = ("*",)
    """Origins whose pages may open a WebSocket or an event stream; `*` allows every site."""
    site_name: Annotated[str, Length(60, 1), Check(with_visible_text)] = "Ticker"
    """Name of the newsroom on the site and in feeds."""
    public_url: Annotated[
        str,
        Shape(r"(https?://[^\s/?#]+)?", "must be an http or https address without a path"),
        Check(ascii_host),
    ] = ""
    """Public address of the newsroom for absolute links in feeds and pages, for example
    `https://news.example`. Default: the address of each request."""
    websub_hubs: tuple[Annotated[str, Check(address)], ...] = ()
    """WebSub hubs that the feeds name and the workers notify, at most 8. Requires `public_url`."""
    websocket_compression: bool = True
    """Whether a WebSocket client that offers permessage-deflate gets long messages compressed, each
    once for all of them. Turn it off if clients or a proxy in front fail at it."""
    client_heartbeat: Annotated[int, Bounds(ge=1, le=300)] = 25
    """Seconds between heartbeats to a reader. Proxies close connections that are silent for 60."""
    lane_heartbeat: Annotated[float, Bounds(ge=0.1, le=60)] = 3.0
    """Seconds between the newsroom's own heartbeats through the lane. After three missed heartbeats
    a server is not ready."""
    drain_time: Annotated[float, Bounds(ge=0, le=300)] = 5.0
    """The longest time, in seconds, over which a stopping server closes its readers' connections.
    Few readers take less: 2,000 come back in a second."""
