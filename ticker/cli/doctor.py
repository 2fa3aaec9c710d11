"""``ticker doctor``: is everything as it should be, and if not, what to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ticker.cli import options
from ticker.cli.keys import redis_url
from ticker.cli.output import Output
from ticker.cli.runner import run, server_settings, settings
from ticker.cli.status import duration

if TYPE_CHECKING:
    import httpx

    from ticker.config import Settings

TIMEOUT = 5.0
SKEW_MAX = 5.0
"""Seconds between this clock and the server's before embargoes and expiries come out wrong."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, what was found, and what to do if it is wrong."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


def doctor(as_json: options.Json = False) -> None:
    """Check the newsroom from here: server, hops, key, clock, feeds, and Redis if known."""
    out = Output(as_json)
    found = server_settings(out)

    async def work() -> int:
        checks = []
        async for check in _examine(found):
            checks.append(check)
            if not as_json:
                _tell(out, check)
        healthy = all(check.ok for check in checks)
        if as_json:
            out.json(
                {
                    "ok": healthy,
                    "checks": [
                        {"name": c.name, "ok": c.ok, "detail": c.detail, "advice": c.advice}
                        for c in checks
                    ],
                }
            )
        return options.OK if healthy else options.REFUSED

    run(out, work())


def _tell(out: Output, check: Check) -> None:
    from rich.text import Text

    mark = Text("✓", "green") if check.ok else Text("✗", "bold red")
    out.console.print(Text.assemble(mark, f" {check.name:<11} {check.detail}"), soft_wrap=True)
    if check.advice and not check.ok:
        out.say(f"  {'':<11} {check.advice}", style="yellow")


async def _examine(found: Settings) -> AsyncIterator[Check]:
    import httpx

    client = settings()
    async with httpx.AsyncClient(base_url=client.url, timeout=TIMEOUT) as http:
        before = time.time()
        try:
            alive = await http.get("/healthz")
        except (httpx.TransportError, httpx.InvalidURL) as error:
            yield Check(
                "server",
                False,
                f"{client.url} cannot be reached: {str(error) or type(error).__name__}",
                "Start it with `ticker up`, or set TICKER_URL.",
            )
        else:
            moment = (before + time.time()) / 2
            yield _alive(client.url, alive)
            if alive.is_success:
                for check in await _hops(http):
                    yield check
                yield await _key(http, client.key)
                for check in await _bridges(http, client.key):
                    yield check
                yield _clock(alive, moment)
                yield await _websocket(client.url)
                yield await _events(http)
    for check in await _redis(found):
        yield check


def _alive(url: str, answer: httpx.Response) -> Check:
    took = answer.elapsed.total_seconds() * 1000
    ok = answer.is_success and b'"ok"' in answer.content
    detail = f"{url} answers ({took:.0f} ms)" if ok else f"{url} answers {answer.status_code}"
    return Check("server", ok, detail, "TICKER_URL must name a Ticker server.")


