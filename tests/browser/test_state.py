"""``apply`` of ``client.js``: the state after any sequence of messages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RUN = """async (messages) => {
  const { apply, EMPTY_STATE } = await import("/client.js");
  const freeze = (state) => {
    for (const item of state.items) Object.freeze(item);
    Object.freeze(state.items);
    return Object.freeze(state);
  };
  const state = messages.reduce((state, message) => freeze(apply(state, message)), EMPTY_STATE);
  return { cursor: state.cursor, ids: state.items.map((item) => item.id),
    versions: state.items.map((item) => item.version), removed: [...state.removed] };
}"""


def item(id: str, version: int = 1, at: int = 0, pinned: bool = False) -> dict[str, Any]:
    published_at = f"2026-11-23T19:00:{at:02}.000Z"
    return {"id": id, "version": version, "published_at": published_at, "pinned": pinned}


def event(cursor: str, item: dict[str, Any], action: str = "publish") -> dict[str, Any]:
    return {"type": "item", "cursor": cursor, "action": action, "item": item}


def snapshot(cursor: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "snapshot", "cursor": cursor, "items": list(items)}


async def test_items_are_sorted_pinned_first_then_newest_then_by_id(modules: Page) -> None:
    messages = [
        snapshot("c1", item("b", at=1), item("a", at=1)),
        event("c2", item("c", at=5)),
        event("c3", item("d", at=0, pinned=True)),
    ]
    state = await modules.evaluate(RUN, messages)
    assert state["ids"] == ["d", "c", "b", "a"]
    assert state["cursor"] == "c3"


async def test_a_version_replaces_only_older_ones(modules: Page) -> None:
    messages = [
        event("c1", item("a", 2)),
        event("c2", item("a", 3), "correct"),
        event("c3", item("a", 2), "update"),
    ]
    state = await modules.evaluate(RUN, messages)
    assert (state["ids"], state["versions"], state["cursor"]) == (["a"], [3], "c3")


async def test_a_late_update_does_not_restore_a_retracted_item(modules: Page) -> None:
    messages = [
        event("c1", item("a", 1)),
        event("c2", {"id": "a", "version": 3}, "retract"),
        event("c3", item("a", 2), "update"),
    ]
    state = await modules.evaluate(RUN, messages)
    assert state["ids"] == []
    assert state["removed"] == [["a", 3]]


async def test_an_expired_item_can_return(modules: Page) -> None:
    messages = [
        event("c1", item("a", 1)),
        event("c2", {"id": "a", "version": 2}, "expire"),
        event("c3", item("a", 3), "update"),
    ]
    assert (await modules.evaluate(RUN, messages))["versions"] == [3]


async def test_a_welcome_advances_the_cursor_only_in_mode_live(modules: Page) -> None:
    """A connection that breaks between welcome and replay must resume from before both."""
    welcome = {"type": "welcome", "reset": False, "reason": None, "heartbeat": 25, "cursor": "c9"}
    start = snapshot("c1")
    for mode, cursor in (("replay", "c1"), ("snapshot", "c1"), ("live", "c9")):
        state = await modules.evaluate(RUN, [start, welcome | {"mode": mode}])
        assert state["cursor"] == cursor, mode
    state = await modules.evaluate(RUN, [start, {"type": "heartbeat", "cursor": "c2"}])
    assert state["cursor"] == "c2"


async def test_items_stay_the_same_array_if_nothing_changed(modules: Page) -> None:
    """Views render when ``items`` is another array, so heartbeats and repeats must keep it."""
    same = await modules.evaluate(
        """async (messages) => {
          const { apply, EMPTY_STATE } = await import("/client.js");
          const [first, ...others] = messages;
          const state = apply(EMPTY_STATE, first);
          return others.map((message) => apply(state, message).items === state.items);
        }""",
        [
            event("c1", item("a", 2)),
            event("c1", item("a", 2)),
            event("c2", item("a", 2)),
            {"type": "heartbeat", "cursor": "c3"},
            {"type": "unheard of", "cursor": "c4"},
            event("c5", {"id": "other", "version": 2}, "expire"),
            event("c6", item("b")),
        ],
    )
    assert same == [True, True, True, True, True, False]


async def test_items_and_removals_are_limited(modules: Page) -> None:
    published = [event(f"p{n}", item(f"i{n:04}", at=n % 60)) for n in range(700)]
    removed = [event(f"r{n}", {"id": f"i{n:04}", "version": 2}, "retract") for n in range(700)]
    assert len((await modules.evaluate(RUN, published))["ids"]) == 200
    state = await modules.evaluate(RUN, published + removed)
    assert state["ids"] == []
    assert len(state["removed"]) == 500
    assert state["removed"][-1] == ["i0699", 2]


async def test_repeated_messages_change_nothing(modules: Page) -> None:
    """At-least-once delivery gives exactly one state."""
    differences = await modules.evaluate(
        """async () => {
          const { apply, EMPTY_STATE } = await import("/client.js");
          let seed = 7;
          const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
          const show = (log) =>
            log.reduce(apply, EMPTY_STATE).items.map((i) => `${i.id}:${i.version}`);
          let differences = 0;
          for (let run = 0; run < 300; run++) {
            const versions = new Map();
            const log = [];
            for (let n = 0; n < 40; n++) {
              const id = `i${random(8)}`;
              const version = (versions.get(id) ?? 0) + 1;
              versions.set(id, version);
              const action = random(4) ? "update" : "retract";
              const published_at = `2026-11-23T19:00:0${random(10)}.000Z`;
              const item = { id, version, published_at, pinned: random(5) === 0 };
              log.push({ type: "item", cursor: `c${n}`, action, item });
            }
            const to = 1 + random(40);
            const from = random(to);
            const twice = [...log.slice(0, to), ...log.slice(from, to), ...log.slice(to)];
            if (String(show(twice)) !== String(show(log))) differences += 1;
          }
          return differences;
        }"""
    )
    assert differences == 0
