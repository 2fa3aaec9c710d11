"""Each rule of PROTOCOL.md has a case, and our clients keep the rules under all of them."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.web.test_package import NODE_22, ROOT
from ticker.client import CurrentItems, FeedRefused, Subscriptions, Ticker
from ticker.client.backoff import Backoff
from ticker.client.connection_state import Backlog
from ticker.conformance.cases import CASES
from ticker.conformance.client_case import LAST, ClientCase
from ticker.conformance.client_cases import CLIENT_CASES
from ticker.conformance.scripted_server import ScriptedServer, scripted_server

HERE = Path(__file__).parent
SECTIONS = {
    number: " ".join(text.split())
    for number, text in re.findall(
        r"^## ([0-9]+)\. (.*?)(?=^## |\Z)", (ROOT / "PROTOCOL.md").read_text(), re.M | re.S
    )
}
MUST = re.compile(r"\bMUST\b")


def test_each_case_quotes_its_rule() -> None:
    assert len({one.name for one in CLIENT_CASES}) == len(CLIENT_CASES)
    assert [one.name for one in CLIENT_CASES if one.quote not in SECTIONS[one.section]] == []
    # One case for each rule: a client that fails one knows which.
    assert [one.name for one in CLIENT_CASES if len(MUST.findall(one.quote)) > 1] == []


def test_every_must_of_the_protocol_has_a_case() -> None:
    """A new MUST needs a case for clients, or one for servers whose docstring quotes it."""
    quotes = [one.quote for one in CLIENT_CASES]
    quotes += [" ".join((one.run.__doc__ or "").split()) for one in CASES]
    without = []
    for text in SECTIONS.values():
        covered = [
            range(found.start(), found.end())
            for quote in quotes
            if MUST.search(quote)
            for found in re.finditer(re.escape(quote), text)
        ]
        without += [
            text[found.start() - 60 : found.end() + 60]
            for found in MUST.finditer(text)
            if not any(found.start() in span for span in covered)
        ]
    assert without == []
    assert sum(len(MUST.findall(text)) for text in SECTIONS.values()) >= 13


def expected(case: ClientCase) -> dict[str, Any]:
    shown = case.as_json()
    return {"board": shown["boards"] or shown["board"], "stopped": case.stops}


def filter_of(given: dict[str, Any] | None) -> dict[str, Any]:
    """Return the filter of a case under the names of our clients."""
    if given is None:
        return {}
    renamed = {{"not": "exclude"}.get(name, name): value for name, value in given.items()}
    if "any" in given:
        renamed["any"] = [filter_of(one) for one in given["any"]]
    return renamed


def board(shown: CurrentItems) -> list[dict[str, Any]]:
    return [{"id": one.id, "version": one.version, "headline": one.headline} for one in shown.items]


async def follow(base: str, case: ClientCase) -> dict[str, Any]:
    """Return what our Python client shows at the end of a case."""
    if case.subscriptions is not None:
        return await follow_several(f"{base}/python/{case.name}", case)
    shown = CurrentItems()
    stopped = False
    feed = Ticker(
        f"{base}/python/{case.name}",
        **filter_of(case.filter),
        backlog="all",
        backoff=Backoff(draw=lambda: 0.03),
    )
    try:
        async with asyncio.timeout(30), feed:
            async for event in feed:
                shown.apply(event)
                if shown.get(LAST["id"]):
                    break
    except FeedRefused:
        stopped = True
    return {"board": board(shown), "stopped": stopped}


async def follow_several(url: str, case: ClientCase) -> dict[str, Any]:
    """Return what our Python client shows in each of its subscriptions at the end of a case."""
    assert case.subscriptions is not None
    changes = list(case.changes)
    backlog: Backlog = "all" if case.pages else 20
    shown = {name: CurrentItems() for name in case.subscriptions}
    feed = Subscriptions(url, backoff=Backoff(draw=lambda: 0.03))
    for name in case.connections[0].subs:
        feed.subscribe(name, **filter_of(dict(case.subscriptions[name])), backlog=backlog)
    async with asyncio.timeout(30), feed:
        async for events in feed:
            for name, event in events.items():
                shown[name].apply(event)
            headlines = {one.headline for board in shown.values() for one in board.items}
            if changes and changes[0].headline in headlines:
                change = changes.pop(0)
                if change.action == "unsubscribe":
                    feed.unsubscribe(change.sub)
                    del shown[change.sub]
                else:
                    given = filter_of(dict(case.subscriptions[change.sub]))
                    feed.subscribe(change.sub, **given, backlog=backlog)
            if all(board.get(LAST["id"]) for board in shown.values()):
                break
    return {"board": {name: board(one) for name, one in shown.items()}, "stopped": False}


def mistakes(server: ScriptedServer, word: str, cases: list[ClientCase]) -> list[dict[str, Any]]:
    """Return the reports of the cases in which something was wrong."""
    reports = [server.run(word, one.name).report() for one in cases]
    return [one for one in reports if one["wrong"] or not one["played"]]


async def test_our_python_client() -> None:
    cases = list(CLIENT_CASES)
    async with scripted_server() as server:
        base = f"http://127.0.0.1:{server.port}"
        found = await asyncio.gather(*[follow(base, one) for one in cases])
        assert mistakes(server, "python", cases) == []
        for one, result in zip(cases, found, strict=True):
            assert (one.name, result) == (one.name, expected(one))


def task(case: ClientCase) -> dict[str, Any]:
    """Return what the JavaScript client is to follow in a case."""
    given = {name: filter_of(dict(one)) for name, one in (case.subscriptions or {}).items()}
    return {
        "filter": filter_of(case.filter),
        "subscriptions": given if case.subscriptions else None,
        "begin": list(case.connections[0].subs),
        "changes": case.as_json()["changes"],
        "backlog": "all" if case.pages else 20,
    }


@pytest.mark.browser  # needs Node.js
async def test_our_javascript_client() -> None:
    cases = list(CLIENT_CASES)
    client = (ROOT / "ticker" / "web" / "dist" / "client.js").as_uri()
    async with scripted_server() as server:
        process = await asyncio.create_subprocess_exec(
            NODE_22,
            HERE / "client.mjs",
            client,
            f"http://127.0.0.1:{server.port}",
            json.dumps({one.name: task(one) for one in cases}),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(30):
                out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        found = json.loads(out)
        assert mistakes(server, "js", cases) == []
        for one in cases:
            assert (one.name, found[one.name]) == (one.name, expected(one))
