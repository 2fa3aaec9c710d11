"""Typed application state: what uvicorn's protocol classes of this process serve and use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict

from ticker.gateway.gateway import Gateway
from ticker.one_port.request_owner import Owner

PassOn: TypeAlias = Callable[[asyncio.Transport, bytes, float], None]
"""Passes a connection on with the beginning of a request, and the seconds until its deadline."""


@dataclass(frozen=True, slots=True)
class SharedPort:
    """Passing connections between the processes that share a port."""

    owner: Owner
    """Whose requests this process serves."""
    pass_on: PassOn
    """Passes on a connection whose next request another process serves."""


class AppState(TypedDict):
    """State that the application's lifespan yields; uvicorn passes it to the protocol classes."""

    gateway: Gateway
    shared_port: SharedPort | None
    """None if this process has a port of its own."""


def gateway_of(app_state: Mapping[str, Any]) -> Gateway:
    """Return the gateway in ``app_state``. Raises KeyError outside the application's lifespan."""
    gateway: Gateway = app_state["gateway"]
    return gateway


def shared_port_of(app_state: Mapping[str, Any]) -> SharedPort | None:
    """Return how connections pass to another process, None if none shares the port.

    Raises KeyError outside the application's lifespan.
    """
    shared_port: SharedPort | None = app_state["shared_port"]
    return shared_port
