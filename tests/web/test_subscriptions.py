"""Several subscriptions in JavaScript, over transports that a test plays."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.client.messages import cursor, event, item, snapshot, welcome
from tests.web.test_package import NODE_22, ROOT

pytestmark = pytest.mark.browser  # needs Node.js

SCRIPT = """
const [client, steps, mode] = process.argv.slice(1);
const { Subscriptions } = await import(client);
const told = [];
let receiver, sent = [];
const transport = (base, query, to) => {
  receiver = to;
  sent = [];
  told.push(["connects", Object.fromEntries(query)]);
  return { close() {}, send: mode === "stream" ? null : (message) => (sent.push(message), true) };
};
const feed = new Subscriptions({ url: "http://127.0.0.1:9/", transports: [transport] });
feed.addEventListener("status", ({ detail: { name, phase, error } }) =>
  told.push(["status", name, phase, error]));
const ids = (name) => feed.items(name).map(({ id }) => id);
for (const [act, ...given] of JSON.parse(steps)) {
  if (act === "message") receiver.message(given[0]);
  else if (act === "close") receiver.close(...given);
  else if (act === "wait") await new Promise((resolve) => setTimeout(resolve, 5));
  else if (act === "items") told.push(["items", given[0], ids(given[0])]);
  else if (act === "cursor") told.push(["cursor", feed.cursor]);
  else if (act === "when") {
    const [name, method, ...rest] = given;
    const heard = ({ detail }) => detail.name === name && feed[method](...rest);
    feed.addEventListener("change", heard, { once: true });
  } else if (act === "sent") told.push(["sent", ...sent.splice(0)]);
  else {
    try {
      feed[act](...given);
    } catch (error) {
      told.push([act, `${error}`]);
    }
  }
}
feed.stop();
console.log(JSON.stringify(told));
"""

A = "section=a&backlog=20"
B = "not.region=b&any=tag%3Dx&any=level%3Dflash%26not.tag%3Dy&backlog=20"
OTHER = {
    "exclude": {"region": ["b"]},
    "any": [{"tag": "x"}, {"level": "flash", "exclude": {"tag": "y"}}],
}


def play(*steps: list[Any], mode: str = "socket") -> list[list[Any]]:
    """Return what the client did, without the changes of a status."""
    client = (ROOT / "ticker" / "web" / "dist" / "client.js").as_uri()
    script = ("--input-type=module", "--eval", SCRIPT)
    command = (str(NODE_22), *script, client, json.dumps(steps), mode)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    told: list[list[Any]] = json.loads(done.stdout)
    return [one for one in told if one[0] != "status" or one[2] == "stopped"]


def message(data: dict[str, Any], **more: Any) -> list[Any]:
    return ["message", {**data, **more}]


BEGIN: list[list[Any]] = [
    ["subscribe", "a", {"section": "a"}],
    ["subscribe", "b", OTHER],
    ["start"],
    message(welcome("snapshot", 5), subs=[1, 2]),
    message(snapshot(5, item("x")), sub=1),
    message(snapshot(5, item("y"), item("x")), sub=2),
]
"""Ids are given in the order of the queries: ``b`` has 1."""
CONNECTS = ["connects", {"sub.1": B, "sub.2": A}]


def test_a_filter_with_exclusions_and_alternatives_is_in_the_address_and_in_a_message() -> None:
    told = play(
        *BEGIN,
        ["items", "b"],
        ["items", "a"],
        ["cursor"],
        ["subscribe", "c", {**OTHER, "level": "urgent"}],
        ["sent"],
        ["unsubscribe", "a"],
        ["unsubscribe", "a"],
        ["sent"],
        message(event(6), subs=[1]),
        ["items", "a"],
    )
    alternatives = [{"tag": "x"}, {"level": "flash", "not": {"tag": "y"}}]
    wanted = {"not": {"region": "b"}, "any": alternatives, "level": "urgent"}
    assert told[:-3] == [
        CONNECTS,
        ["items", "b", ["x"]],
        ["items", "a", ["y", "x"]],
        ["cursor", cursor(5)],
    ]
    begun, ended, left = told[-3:]
    assert begun == [
        "sent",
        {"type": "subscribe", "id": 3, "filter": wanted, "backlog": "20"},
    ]
    assert ended == ["sent", {"type": "unsubscribe", "id": 2}]
    assert left == ["items", "a", []]


def test_a_stream_connects_again_for_what_begins_and_ends() -> None:
    told = play(
        *BEGIN,
        ["unsubscribe", "b"],
        ["wait"],
        message(welcome("live", 5), subs=[1]),
        message(event(6), subs=[1]),
        ["subscribe", "c", {"tag": "c"}],
        ["items", "a"],
        mode="stream",
    )
    assert told == [
        CONNECTS,
        ["connects", {"sub.1": A, "after": cursor(5)}],
        ["connects", {"sub.1": A, "sub.2": "tag=c&backlog=20"}],
        ["items", "a", ["y", "x", "item6"]],
    ]


def test_one_that_begins_on_a_stream_costs_one_without_snapshots_no_event() -> None:
    told = play(
        ["subscribe", "a", {"section": "a", "backlog": 0}],
        ["start"],
        message(welcome("live", 5), subs=[1]),
        ["subscribe", "c", {"tag": "c"}],
        message(welcome("snapshot", 7), subs=[1]),
        message(snapshot(7, item("x")), sub=1),
        ["items", "c"],
        ["items", "a"],
        ["cursor"],
        ["unsubscribe", "c"],
        ["cursor"],
        mode="stream",
    )
    assert told == [
        ["connects", {"sub.1": "section=a&backlog=0"}],
        ["connects", {"sub.1": "tag=c&backlog=20"}],
        ["items", "c", ["x"]],
        ["items", "a", []],
        ["cursor", None],
        ["cursor", cursor(5)],
    ]


@pytest.mark.parametrize("reset", [False, True])
def test_one_without_items_begins_beside_one_with_items(reset: bool) -> None:
    """Its place is that of the other's snapshot; after a reset it has a snapshot of its own."""
    told = play(
        ["subscribe", "b", {"section": "b"}],
        ["subscribe", "c", {"section": "c", "backlog": 0}],
        ["start"],
        message(welcome("snapshot", 5, reset=reset), subs=[1, 2]),
        message(snapshot(5, item("x")), sub=1),
        *([message(snapshot(5, item("y")), sub=2)] if reset else []),
        message(event(6), subs=[2]),
        ["items", "b"],
        ["items", "c"],
        ["cursor"],
        ["sent"],
    )
    assert told[1:] == [
        ["items", "b", ["x"]],
        ["items", "c", [*(["y"] if reset else []), "item6"]],
        ["cursor", cursor(6)],
        ["sent"],
    ]


