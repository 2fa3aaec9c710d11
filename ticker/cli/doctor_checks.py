"""The checks of ``ticker doctor``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import orjson

from ticker.cli.check import SKEW_MAX, SYNCHRONISE, Check, failover, skewed
from ticker.cli.durations import duration
from ticker.cli.runner import settings
from ticker.client.credentials import credentials
from ticker.client.errors import ClientError, Refused, Unreachable

if TYPE_CHECKING:
    from ticker.client.http_message import Response
    from ticker.client.plain_http import Http
    from ticker.client.settings import ClientSettings
    from ticker.config import Settings

TIMEOUT = 5.0
JSON = {"Accept": "application/json"}
STREAM = {"Accept": "text/event-stream"}
WELCOME = b"event: welcome\n"
NEARLY_FULL = 0.8
"""Share of the limit of registrations from which a check fails, as the alert rules do."""


async def run_checks(found: Settings, show: Callable[[Check], None]) -> list[Check]:
    """Run the checks and ``show`` each result, in a fixed order; return them all.

    Those of the server run side by side. That of the store comes after them: its import would
    count in the times that they measure. ``found``: the settings of a server. Raises BadAddress.
    """
    from ticker.cli.doctor_store import check_store
    from ticker.client.feed import Ticker  # noqa: F401 - before its time is measured
    from ticker.client.transport import http_to

    client = settings()
    http = http_to(client.url, TIMEOUT)
    done: list[Check] = []
    running: list[asyncio.Task[list[Check]]] = []

    def add(checks: list[Check]) -> None:
        done.extend(checks)
        for check in checks:
            show(check)

    try:
        first, others = await _server(http, client)
        running = [asyncio.create_task(one) for one in others]
        add(first)
        for task in running:
            add(await task)
        add(await check_store(found))
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await http.aclose()
    return done


async def _server(
    http: Http, client: ClientSettings
) -> tuple[list[Check], list[Coroutine[Any, Any, list[Check]]]]:
    """Ask the server whether it is there. Return the result, and the checks that then follow."""
    before, began = time.time(), time.perf_counter()
    try:
        answer = await http.send("GET", "/healthz", headers=JSON)
    except Unreachable as error:
        fix = "Start a newsroom with `ticker up`, or set TICKER_URL to its address."
        return [Check("server", False, str(error), fix)], []
    took = (time.perf_counter() - began) * 1000
    moment = (before + time.time()) / 2
    answered = 200 <= answer.status < 300
    ok = answered and b'"ok"' in answer.content
    detail = (
        f"{client.url} ({took:.0f} ms)"
        if ok
        else f"{client.url} responds with HTTP {answer.status}"
    )
    fix = "Set TICKER_URL to the address of a Ticker server."
    first = [Check("server", ok, detail, fix)]
    if not answered:
        return first, []
    return first, [
        _hops(http),
        _key(http, client.key),
        _push(http, client.key),
        _clock(answer, moment),
        _websocket(client.url),
        _events(http),
    ]


async def _ask(http: Http, path: str, key: str | None = None) -> Response:
    """Return the answer to a request. Raises ValueError if there is none."""
    headers = {**JSON, **credentials(key)}
    try:
        return await http.send("GET", path, headers=headers)
    except Refused as error:  # a key with characters that no header has
        raise ValueError(error.detail) from None
    except Unreachable as error:
        raise ValueError(error.detail) from None


def _refused(answer: Response) -> str:
    """Return what an answer with an error says: its title, else its status."""
    try:
        return str(orjson.loads(answer.content)["title"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status}"


async def _hops(http: Http) -> list[Check]:
    """Return a check for each hop of an event's path, and one for the durability of writes."""
    try:
        report = orjson.loads((await _ask(http, "/readyz")).content)
        hops: dict[str, Any] = report["hops"]
    except (ValueError, KeyError, TypeError) as error:
        return [Check("ready", False, f"unexpected response from /readyz: {error}")]
    advice = {
        "redis": "Is Redis or Valkey running, is TICKER_REDIS_URL correct, and has it memory, disk "
        "and replicas? If it refuses, correct the server's password file or its user "
        "(`ticker acl`).",
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
            checks.append(failover(str(promise["risk"])))
    return checks


async def _key(http: Http, key: str | None) -> list[Check]:
    if key is None:
        fix = "Set TICKER_KEY. `ticker keys create NAME` creates a key."
        return [Check("key", False, "no editor key found", fix)]
    try:
        answer = await _ask(http, "/v1/key", key)
        if 200 <= answer.status < 300:
            holder = orjson.loads(answer.content)
            where = ", ".join(map(str, holder["editions"])) or "all editions"
            told = f"the editor key is valid: {holder['name']}, {holder['role']}, {where}"
            return [Check("key", True, told)]
    except (ValueError, KeyError, TypeError) as error:
        return [Check("key", False, f"it cannot be checked: {error}")]
    if answer.status in (401, 403):
        fix = "Set TICKER_KEY to a key of this newsroom. `ticker keys list` shows their names."
        return [Check("key", False, "the editor key is not valid", fix)]
    return [Check("key", False, f"it cannot be checked: {_refused(answer)}")]


async def _push(http: Http, key: str | None) -> list[Check]:
    """Return a check for every push provider that is configured or stopped."""
    if key is None:
        return []
    try:
        asked = await _ask(http, "/v1/push/status", key)
        if asked.status in (401, 403):
            return []  # the key check reports it
        if asked.status >= 400:
            return [Check("push", False, f"it cannot be checked: {_refused(asked)}")]
        found = orjson.loads(asked.content)["providers"]
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


async def _clock(answer: Response, moment: float) -> list[Check]:
    """Compare the clocks. The precision is a second, that of the Date header."""
    from email.utils import parsedate_to_datetime

    try:
        server = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return [Check("clock", False, "the server's response has no Date header")]
    skew = moment - server - 0.5
    if abs(skew) <= SKEW_MAX:
        return [Check("clock", True, "in sync with the server's")]
    return [Check("clock", False, skewed(skew, "the server's"), SYNCHRONISE)]


async def _websocket(url: str) -> list[Check]:
    from ticker.client import Retry, Ticker

    def give_up(retry: Retry) -> None:
        raise Unreachable(url, retry.reason)

    began = time.perf_counter()
    advice = "A reverse proxy must forward the Upgrade and Connection headers to /v1/ws."
    try:
        async with asyncio.timeout(TIMEOUT), Ticker(url, backlog=1, on_retry=give_up) as feed:
            await anext(feed)
    except TimeoutError:
        return [Check("websocket", False, f"no snapshot within {TIMEOUT:.0f} s", advice)]
    except ClientError as error:
        return [Check("websocket", False, str(error), advice)]
    took = (time.perf_counter() - began) * 1000
    return [Check("websocket", True, f"connected; first items after {took:.0f} ms")]


async def _events(http: Http) -> list[Check]:
    advice = "A reverse proxy must not buffer /v1/events."
    began = time.perf_counter()
    try:
        answer = await http.send(
            "GET", "/v1/events", params=(("backlog", "1"),), headers=STREAM, until=WELCOME
        )
    except Unreachable as error:
        return [Check("sse", False, error.detail, advice)]
    took = (time.perf_counter() - began) * 1000
    if not 200 <= answer.status < 300:
        return [Check("sse", False, f"/v1/events responds with HTTP {answer.status}", advice)]
    if WELCOME not in answer.content:
        return [Check("sse", False, "the stream ended without a welcome message", advice)]
    return [Check("sse", True, f"connected; welcome after {took:.0f} ms")]
