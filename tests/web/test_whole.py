"""All items in JavaScript, in pages, over messages and over polls."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.client.messages import cursor, event, gone, item, snapshot, welcome
from tests.web.test_package import NODE_22, ROOT

pytestmark = pytest.mark.browser  # needs Node.js

GIVEN = """
const given = async () => JSON.parse((await process.stdin.setEncoding("utf8").toArray()).join(""));
"""
MESSAGES = """
const [options, messages] = await given();
const { Ticker } = await import(process.argv[1]);
const told = [];
let receiver;
const transport = (base, query, to) => {
  told.push(["connects", Object.fromEntries(query)]);
  receiver = to;
  return { close() {}, send: null };
};
const url = "http://127.0.0.1:9/";
const ticker = new Ticker({ url, transports: [transport], ...options });
ticker.addEventListener("change", ({ detail: { message, reset } }) => {
  const { cursor, items } = ticker.state;
  told.push([message.type, message.items?.length ?? 0, reset, items.length, cursor]);
});
ticker.start();
for (const message of messages) receiver.message(message);
ticker.stop();
console.log(JSON.stringify(told));
"""
POLLS = """
const [options, subs, answers, wanted] = await given();
const { poll, Subscriptions } = await import(process.argv[1]);
const told = [];
const left = [...answers];
globalThis.fetch = async (url) => {
  told.push(url.search);
  return Response.json(left.shift());
};
const url = "http://127.0.0.1:9/";
const feed = new Subscriptions({ url, transports: [poll], ...options });
for (const [name, filter] of Object.entries(subs)) feed.subscribe(name, filter);
feed.addEventListener("change", ({ detail: { name, message, reset } }) =>
  told.push([name, message.type, reset, feed.items(name).length]));
feed.start();
while (left.length || feed.cursor !== wanted) await new Promise(setImmediate);
feed.stop();
console.log(JSON.stringify(told));
"""


def run(script: str, *given: Any) -> list[Any]:
    client = (ROOT / "ticker" / "web" / "dist" / "client.js").as_uri()
    command = (str(NODE_22), "--input-type=module", "--eval", GIVEN + script, client)
    done = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    told: list[Any] = json.loads(done.stdout)
    return told


def items(first: int, last: int) -> list[dict[str, Any]]:
    return [item(f"item-{number:04}") for number in range(first, last)]


def page(at: int, first: int, last: int, more: bool) -> dict[str, Any]:
    return {**snapshot(at, *items(first, last)), "type": "page", "more": more, "sub": 1}


def played(messages: list[dict[str, Any]], **options: Any) -> list[Any]:
    return run(MESSAGES, options, messages)


def polled(
    subs: dict[str, Any], answers: list[dict[str, Any]], wanted: str, **options: Any
) -> list[Any]:
    return run(POLLS, options, subs, answers, wanted)


def answer(at: int, mode: str = "snapshot", **more: Any) -> dict[str, Any]:
    return {"cursor": cursor(at), "mode": mode, "reset": False, "reason": None, **more}


def test_all_items_are_one_snapshot_and_stay() -> None:
    begin = [
        welcome("snapshot", 5, subs=[1]),
        {**snapshot(5, *items(0, 200)), "more": True, "sub": 1},
        page(5, 200, 400, True),
        page(5, 400, 450, False),
        {**event(6), "subs": [1]},
        {**event(7, gone("item-0000"), "expire"), "subs": [1]},
    ]
    assert played(begin, backlog="all", cache=True) == [
        ["connects", {"sub.1": "backlog=all"}],
        ["snapshot", 450, False, 450, cursor(5)],
        ["item", 0, False, 451, cursor(6)],
        ["item", 0, False, 450, cursor(7)],
    ]


def test_a_reset_between_two_pages_begins_anew() -> None:
    messages = [
        welcome("snapshot", 5, subs=[1]),
        {**snapshot(5, *items(0, 2)), "more": True, "sub": 1},
        welcome("snapshot", 9, subs=[1], reset=True, reason="expired"),
        page(5, 2, 3, False),
        {**snapshot(9, *items(4, 5)), "more": True, "sub": 1},
        page(9, 5, 6, False),
    ]
    told = played(messages, backlog="all")
    assert told[1:] == [["snapshot", 2, False, 2, cursor(9)]]


def test_one_without_a_backlog_hears_all_after_a_reset_and_keeps_the_first_ones() -> None:
    messages = [
        welcome("snapshot", 9, subs=[1], reset=True, reason="epoch"),
        {**snapshot(9, *items(0, 200)), "more": True, "sub": 1},
        page(9, 200, 300, False),
    ]
    assert played(messages, backlog=0, after=cursor(5)) == [
        ["connects", {"sub.1": "backlog=0", "after": cursor(5)}],
        ["snapshot", 300, True, 200, cursor(9)],
    ]


def test_polls_ask_for_the_pages() -> None:
    answers = [
        answer(5, items=items(0, 200), page="p1"),
        answer(5, items=items(200, 400), page="p2"),
        answer(5, items=items(400, 450)),
    ]
    assert polled({"all": {"tag": "a", "backlog": "all"}}, answers, cursor(5)) == [
        "?tag=a&limit=200",
        "?tag=a&limit=200&page=p1",
        "?tag=a&limit=200&page=p2",
        ["all", "snapshot", False, 450],
    ]


def test_pages_of_polls_that_are_gone_begin_anew() -> None:
    answers = [
        answer(5, items=items(0, 200), page="p1"),
        answer(9, items=items(0, 100), page="p2", reset=True, reason="expired"),
        answer(9, items=items(100, 110)),
    ]
    told = polled({"all": {"backlog": "all"}}, answers, cursor(9))
    assert told == [
        "?limit=200",
        "?limit=200&page=p1",
        "?limit=200&page=p2",
        ["all", "snapshot", False, 110],
    ]


def test_polls_without_a_backlog_get_all_after_a_reset() -> None:
    answers = [
        answer(9, items=items(0, 150), page="p1", reset=True, reason="epoch"),
        answer(9, items=items(150, 160)),
    ]
    told = polled({"new": {"backlog": 0}}, answers, cursor(9), after=cursor(5))
    first = f"?after={cursor(5)}&limit=200"
    assert told == [first, "?limit=200&page=p1", ["new", "snapshot", True, 160]]


def test_polls_of_several_begin_at_one_cursor() -> None:
    """So nothing is lost if the connection ends before their cursors are equal."""
    answers = [
        answer(5, items=items(0, 1)),
        answer(6, "replay", events=[event(6)]),
    ]
    subs = {"a": {"tag": "a", "backlog": 0}, "b": {"tag": "b", "backlog": 0}}
    assert polled(subs, answers, cursor(5)) == [
        "?tag=a&limit=1",
        f"?tag=b&after={cursor(5)}&limit=200",
        ["b", "item", False, 1],
    ]
