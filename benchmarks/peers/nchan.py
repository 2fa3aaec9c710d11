"""nchan: nginx with one worker, WebSocket and event stream, published to over HTTP."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import ClassVar

from benchmarks import machine
from benchmarks.peers.base import HttpPeer, Missing, Transport

MODULES = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")
_CONFIG = """\
load_module {module};
{user}
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid {directory}/pid;
error_log stderr warn;
events {{ worker_connections 16000; }}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_requests 100000000;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    nchan_shared_memory_size 256M;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /publish {{
            nchan_publisher;
            nchan_channel_id lane;
            nchan_message_buffer_length 10000;
        }}
        location = /read {{
            nchan_subscriber websocket eventsource;
            nchan_channel_id lane;
            nchan_subscriber_first_message newest;
            nchan_websocket_ping_interval {ping};
            nchan_eventsource_ping_interval {ping};
        }}
        location = /resume {{
            nchan_subscriber websocket eventsource;
            nchan_channel_id lane;
            nchan_subscriber_first_message -20;
        }}
    }}
}}
"""


class Nchan(HttpPeer):
    """nginx with the nchan module."""

    name = "nchan"
    title = "nchan (nginx)"
    transports: ClassVar[tuple[Transport, ...]] = ("ws", "sse")

    def __init__(self, transport: Transport = "ws", ping: int = 25) -> None:
        super().__init__(transport)
        self._ping = ping

    @classmethod
    def check(cls) -> None:
        if _nginx() is None or _module() is None:
            raise Missing("nchan is not here (Debian: apt-get install nginx libnginx-mod-nchan)")

    @classmethod
    def version(cls) -> str:
        text = machine.output(_nginx() or "nginx", "-v") or ""
        nginx = re.search(r"nginx/([\d.]+)", text)
        query = ("dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-nchan")
        return f"{machine.output(*query) or 'unknown'}, nginx {nginx[1] if nginx else 'unknown'}"

    def start(self) -> None:
        config = Path(self.directory.name, "nginx.conf")
        config.write_text(
            _CONFIG.format(
                module=_module(),
                user="user root;" if os.geteuid() == 0 else "",
                directory=self.directory.name,
                port=self.port,
                ping=f"{self._ping}s",
            )
        )
        self.spawn([_nginx() or "nginx", "-p", self.directory.name, "-c", str(config)])
        self._publisher = self.wait_for(self.port)

    def request(self, message: bytes) -> bytes:
        """Return the request that publishes ``message``."""
        head = b"POST /publish HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        return head + b"Content-Length: %d\r\n\r\n%s" % (len(message), message)

    def target(self, *, resume: bool = False) -> str:
        """Return where readers connect; with ``resume`` they get 20 old messages first."""
        return "/resume" if resume else "/read"


def _nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _module() -> Path | None:
    found = (Path(folder, "ngx_nchan_module.so") for folder in MODULES)
    return next((path for path in found if path.exists()), None)