async def _hops(http: httpx.AsyncClient) -> list[Check]:
    """Return a finding for every hop that an event takes, and for what a 201 promises."""
    try:
        answer = await http.get("/readyz")
        report = answer.json()
        hops: dict[str, Any] = report["hops"]
    except (ValueError, KeyError, TypeError) as error:
        return [Check("ready", False, f"/readyz is not understood: {error}")]
    advice = {
        "redis": "Is Redis or Valkey running, and TICKER_REDIS_URL right?",
        "worker": "Start one with `ticker work`.",
        "relay": "The worker does not relay; its log says why.",
        "tail": "This server does not follow the lane; its log says why.",
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
            detail += f", though {promise.get('requested')} is asked for"
        fix = "Switch the append-only file on, with appendfsync always or Redis 7.2 or newer."
        checks.append(Check("durability", not degraded, detail, fix))
    return checks


async def _key(http: httpx.AsyncClient, key: str | None) -> Check:
    if key is None:
        where = "Set TICKER_KEY; `ticker keys create NAME` makes a key."
        return Check("key", False, "there is no editor key here", where)
    answer = await http.get(
        "/v1/items",
        params={"all": "true", "limit": "1"},
        headers={"Authorization": f"Bearer {key}"},
    )
    if answer.is_success:
        return Check("key", True, "the editor key is valid")
    if answer.status_code in (401, 403):
        where = "Set TICKER_KEY to a key of this newsroom (`ticker keys list`)."
        return Check("key", False, "the server does not know this key", where)
    return Check("key", False, f"it cannot be checked: HTTP {answer.status_code}")


async def _bridges(http: httpx.AsyncClient, key: str | None) -> list[Check]:
    """Return a finding for every push provider that is configured or stopped."""
    if key is None:
        return []
    asked = await http.get("/v1/push/status", headers={"Authorization": f"Bearer {key}"})
    if asked.status_code in (401, 403):
        return []  # said already
    try:
        found = asked.json()["providers"]
        return [_provider(one) for one in found if one["configured"] or one["stopped"]]
    except (ValueError, KeyError, TypeError) as error:
        return [Check("push", False, f"/v1/push/status is not understood: {error}")]


def _provider(state: dict[str, Any]) -> Check:
    name, many = state["provider"], f"{state['subscriptions']:,} subscriptions"
    if state["stopped"]:
        fix = f"Put it right, then `ticker push resume {name}`; other credentials resume it."
        return Check(name, False, f"is stopped: {state['stopped']['reason']}", fix)
    if state["silent"]:
        fix = "Start one with its credentials: `ticker work --only bridges`."
        return Check(name, False, "no worker that sends through it has given a sign", fix)
    dry = state["dry_run"]
    if dry["late"] or dry["error"]:
        why = f": {dry['error']}" if dry["error"] else ""
        age = f"no dry run came through for {dry['age'] / 3_600:.1f} hours"
        said = f"{age}{why}" if dry["late"] else f"the last dry run failed{why}"
        return Check(name, False, said, "The log of the bridges' worker says more.")
    tested = "not tested yet" if dry["at"] is None else f"tested {duration(dry['age'])} ago"
    return Check(name, True, f"runs, {many}, {tested}")


def _clock(answer: httpx.Response, moment: float) -> Check:
    """Compare the clocks; a Date header has whole seconds."""
    try:
        server = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return Check("clock", False, "the server does not say what time it is")
    skew = moment - server - 0.5
    if abs(skew) <= SKEW_MAX:
        return Check("clock", True, "this clock and the server's agree")
    ahead = "ahead of" if skew > 0 else "behind"
    detail = f"this clock is {abs(skew):.0f} s {ahead} the server's"
    return Check("clock", False, detail, "Let NTP set both clocks.")


async def _websocket(url: str) -> Check:
    from ticker.client import ClientError, Retry, Ticker, Unreachable

    def give_up(retry: Retry) -> None:
        raise Unreachable(url, retry.reason)

    began = time.perf_counter()
    advice = "A proxy in front must pass Upgrade and Connection on to /v1/ws."
    try:
        async with asyncio.timeout(TIMEOUT), Ticker(url, backlog=1, on_retry=give_up) as feed:
            await anext(feed)
    except TimeoutError:
        return Check("websocket", False, f"no snapshot within {TIMEOUT:.0f} s", advice)
    except ClientError as error:
        return Check("websocket", False, str(error), advice)
    took = (time.perf_counter() - began) * 1000
    return Check("websocket", True, f"connected, welcome and snapshot in {took:.0f} ms")


async def _events(http: httpx.AsyncClient) -> Check:
    import httpx

    advice = "A proxy in front must not buffer /v1/events."
    began = time.perf_counter()
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            http.stream("GET", "/v1/events", params={"backlog": "1"}) as answer,
        ):
            if not answer.is_success:
                return Check("sse", False, f"/v1/events answers {answer.status_code}", advice)
            async for line in answer.aiter_lines():
                if line == "event: welcome":
                    took = (time.perf_counter() - began) * 1000
                    return Check("sse", True, f"connected and welcome in {took:.0f} ms")
    except (TimeoutError, httpx.TransportError) as error:
        reason = str(error) or f"no welcome within {TIMEOUT:.0f} s"
        return Check("sse", False, reason, advice)
    return Check("sse", False, "the stream ended without a welcome", advice)


async def _redis(found: Settings) -> list[Check]:
    """Look at Redis itself, where this machine knows of one."""
    url = redis_url(found)
    if url == found.redis_url and "redis_url" not in found.model_fields_set:
        return []
    from ticker.domain.errors import TickerError
    from ticker.publishing.durability import DurabilityPolicy
    from ticker.storage.connection import connect, translate

    try:
        redis = connect(url, wait=found.durability_timeout)
    except ValueError as error:
        return [Check("store", False, str(error), "Set TICKER_REDIS_URL to an address.")]
    try:
        with translate("Redis"):
            info = await redis.info()
        promise = DurabilityPolicy(
            redis, found.durability, found.replicas, found.durability_timeout
        )
        durability = await promise.durability()
    except TickerError as error:
        fix = "Start it, or set TICKER_REDIS_URL."
        return [Check("store", False, f"{url}: {error.detail}", fix)]
    finally:
        await redis.aclose()
    name, version = "Valkey", info.get("valkey_version")
    if version is None:
        name, version = "Redis", info.get("redis_version", "0")
    oldest = (8, 0) if name == "Valkey" else (7, 0)
    recent = tuple(int(part) for part in str(version).split(".")[:2]) >= oldest
    kept = bool(int(info.get("aof_enabled", 0)))
    return [
        Check(
            "store",
            recent,
            f"{name} {version}",
            f"{name} {oldest[0]}.{oldest[1]} or newer is needed.",
        ),
        Check(
            "append-only",
            kept,
            "on: what is written is kept" if kept else "off: a crash loses what was acknowledged",
            "CONFIG SET appendonly yes, and write it to the configuration.",
        ),
        Check(
            "fsync",
            not durability.degraded,
            f"{durability.effective}: {durability.why}",
            "Redis 7.2, Valkey 8, or appendfsync always.",
        ),
    ]