def test_a_misspelt_facet_and_a_name_in_use_are_refused() -> None:
    told = play(
        ["subscribe", "a", {"sections": "a"}],
        ["subscribe", "a", {"exclude": {"level": "flash"}}],
        ["subscribe", "a"],
        ["subscribe", "a"],
    )
    assert [one[1].split(":")[0] for one in told] == ["TypeError", "TypeError", "Error"]


def test_only_the_refused_one_stops() -> None:
    told = play(
        *BEGIN,
        message({"type": "error", "code": "bad_filter", "message": "no such region"}, sub=1),
        ["close", 4400, ""],
    )
    assert told == [CONNECTS, ["status", "b", "stopped", "no such region"]]


def test_one_that_is_refused_does_not_hold_the_cursor() -> None:
    told = play(
        *BEGIN,
        message({"type": "error", "code": "bad_filter", "message": "no such region"}, sub=1),
        message(event(6), subs=[2]),
        ["cursor"],
    )
    assert told[-1] == ["cursor", cursor(6)]


def test_more_alternatives_than_a_connection_takes_get_another_connection() -> None:
    """The server refuses all subscriptions of an address with more than 32 filters."""
    many = [["subscribe", f"n{n}", {"tag": f"{n}", "any": [{"tag": "x"}] * 8}] for n in range(4)]
    told = play(*many, ["start"], message(welcome("live", 5), subs=[1, 2, 3]))
    assert [len(query) for _, query in told] == [3, 1]


