"""The cases of PROTOCOL.md §6: several subscriptions on one connection, with one cursor."""

from __future__ import annotations

from ticker.conformance.client_case import (
    DRAIN,
    Change,
    Message,
    Recorded,
    asked,
    case_of_several,
    event,
    goodbye,
    item,
    removed,
    snapshot,
    welcome,
)

ONE, TWO, THREE = item(1), item(2), item(3)
HARBOUR, ABROAD, SPORTS = "harbour", "abroad", "sports"
SEVERAL_FILTERS: dict[str, Message] = {
    HARBOUR: {"tag": ["ferries"]},
    ABROAD: {"not": {"region": ["europe"]}, "any": [{"section": ["politics"]}, {"level": "flash"}]},
    SPORTS: {"section": ["sports"]},
}

SEVERAL_SUBSCRIPTIONS = (
    case_of_several(
        "several-subscriptions-have-one-cursor",
        "6",
        "On reconnecting a client names all subscriptions in the address, with one `after`",
        {name: SEVERAL_FILTERS[name] for name in (HARBOUR, ABROAD)},
        Recorded(
            None,
            [
                welcome("snapshot", "m-1", subs=[HARBOUR, ABROAD]),
                snapshot("m-1", TWO, ONE, sub=HARBOUR),
                snapshot("m-1", ONE, sub=ABROAD),
                event("publish", "m-2", THREE, subs=[ABROAD]),
                {"type": "heartbeat", "cursor": "m-3"},
                goodbye(),
            ],
            DRAIN,
            (HARBOUR, ABROAD),
        ),
        Recorded(
            "m-3",
            [
                welcome("replay", "m-3", subs=[HARBOUR, ABROAD]),
                event("correct", "m-4", item(1, 2, headline="Both"), subs=[HARBOUR, ABROAD]),
            ],
            "hold",
            (HARBOUR, ABROAD),
        ),
        boards={
            HARBOUR: [TWO, item(1, 2, headline="Both")],
            ABROAD: [THREE, item(1, 2, headline="Both")],
        },
    ),
    case_of_several(
        "no-cursor-before-the-last-snapshot-of-several",
        "6",
        "The reader stores the cursor after the last message of the last one.",
        {name: SEVERAL_FILTERS[name] for name in (HARBOUR, ABROAD)},
        Recorded(
            None,
            [
                welcome("snapshot", "s-1", subs=[HARBOUR, ABROAD]),
                snapshot("s-1", TWO, ONE, sub=HARBOUR),
            ],
            "cut",
            (HARBOUR, ABROAD),
        ),
        Recorded(
            None,
            [
                welcome("snapshot", "s-2", subs=[HARBOUR, ABROAD]),
                snapshot("s-2", TWO, ONE, sub=HARBOUR),
                snapshot("s-2", ONE, sub=ABROAD),
                goodbye(),
            ],
            DRAIN,
            (HARBOUR, ABROAD),
        ),
        Recorded(
            "s-2",
            [
                welcome("snapshot", "t-1", "expired", subs=[HARBOUR, ABROAD]),
                snapshot("t-1", item(4), sub=HARBOUR),
            ],
            "cut",
            (HARBOUR, ABROAD),
        ),
        Recorded(
            "s-2",
            [
                welcome("snapshot", "t-2", "expired", subs=[HARBOUR, ABROAD]),
                snapshot("t-2", item(4), sub=HARBOUR),
                snapshot("t-2", item(5), item(4), sub=ABROAD),
                goodbye(),
            ],
            DRAIN,
            (HARBOUR, ABROAD),
        ),
        Recorded(
            "t-2",
            [welcome("live", "t-2", subs=[HARBOUR, ABROAD])],
            "hold",
            (HARBOUR, ABROAD),
        ),
        boards={HARBOUR: [item(4)], ABROAD: [item(5), item(4)]},
    ),
    case_of_several(
        "snapshots-of-several-have-pages",
        "6",
        "Pages with the same `sub` may follow each snapshot.",
        {name: SEVERAL_FILTERS[name] for name in (HARBOUR, ABROAD)},
        Recorded(
            None,
            [
                welcome("snapshot", "q-1", subs=[HARBOUR, ABROAD]),
                snapshot("q-1", THREE, more=True, sub=HARBOUR),
                {"type": "page", "sub": HARBOUR, "cursor": "q-1", "items": [TWO], "more": True},
                {"type": "page", "sub": HARBOUR, "cursor": "q-1", "items": [ONE], "more": False},
                snapshot("q-1", TWO, more=True, sub=ABROAD),
            ],
            "cut",
            (HARBOUR, ABROAD),
        ),
        Recorded(
            None,
            [
                welcome("snapshot", "q-2", subs=[HARBOUR, ABROAD]),
                snapshot("q-2", THREE, more=True, sub=HARBOUR),
                {"type": "page", "sub": HARBOUR, "cursor": "q-2", "items": [ONE], "more": False},
                snapshot("q-2", THREE, more=True, sub=ABROAD),
                {"type": "page", "sub": ABROAD, "cursor": "q-2", "items": [TWO], "more": False},
                event("publish", "q-3", item(4), subs=[ABROAD]),
                goodbye(),
            ],
            DRAIN,
            (HARBOUR, ABROAD),
        ),
        Recorded(
            "q-3",
            [welcome("live", "q-3", subs=[HARBOUR, ABROAD])],
            "hold",
            (HARBOUR, ABROAD),
        ),
        boards={HARBOUR: [THREE, ONE], ABROAD: [item(4), THREE, TWO]},
        pages=True,
    ),
    case_of_several(
        "an-item-leaves-a-subscription",
        "6",
        "Those in `left` showed an earlier version, and the item no longer matches them",
        {name: SEVERAL_FILTERS[name] for name in (HARBOUR, SPORTS)},
        Recorded(
            None,
            [
                welcome("snapshot", "l-1", subs=[HARBOUR, SPORTS]),
                snapshot("l-1", TWO, ONE, sub=HARBOUR),
                snapshot("l-1", ONE, sub=SPORTS),
                event("update", "l-2", item(1, 2), subs=[HARBOUR], left=[SPORTS]),
                event("update", "l-3", item(2, 2), subs=[SPORTS], left=[HARBOUR]),
                event("update", "l-4", item(2, 3), subs=[HARBOUR, SPORTS]),
                event("retract", "l-5", removed(1, 3), subs=[HARBOUR, SPORTS]),
            ],
            "hold",
            (HARBOUR, SPORTS),
        ),
        boards={HARBOUR: [item(2, 3)], SPORTS: [item(2, 3)]},
    ),
    case_of_several(
        "a-subscription-begins-and-another-ends",
        "6",
        "The other subscriptions go on undisturbed.",
        SEVERAL_FILTERS,
        Recorded(
            None,
            [
                welcome("snapshot", "j-1", subs=[HARBOUR, SPORTS]),
                snapshot("j-1", ONE, sub=HARBOUR),
                snapshot("j-1", TWO, sub=SPORTS),
                event("publish", "j-2", THREE, subs=[HARBOUR]),
                asked("subscribe", ABROAD),
                event("publish", "j-3", item(4), subs=[SPORTS]),
                welcome("snapshot", "j-3", subs=[ABROAD]),
                snapshot("j-3", item(5), ONE, sub=ABROAD),
                asked("unsubscribe", SPORTS),
                event("publish", "j-4", item(6), subs=[SPORTS, ABROAD]),
                {"type": "unsubscribed", "subs": [SPORTS]},
                goodbye(),
            ],
            DRAIN,
            (HARBOUR, SPORTS),
        ),
        Recorded(
            "j-4",
            [welcome("live", "j-4", subs=[HARBOUR, ABROAD])],
            "hold",
            (HARBOUR, ABROAD),
        ),
        boards={HARBOUR: [THREE, ONE], ABROAD: [item(6), item(5), ONE]},
        changes=[
            Change(THREE["headline"], "subscribe", ABROAD),
            Change(item(5)["headline"], "unsubscribe", SPORTS),
        ],
    ),
)
