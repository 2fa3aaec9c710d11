"""An nginx that terminates TLS in front of a running server, with one worker."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

from benchmarks.peers.base import HOST, Peer

_CONFIG = """\
user root;
worker_processes 1;
worker_rlimit_nofile 40000;
daemon off;
pid {directory}/pid;
error_log stderr warn;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen {host}:{port} ssl backlog=4096;
        ssl_certificate {directory}/certificate.pem;
        ssl_certificate_key {directory}/key.pem;
        ssl_protocols TLSv1.3;
        ssl_buffer_size 4k;
        location / {{
            proxy_pass http://{host}:{upstream};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_buffer_size 4k;
            proxy_buffers 2 4k;
            proxy_busy_buffers_size 4k;
        }}
    }}
}}
"""


class TlsProxy(Peer):
    """Passes every connection on to ``upstream``. Its figures are the proxy's alone."""

    name = "tls-proxy"
    title = "nginx, TLS 1.3"

    def __init__(self, upstream: Peer) -> None:
        super().__init__(upstream.transport)
        self._upstream = upstream

    def start(self) -> None:
        """Make a certificate and start nginx. Raises RuntimeError."""
        directory = Path(self.directory.name)
        certificate, key = str(directory / "certificate.pem"), str(directory / "key.pem")
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
        out = ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
        subprocess.run([*command.split(), *out], check=True, capture_output=True)
        config = directory / "nginx.conf"
        config.write_text(
            _CONFIG.format(
                directory=directory, host=HOST, port=self.port, upstream=self._upstream.port
            )
        )
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if nginx is None:
            raise RuntimeError("nginx is not here (Debian: apt-get install nginx)")
        self.spawn([nginx, "-c", str(config), "-p", str(directory)])

    def publish(self, count: int = 1) -> None:
        """Publish at the server behind."""
        self._upstream.publish(count)


def context() -> ssl.SSLContext:
    """Return a client's TLS context that trusts any certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made
