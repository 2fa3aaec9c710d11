"""The cases for clients: each is a rule of PROTOCOL.md for readers, with a recorded server."""

from __future__ import annotations

from ticker.conformance.client_case import (
    DRAIN,
    Change,
    Message,
    Recorded,
    Waits,
    asked,
    beginning,
    case,
    case_of_several,
    event,
    goodbye,
    item,
    removed,
    snapshot,
    welcome,
)

ONE, TWO, THREE = item(1), item(2), item(3)
WAITS = Waits(one_at_least=200, each_at_most=31_000)
"""With full jitter from half a second on, one client in 100,000 has no wait of 200 ms in five."""
SEVERAL = 5
POLITICS_OR_MENA = {
    "edition": ["en", "ar"],
    "not": {"section": ["sports"], "tag": ["rumour"]},
    "any": [{"section": ["politics"]}, {"region": ["mena"], "level": "urgent"}],
}
HARBOUR, ABROAD, SPORTS = "harbour", "abroad", "sports"
SEVERAL_FILTERS: dict[str, Message] = {
    HARBOUR: {"tag": ["ferries"]},
    ABROAD: {"not": {"region": ["europe"]}, "any": [{"section": ["politics"]}, {"level": "flash"}]},
    SPORTS: {"section": ["sports"]},
}
ARABIC = "عودة العبّارة إلى الخدمة"

