"""Schemas of health checks."""

from __future__ import annotations

from typing import Any, Literal

from ticker.api.schema import Schema


class Alive(Schema):
    """The process responds."""

    status: Literal["ok"]


class HopState(Schema):
    """One hop on an event's path."""

    ok: bool
    detail: str


class Readiness(Schema):
    """Whether events travel; ``silent`` names the first hop that is down."""

    ready: bool
    hops: dict[str, HopState]
    silent: str | None
    durability: dict[str, Any]
