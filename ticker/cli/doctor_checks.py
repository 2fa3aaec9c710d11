"""The checks of ``ticker doctor``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ticker.cli.runner import settings
from ticker.cli.status import duration
from ticker.cli.store import store_address

if TYPE_CHECKING:
    import httpx

    from ticker.config import Settings

TIMEOUT = 5.0
SYNCHRONISE = "Synchronise both clocks with NTP."
SKEW_MAX = 5.0
"""Seconds between the local and the server's clock; with more, schedules and expiries are wrong."""
NEARLY_FULL = 0.8
"""Share of the limit of registrations from which a check fails, as the alert rules do."""


@dataclass(frozen=True, slots=True)
class Check:
    """One result: its name, a detail, and advice if it is not ok or has a ``warning``."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
    warning: bool = False
    """Whether the advice is worth reading though the check is ok."""


async def run_checks(found: Settings) -> AsyncIterator[Check]:
    """Run the checks; yield each result as it comes. ``found``: the settings of a server."""
    import httpx

    from ticker.client.errors import connection_error_text

    client = settings()
    async with httpx.AsyncClient(base_url=client.url, timeout=TIMEOUT) as http:
        before = time.time()
        try:
            alive = await http.get("/healthz")
        except (httpx.TransportError, httpx.InvalidURL) as error:
            yield Check(
                "server",
                False,
                f"{client.url} cannot be reached: {connection_error_text(error)}",
                "Start a newsroom with `ticker up`, or set TICKER_URL to its address.",
            )
        else:
            moment = (before + time.time()) / 2
            yield _alive(client.url, alive)
            if alive.is_success:
                for check in await _hops(http):
                    yield check
                yield await _key(http, client.key)
                for check in await _push(http, client.key):
                    yield check
                yield _clock(alive, moment)
                yield await _websocket(client.url)
                yield await _events(http)
    for check in await _redis(found):
        yield check


def _alive(url: str, answer: httpx.Response) -> Check:
    took = answer.elapsed.total_seconds() * 1000
    ok = answer.is_success and b'"ok"' in answer.content
    detail = f"{url} ({took:.0f} ms)" if ok else f"{url} responds with HTTP {answer.status_code}"
    return Check("server", ok, detail, "Set TICKER_URL to the address of a Ticker server.")


async def _hops(http: httpx.AsyncClient) -> list[Check]:
    """Return a check for each hop of an event's path, and one for the durability of writes."""
    try:
        answer = await http.get("/readyz")
        report = answer.json()
        hops: dict[str, Any] = report["hops"]
    except (ValueError, KeyError, TypeError) as error:
        return [Check("ready", False, f"unexpected response from /readyz: {error}")]
    advice = {
        "redis": "Is Redis or Valkey running, is TICKER_REDIS_URL correct, and has it memory, disk "
        "and replicas?",
        "worker": "Start a worker with `ticker work`.",
        "relay": "The worker relays no events. See its log.",
        "tail": "The server reads no events from the lane. See its log.",
    }
    checks = [
        Check(name, bool(hop["ok"]), str(hop["detail"]), advice.get(name, ""))
        for name, hop in hops.items()
    ]
    promise = report.get("durability") or {}
    if promise:
        degraded = bool(promise.get("degraded"))
        detail = f"{promise.get('effective')} ({promise.get('why')})"
        if degraded:
            detail += f", but {promise.get('requested')} is configured"
        fix = "Enable the append-only file, with appendfsync always or Redis 7.2 or newer."
        checks.append(Check("durability", not degraded, detail, fix))
        if promise.get("risk"):
            checks.append(_failover(str(promise["risk"])))
    return checks


def _failover(risk: str) -> Check:
    fix = "Set TICKER_DURABILITY=replicated, and min-replicas-to-write 1 in redis.conf."
    return Check("failover", True, risk, fix, warning=True)


