"""Refuses to send a password over a network in clear text."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

import typer

from ticker.cli.output import Output
from ticker.cli.runner import usage

AllowHttp: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--allow-http",
        help="Send the password also to an http:// address of another machine, where everybody on "
        "the way can read it.",
    ),
]


def check_way(out: Output, url: str, allowed: bool) -> None:
    """Exit with 2 if a password for ``url`` would leave this machine unencrypted.

    ``allowed`` says that the user wants it, on a network of their own.
    """
    if allowed or not _in_clear(url):
        return
    usage(
        out,
        f"TICKER_URL is {url}: everybody on the way could read your password; use https://, or "
        "--allow-http on a network of your own",
    )


def _in_clear(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False  # it is no address; the request says so
    if parts.scheme.lower() != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True
