"""Response schemas of provider states."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ticker.api.schema import Schema
from ticker.domain.clock import rfc3339
from ticker.push.model.provider_state import ProviderState
from ticker.push.model.subscription import ProviderName

Seconds = Annotated[float, Field(ge=0)]


class ProviderStopShown(Schema):
    """The reason and the time of a provider's stop."""

    reason: str
    since: str


class SuspiciousServer(Schema):
    """A server that calls suspiciously many devices gone, since ``since``; none is deleted.

    ``gone`` of the last ``answers``; ``held``: such answers since then.
    """

    server: str
    since: str
    answers: int
    gone: int
    held: int


class LastDryRun(Schema):
    """The hourly test that reaches no device.

    ``at`` and ``age`` (seconds) are of the last success; before the first, ``age`` counts from when
    the provider was configured. ``error`` is why the last one failed.
    """

    at: str | None
    age: Seconds
    late: bool
    error: str | None


class ProviderShown(Schema):
    """One provider. ``configured``: a worker has its credentials, whatever this server's settings.
    ``silent``: no such worker has given a sign for some minutes. ``used``: the used share of the
    limits of subscriptions, in number and memory; at 1 new devices get 503.
    """

    provider: ProviderName
    configured: bool
    silent: bool
    seen_at: str | None
    stopped: ProviderStopShown | None
    subscriptions: int
    used: float
    quarantined: int
    suspicious: list[SuspiciousServer]
    dry_run: LastDryRun | None
    last_acceptance: Seconds | None


class PushStatus(Schema):
    """The state of the providers, and how much waits to be sent."""

    providers: list[ProviderShown]
    jobs: int
    oldest_job: Seconds | None


class ConfirmedGone(Schema):
    """The number of servers whose answers were suspicious and are believed for a day from now."""

    provider: ProviderName
    servers: int


class ClearedQuarantine(Schema):
    """The number of deleted subscriptions."""

    provider: ProviderName
    deleted: int


def shown(state: ProviderState, used: float) -> dict[str, Any]:
    """Return a ``ProviderShown``; ``used`` is the share of its limits."""
    age = state.dry_run_age
    stopped = state.stop_reason is not None
    return {
        "provider": state.provider,
        "configured": state.configured,
        "silent": state.silent,
        "seen_at": _time(state.seen_ms),
        "stopped": {"reason": state.stop_reason, "since": _time(state.stop_ms)}
        if stopped
        else None,
        "subscriptions": state.subscriptions,
        "used": round(used, 4),
        "quarantined": state.quarantined,
        "suspicious": [
            {
                "server": server,
                "since": _time(watch.since_ms),
                "answers": watch.answers,
                "gone": watch.gone,
                "held": watch.held,
            }
            for server, watch in sorted(state.suspicious.items())
        ],
        "dry_run": None
        if age is None
        else {
            "at": _time(state.dry_run.succeeded_ms),
            "age": age,
            "late": state.dry_run_late,
            "error": state.dry_run.error or None,
        },
        "last_acceptance": state.newest.last_after,
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)