async def _key(http: httpx.AsyncClient, key: str | None) -> Check:
    if key is None:
        fix = "Set TICKER_KEY. `ticker keys create NAME` creates a key."
        return Check("key", False, "no editor key found", fix)
    answer = await http.get(
        "/v1/items",
        params={"all": "true", "limit": "1"},
        headers={"Authorization": f"Bearer {key}"},
    )
    if answer.is_success:
        return Check("key", True, "the editor key is valid")
    if answer.status_code in (401, 403):
        fix = "Set TICKER_KEY to a key of this newsroom. `ticker keys list` shows their names."
        return Check("key", False, "the editor key is not valid", fix)
    return Check("key", False, f"it cannot be checked: HTTP {answer.status_code}")


async def _push(http: httpx.AsyncClient, key: str | None) -> list[Check]:
    """Return a check for every push provider that is configured or stopped."""
    if key is None:
        return []
    asked = await http.get("/v1/push/status", headers={"Authorization": f"Bearer {key}"})
    if asked.status_code in (401, 403):
        return []  # the key check reports it
    try:
        found = asked.json()["providers"]
        return [_provider(one) for one in found if one["configured"] or one["stopped"]]
    except (ValueError, KeyError, TypeError) as error:
        return [Check("push", False, f"unexpected response from /v1/push/status: {error}")]


def _provider(state: dict[str, Any]) -> Check:
    name, many = state["provider"], f"{state['subscriptions']:,} subscriptions"
    if state["stopped"]:
        fix = (
            f"Fix the cause, then run `ticker push resume {name}`. New credentials also resume it."
        )
        return Check(name, False, f"stopped: {state['stopped']['reason']}", fix)
    if state["silent"]:
        fix = "Start one with the provider's credentials: `ticker work --only delivery`."
        return Check(name, False, "no worker for this provider is running", fix)
    dry = state["dry_run"]
    if dry["late"] or dry["error"]:
        why = f": {dry['error']}" if dry["error"] else ""
        age = f"no dry run has succeeded for {dry['age'] / 3_600:.1f} hours"
        detail = f"{age}{why}" if dry["late"] else f"the last dry run failed{why}"
        return Check(name, False, detail, "See the log of the delivery worker.")
    if state["used"] >= NEARLY_FULL:
        fix = (
            "Raise push_subscriptions_max or push_bytes_max if Redis has the memory, and look for "
            "invented registrations. New devices get 503 at the limit."
        )
        return Check(name, False, f"{many}, {state['used']:.0%} of the limit", fix)
    tested = "not tested yet" if dry["at"] is None else f"tested {duration(dry['age'])} ago"
    return Check(name, True, f"running, {many}, {tested}")


def _clock(answer: httpx.Response, moment: float) -> Check:
    """Compare the clocks. The precision is a second, that of the Date header."""
    try:
        server = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return Check("clock", False, "the server's response has no Date header")
    skew = moment - server - 0.5
    if abs(skew) <= SKEW_MAX:
        return Check("clock", True, "in sync with the server's")
    return Check("clock", False, _skewed(skew, "the server's"), SYNCHRONISE)


def store_clock(info: Mapping[str, Any], moment: float) -> list[Check]:
    """Compare the clocks: that of Redis ends embargoes. ``info`` is INFO's, ``moment`` a time."""
    micros = info.get("server_time_usec")
    if micros is None:
        return []  # a managed Redis may not say it
    skew = moment - int(micros) / 1e6
    if abs(skew) <= SKEW_MAX:
        return [Check("store clock", True, "in sync with the local one")]
    return [Check("store clock", False, _skewed(skew, "that of Redis"), SYNCHRONISE)]


def _skewed(skew: float, other: str) -> str:
    return f"the local clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} {other}"