def test_a_listener_that_ends_one_during_an_event_costs_the_others_nothing() -> None:
    """On a stream it connects anew at once, with the cursor after the event."""
    told = play(
        ["subscribe", "a", {"section": "a"}],
        ["subscribe", "b", {"section": "b"}],
        ["subscribe", "c", {"section": "c"}],
        ["start"],
        message(welcome("snapshot", 5), subs=[1, 2, 3]),
        *[message(snapshot(5), sub=id) for id in (1, 2, 3)],
        ["when", "a", "unsubscribe", "c"],
        message(event(6), subs=[1, 2]),
        ["items", "a"],
        ["items", "b"],
        message(welcome("live", 6), subs=[1, 2]),
        ["cursor"],
        mode="stream",
    )
    both = {"sub.1": "section=a&backlog=20", "sub.2": "section=b&backlog=20"}
    assert told[1:] == [
        ["connects", {**both, "after": cursor(6)}],
        ["items", "a", ["item6"]],
        ["items", "b", ["item6"]],
        ["cursor", cursor(6)],
    ]


def test_one_without_snapshots_that_is_behind_goes_on_from_its_own_cursor() -> None:
    """It was refused and is tried again: named beside the others, it would lose what it missed."""
    told = play(
        ["subscribe", "a", {"section": "a", "backlog": 0}],
        ["subscribe", "b", {"section": "b", "backlog": 0}],
        ["start"],
        message(welcome("live", 5), subs=[1, 2]),
        message({"type": "error", "code": "full", "message": "later"}, sub=2),
        message(event(6), subs=[1]),
        ["stop"],
        ["start"],
        message(welcome("live", 6), subs=[1]),
    )
    a, b = "section=a&backlog=0", "section=b&backlog=0"
    assert [one for one in told if one[0] == "connects"] == [
        ["connects", {"sub.1": a, "sub.2": b}],
        ["connects", {"sub.1": a, "after": cursor(6)}],
        ["connects", {"sub.1": b, "after": cursor(5)}],
    ]


def test_a_reset_that_breaks_off_begins_again_from_the_cursor_of_all() -> None:
    told = play(
        ["subscribe", "a", {"section": "a"}],
        ["subscribe", "b", {"section": "b", "backlog": 0}],
        ["start"],
        message(welcome("snapshot", 5), subs=[1, 2]),
        message(snapshot(5, item("x")), sub=1),
        message(welcome("snapshot", 8, reset=True), subs=[1, 2]),
        message(snapshot(8, item("y")), sub=1),
        ["items", "a"],
        ["cursor"],
        ["stop"],
        ["start"],
    )
    both = {"sub.1": "section=a&backlog=20", "sub.2": "section=b&backlog=0"}
    assert told == [
        ["connects", both],
        ["items", "a", ["x"]],
        ["cursor", cursor(5)],
        ["connects", {**both, "after": cursor(5)}],
    ]


def test_one_that_begins_on_a_full_connection_waits_for_one_that_ends() -> None:
    many = [["subscribe", f"n{n:02}", {"tag": f"{n:02}"}] for n in range(16)]
    ids = list(range(1, 17))
    told = play(
        *many,
        ["start"],
        message(welcome("snapshot", 5), subs=ids),
        *[message(snapshot(5), sub=id) for id in ids],
        ["unsubscribe", "n03"],
        ["subscribe", "new", {"tag": "new"}],
        ["sent"],
        message({"type": "unsubscribed"}, subs=[4]),
        ["sent"],
    )
    begin = {"type": "subscribe", "id": 4, "filter": {"tag": "new"}, "backlog": "20"}
    assert told[1:] == [["sent", {"type": "unsubscribe", "id": 4}], ["sent", begin]]
