"""Typed application state: the gateway that uvicorn's protocol classes serve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, cast

from ticker.gateway.gateway import Gateway


class AppState(TypedDict):
    """State that the application's lifespan yields; uvicorn passes it to the protocol classes."""

    gateway: Gateway


def gateway_of(app_state: Mapping[str, Any]) -> Gateway:
    """Return the gateway in ``app_state``. Raises KeyError outside the application's lifespan."""
    return cast("AppState", app_state)["gateway"]