async def _websocket(url: str) -> Check:
    from ticker.client import ClientError, Retry, Ticker, Unreachable

    def give_up(retry: Retry) -> None:
        raise Unreachable(url, retry.reason)

    began = time.perf_counter()
    advice = "A reverse proxy must forward the Upgrade and Connection headers to /v1/ws."
    try:
        async with asyncio.timeout(TIMEOUT), Ticker(url, backlog=1, on_retry=give_up) as feed:
            await anext(feed)
    except TimeoutError:
        return Check("websocket", False, f"no snapshot within {TIMEOUT:.0f} s", advice)
    except ClientError as error:
        return Check("websocket", False, str(error), advice)
    took = (time.perf_counter() - began) * 1000
    return Check("websocket", True, f"connected; first items after {took:.0f} ms")


async def _events(http: httpx.AsyncClient) -> Check:
    import httpx

    advice = "A reverse proxy must not buffer /v1/events."
    began = time.perf_counter()
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            http.stream("GET", "/v1/events", params={"backlog": "1"}) as answer,
        ):
            if not answer.is_success:
                detail = f"/v1/events responds with HTTP {answer.status_code}"
                return Check("sse", False, detail, advice)
            async for line in answer.aiter_lines():
                if line == "event: welcome":
                    took = (time.perf_counter() - began) * 1000
                    return Check("sse", True, f"connected; welcome after {took:.0f} ms")
    except (TimeoutError, httpx.TransportError) as error:
        reason = str(error) or f"no welcome message within {TIMEOUT:.0f} s"
        return Check("sse", False, reason, advice)
    return Check("sse", False, "the stream ended without a welcome message", advice)


async def _redis(found: Settings) -> list[Check]:
    """Check Redis itself, if its address is known here."""
    address = store_address(found)
    if address.url == found.redis_url and "redis_url" not in found.model_fields_set:
        return []
    from ticker.domain.errors import TickerError
    from ticker.domain.store_errors import StoreError
    from ticker.publishing.durability import DurabilityPolicy
    from ticker.storage.connection import connect, translate
    from ticker.storage.keys import Keys

    try:
        redis = connect(address, wait=found.durability_timeout)
    except ValueError as error:
        return [Check("store", False, str(error), "Set TICKER_REDIS_URL to a valid address.")]
    try:
        with translate("Redis"):
            info = await redis.info()
        moment = time.time()
        promise = DurabilityPolicy(
            redis,
            Keys(found.namespace),
            found.durability,
            found.replicas,
            found.durability_timeout,
        )
        durability = await promise.check_writes()
    except StoreError as error:
        if error.refuses_writes:
            return [Check("store", False, error.title, error.explanation)]
        fix = "Start it, or set TICKER_REDIS_URL."
        return [Check("store", False, f"{address.shown}: {error.detail}", fix)]
    except TickerError as error:
        fix = "Start it, or set TICKER_REDIS_URL."
        return [Check("store", False, f"{address.shown}: {error.detail}", fix)]
    finally:
        await redis.aclose()
    name, version = "Valkey", info.get("valkey_version")
    if version is None:
        name, version = "Redis", info.get("redis_version", "0")
    oldest = (8, 0) if name == "Valkey" else (7, 0)
    recent = tuple(int(part) for part in str(version).split(".")[:2]) >= oldest
    kept = bool(int(info.get("aof_enabled", 0)))
    replicas = [] if not durability.risk else [_failover(durability.risk)]
    if durability.refused:
        replicas.append(Check("replicas", False, durability.refused, "Bring a replica back."))
    return [
        Check(
            "store",
            recent,
            f"{name} {version}",
            f"Upgrade to {name} {oldest[0]}.{oldest[1]} or newer.",
        ),
        Check(
            "append-only",
            kept,
            "on" if kept else "off: a crash loses acknowledged items",
            "Set appendonly yes in the configuration (or CONFIG SET appendonly yes).",
        ),
        Check(
            "fsync",
            not durability.degraded,
            f"{durability.effective}: {durability.why}",
            "Set appendfsync always, or upgrade to Redis 7.2 or Valkey 8.",
        ),
        *store_clock(info, moment),
        *replicas,
    ]