CLIENT_CASES = (
    case(
        "cursors-are-not-consecutive",
        "2",
        "Readers MUST NOT expect cursors to be consecutive.",
        Recorded(
            None,
            [
                *beginning("c-1", ONE),
                event("publish", "c-8", TWO),
                event("publish", "c-7700", THREE),
                goodbye(),
            ],
            DRAIN,
        ),
        Recorded(
            "c-7700", [welcome("replay", "c-7700"), event("pin", "d-1", item(1, 2, pinned=True))]
        ),
        board=[item(1, 2, pinned=True), THREE, TWO],
    ),
    case(
        "cursor-of-the-last-message-is-stored",
        "3",
        "A reader MUST store the cursor of the last message that it has processed",
        Recorded(None, [*beginning("s-1", ONE), goodbye()], DRAIN),
        Recorded("s-1", [welcome("replay", "s-1"), event("publish", "s-2", TWO), goodbye()], DRAIN),
        Recorded("s-2", [welcome("live", "s-2"), event("publish", "s-3", THREE)], "cut"),
        Recorded("s-3", [welcome("replay", "s-3")]),
        board=[THREE, TWO, ONE],
    ),
    case(
        "no-cursor-is-constructed",
        "3",
        "and MUST NOT construct a cursor.",
        Recorded(None, [*beginning("~a.B_9-" + "z" * 57, ONE), goodbye()], DRAIN),
        Recorded("~a.B_9-" + "z" * 57, [welcome("replay", "~a.B_9-" + "z" * 57), goodbye()], DRAIN),
        Recorded(
            "~a.B_9-" + "z" * 57,
            [welcome("replay", "~a.B_9-" + "z" * 57), event("publish", "0", TWO), goodbye()],
            DRAIN,
        ),
        Recorded("0", [welcome("live", "0")]),
        board=[TWO, ONE],
    ),
    case(
        "warning-before-the-welcome-ends-nothing",
        "4",
        "over WebSocket and in an event stream by a `warning` before the welcome",
        Recorded(
            None,
            [
                {"type": "warning", "code": "ignored_parameter", "message": "unknown: colour"},
                *beginning("w-1", ONE),
            ],
        ),
        board=[ONE],
    ),
    case(
        "exclusions-and-alternatives-are-in-the-filter",
        "4",
        "An item must match one of those given, at most 8, besides the rest of the filter",
        Recorded(None, [*beginning("a-1", ONE), goodbye()], DRAIN),
        Recorded("a-1", [welcome("live", "a-1"), event("publish", "a-2", TWO)]),
        board=[TWO, ONE],
        filter=POLITICS_OR_MENA,
    ),
    case(
        "reset-replaces-the-items",
        "4",
        "The reader MUST then replace its items with the snapshot.",
        Recorded(None, [*beginning("e-1", TWO, ONE), goodbye()], DRAIN),
        Recorded("e-1", [*beginning("f-9", THREE, reason="expired"), goodbye()], DRAIN),
        Recorded("f-9", [welcome("live", "f-9")]),
        board=[THREE],
    ),
    case(
        "reset-to-nothing-leaves-nothing",
        "4",
        "the server cannot close the gap, `mode` is `snapshot`, `reset` is true",
        Recorded(None, [*beginning("e-1", TWO, ONE), goodbye()], DRAIN),
        Recorded("e-1", beginning("f-0", reason="epoch")),
        board=[],
    ),
    case(
        "reset-during-a-connection",
        "4",
        "A server MAY reset a reader at any time during a connection",
        Recorded(
            None,
            [
                *beginning("e-1", TWO, ONE),
                event("publish", "e-2", THREE),
                *beginning("f-1", item(4), TWO, reason="epoch"),
                goodbye(),
            ],
            DRAIN,
        ),
        Recorded("f-1", [welcome("live", "f-1")]),
        board=[item(4), TWO],
    ),
    case(
        "unknown-reason-is-accepted",
        "4",
        "Readers MUST accept a reason that they do not know.",
        Recorded(None, [*beginning("r-1", ONE), goodbye()], DRAIN),
        Recorded("r-1", beginning("r-2", TWO, reason="spring_tide")),
        board=[TWO],
    ),
    case(
        "cursor-of-a-welcome-is-not-ahead-of-the-snapshot",
        "5",
        "the server's position in the other modes",
        Recorded(None, [welcome("snapshot", "n-1")], "cut"),
        Recorded(None, [*beginning("n-2", ONE), goodbye()], DRAIN),
        Recorded("n-2", [welcome("snapshot", "n-9", "expired")], "cut"),
        Recorded("n-2", beginning("n-9", TWO, reason="expired")),
        board=[TWO],
    ),
    case(
        "unknown-members-and-types-are-ignored",
        "5",
        "A reader MUST ignore members and message types that it does not know.",
        Recorded(
            None,
            [
                {"type": "tide", "height": 3.5, "cursor": "no-cursor-of-the-reader", "items": []},
                welcome("snapshot", "u-1", weather={"wind": 4}),
                snapshot("u-1", item(1, mood="calm"), tide=None),
                {"type": "tide", "cursor": "no-cursor-of-the-reader"},
                event("publish", "u-2", item(2, media=[], harbour=["north"]), hint=[1, {}]),
                {"type": "tide", "cursor": "no-cursor-of-the-reader"},
                goodbye() | {"song": "farewell"},
            ],
            DRAIN,
        ),
        Recorded("u-2", [welcome("live", "u-2")]),
        board=[TWO, ONE],
    ),
    case(
        "text-is-shown-as-it-is-sent",
        "5",
        "Each message is one JSON object.",
        Recorded(
            None,
            [
                *beginning("t-1", item(2, headline=ARABIC, language="ar", dir="rtl"), ONE),
                event("publish", "t-2", item(3, headline="a\u2028b <b>&amp;</b> data: 🛥")),
            ],
        ),
        board=[
            item(3, headline="a\u2028b <b>&amp;</b> data: 🛥"),
            item(2, headline=ARABIC),
            ONE,
        ],
    ),
    case(
        "later-events-are-sorted-like-the-snapshot",
        "5",
        "A reader that inserts later events MUST sort in the same way",
        Recorded(
            None,
            [
                *beginning("o-1", item(2, pinned=True), item(8), item(4)),
                event("publish", "o-2", item(6)),
                event("publish", "o-3", item(9, published_at=item(6)["published_at"])),
                event("publish", "o-4", item(5, published_at=item(6)["published_at"])),
                event("pin", "o-5", item(4, 2, pinned=True)),
                event("publish", "o-6", item(1)),
                event("unpin", "o-7", item(2, 2)),
            ],
        ),
        board=[
            item(4, 2, pinned=True),
            item(8),
            item(9, published_at=item(6)["published_at"]),
            item(6),
            item(5, published_at=item(6)["published_at"]),
            item(2, 2),
            item(1),
        ],
    ),
    case(
        "nothing-else-is-read-from-an-id",
        "5",
        "and MUST NOT read anything else from an id.",
        Recorded(
            None,
            [
                *beginning(
                    "i-1", item(1, id="item-aa"), item(2, published_at="2026-11-28T09:00:00.000Z")
                ),
                event("publish", "i-2", item(3, id="item-00")),
                event(
                    "publish", "i-3", item(0, id="item-zz", published_at="2026-11-28T08:00:00.000Z")
                ),
            ],
        ),
        board=[
            item(3, id="item-00"),
            item(1, id="item-aa"),
            item(2),
            item(0, id="item-zz"),
        ],
    ),
    case(
        "no-cursor-before-the-last-page",
        "5",
        "A reader that uses pages MUST NOT store the cursor before the last one.",
        Recorded(
            None,
            [
                welcome("snapshot", "p-1"),
                snapshot("p-1", THREE, more=True),
                {"type": "page", "cursor": "p-1", "items": [TWO], "more": True},
            ],
            "cut",
        ),
        Recorded(
            None,
            [
                welcome("snapshot", "p-2"),
                snapshot("p-2", THREE, more=True),
                {"type": "page", "cursor": "p-2", "items": [TWO], "more": True},
                {"type": "page", "cursor": "p-2", "items": [ONE], "more": False},
                goodbye(),
            ],
            DRAIN,
        ),
        Recorded(
            "p-2",
            [welcome("snapshot", "q-1", "expired"), snapshot("q-1", item(4), more=True)],
            "cut",
        ),
        Recorded(
            "p-2",
            [
                welcome("snapshot", "q-2", "expired"),
                snapshot("q-2", item(4), more=True),
                {"type": "page", "cursor": "q-2", "items": [TWO], "more": False},
                goodbye(),
            ],
            DRAIN,
        ),
        Recorded("q-2", [welcome("live", "q-2")]),
        board=[item(4), TWO],
        pages=True,
    ),
    case(
        "cursor-of-a-heartbeat-is-stored",
        "5",
        "A reader MUST store it like any other cursor.",
        Recorded(
            None,
            [
                *beginning("h-1", ONE),
                {"type": "heartbeat", "cursor": "h-5"},
                {"type": "heartbeat", "cursor": "h-6"},
                goodbye(),
            ],
            DRAIN,
        ),
        Recorded("h-6", [welcome("live", "h-6")]),
        board=[ONE],
    ),
    case(
        "goodbye-is-followed-by-a-return",
        "5",
        "The reader SHOULD reconnect `delay_ms` after the close.",
        Recorded(
            None, [*beginning("g-1", ONE), goodbye() | {"delay_ms": 20, "retry_ms": 30}], DRAIN
        ),
        Recorded("g-1", [], "cut"),  # nobody there yet
        Recorded("g-1", [welcome("live", "g-1")]),
        board=[ONE],
    ),
    case(
        "retraction-and-expiry-remove-the-item",
        "5",
        "Removes the item at once, also from every cache",
        Recorded(
            None,
            [
                *beginning("x-1", THREE, TWO, ONE),
                event("retract", "x-2", removed(2, 2)),
                event("expire", "x-3", removed(1, 2, "usable")),
                goodbye(),
            ],
            DRAIN,
        ),
        Recorded("x-3", [welcome("live", "x-3")]),
        board=[THREE],
    ),
    case(
        "retraction-while-away",
        "5",
        "Removes the item: its time is over, or an update moved it out of this reader's filter",
        Recorded(None, [*beginning("x-1", THREE, TWO, ONE), goodbye()], DRAIN),
        Recorded(
            "x-1",
            [
                welcome("replay", "x-1"),
                event("retract", "x-2", removed(3, 4)),
                event("expire", "x-4", removed(2, 2, "usable")),
            ],
        ),
        board=[ONE],
    ),
    case(
        "removal-of-an-unknown-item-does-nothing",
        "5",
        "A reader MUST accept the removal of an item that it does not have, and do nothing.",
        Recorded(
            None,
            [
                *beginning("k-1", ONE),
                event("retract", "k-2", removed(7, 3)),
                event("expire", "k-3", removed(8, 1, "usable")),
                goodbye(),
            ],
            DRAIN,
        ),
        Recorded("k-3", [welcome("live", "k-3")]),
        board=[ONE],
    ),
    case(
        "any-action-shows-an-unknown-item",
        "5",
        "It MUST accept any action with a complete item that it does not have, and show the item.",
        Recorded(
            None,
            [
                *beginning("y-1"),
                event("update", "y-2", item(2, 5)),
                event(
                    "correct",
                    "y-3",
                    item(3, 2, correction={"text": "Three.", "at": ONE["updated_at"]}),
                ),
                event("pin", "y-4", item(4, 3, pinned=True)),
                event("unpin", "y-5", item(5, 9)),
                event("relight", "y-6", item(6, 2)),  # of a later version of the protocol
            ],
        ),
        board=[item(4, 3, pinned=True), item(6, 2), item(5, 9), item(3, 2), item(2, 5)],
    ),
    case(
        "older-version-is-ignored",
        "5",
        "It SHOULD ignore a version that is not greater than the version it has.",
        Recorded(
            None,
            [
                *beginning("v-1", item(2, 3), ONE),
                event("update", "v-2", item(2, 2, headline="An older headline")),
                event("update", "v-3", item(2, 3, headline="An older headline")),
                event("correct", "v-4", item(1, 2, headline="Ferry 1 is late")),
                event("retract", "v-5", removed(1, 1)),
            ],
        ),
        board=[item(2, 3), item(1, 2, headline="Ferry 1 is late")],
    ),
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
    case(
        "codes-from-4000-to-4099-bring-the-client-back",
        "7",
        "For codes 4000 to 4099, the codes of RFC 6455 and connections that end without",
        Recorded(None, [*beginning("b-1", ONE)], 4001),
        Recorded("b-1", [welcome("replay", "b-1"), event("publish", "b-2", TWO)], 4099),
        Recorded("b-2", [welcome("live", "b-2")], 1001),
        Recorded("b-2", [welcome("live", "b-2")], "cut"),
        Recorded("b-2", [welcome("live", "b-2")]),
        board=[TWO, ONE],
    ),
    case(
        "codes-from-4400-stop-the-client",
        "7",
        "For codes 4400 to 4499 it stops and reports the error to the developer.",
        Recorded(
            None,
            [{"type": "error", "code": "bad_filter", "message": "unknown level: loudest"}],
            4400,
        ),
        board=[],
    ),
    case(
        "unknown-code-from-4400-stops-the-client",
        "7",
        "For codes 4400 to 4499 it stops",
        Recorded(
            None,
            [{"type": "error", "code": "low_water", "message": "the harbour is dry"}],
            4498,
        ),
        board=[],
    ),
    case(
        "waits-grow-with-each-failure",
        "7",
        "MUST wait a random time between 0 and a bound that doubles with each failure",
        *[Recorded(None, [], "cut")] * SEVERAL,
        Recorded(None, beginning("z-1", ONE)),
        board=[ONE],
        waits=WAITS,
    ),
    case(
        "a-welcome-alone-does-not-end-the-waits",
        "7",
        "It MUST return to the smallest bound only after a connection that lasted 5 seconds",
        Recorded(None, beginning("z-1", ONE), "cut"),
        *[Recorded("z-1", [welcome("live", "z-1")], "cut")] * (SEVERAL - 1),
        Recorded("z-1", [welcome("live", "z-1")]),
        board=[ONE],
        waits=WAITS,
    ),
)
