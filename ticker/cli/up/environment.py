"""The listening socket and the environment variables that ``ticker up`` gives to its children."""

from __future__ import annotations

import os
import socket

from ticker.cli.up.options import Options, StartError
from ticker.config import Settings
from ticker.runtime.data_directory import DataDir
from ticker.telemetry.logs import FORMAT_VARIABLE

LOCAL_CONTACT = "mailto:newsroom@localhost"
"""Placeholder contact for push services: enough to try push out, but Apple's service refuses it."""
_BACKLOG = 2_048  # connections that the kernel queues while the server restarts


def listen(settings: Settings, options: Options) -> tuple[socket.socket, str]:
    """Return the listening socket and the newsroom's URL. Raises StartError.

    The server inherits the socket. So a port in use is found before anything starts, port 0 has a
    number at once, and while a crashed server restarts, connections wait in the kernel's queue.
    """
    host = settings.host if options.host is None else options.host
    port = settings.port if options.port is None else options.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        sock = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except socket.gaierror:
        raise StartError(f"--host {host}: this machine does not have this address") from None
    except OSError as error:
        raise StartError(
            f"Port {port} on {host} cannot be used: {os.strerror(error.errno or 0)}.\n"
            "Choose another one with --port N, or a free one with --port 0."
        ) from None
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)
    if ":" in name and not name.startswith("["):
        name = f"[{name}]"
    return sock, f"http://{name}:{sock.getsockname()[1]}"


def child_environment(
    settings: Settings, options: Options, data: DataDir, redis_url: str
) -> dict[str, str]:
    """Return the environment of the child processes. Raises StartError."""
    environment = dict(os.environ)
    environment["TICKER_REDIS_URL"] = redis_url
    environment["PYTHONUNBUFFERED"] = "1"
    if options.verbose:
        environment["TICKER_LOG_LEVEL"] = "info"
    elif "log_level" not in settings.model_fields_set:
        environment["TICKER_LOG_LEVEL"] = "warning"
    environment[FORMAT_VARIABLE] = settings.log_format or "console"
    if not settings.archive_url:
        environment["TICKER_ARCHIVE_URL"] = f"sqlite:{data.archive}"
    if not settings.media_url:
        environment["TICKER_MEDIA_URL"] = f"file:{data.media}"
    return environment | _web_push(settings, data)


def _web_push(settings: Settings, data: DataDir) -> dict[str, str]:
    """Return variables that enable Web Push: a key of this newsroom, and a placeholder contact.

    Existing settings are kept. A public newsroom needs a real contact address.
    """
    environment = {}
    if settings.vapid_key_file is None:
        path = data.vapid_key_file
        if not path.exists():
            from ticker.push import vapid_keys  # slow to import, and needed only once

            try:
                vapid_keys.create(path)
            except vapid_keys.VapidKeyError as error:
                raise StartError(str(error)) from None
        environment["TICKER_VAPID_KEY_FILE"] = str(path)
    if not settings.push_contact and not settings.public_url.startswith("https://"):
        environment["TICKER_PUSH_CONTACT"] = LOCAL_CONTACT
    return environment
