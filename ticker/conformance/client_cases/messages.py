"""The cases of PROTOCOL.md §5 about messages: snapshots, pages, heartbeats and goodbyes."""

from __future__ import annotations

from ticker.conformance.client_case import (
    DRAIN,
    Recorded,
    beginning,
    case,
    event,
    goodbye,
    item,
    snapshot,
    welcome,
)

ONE, TWO, THREE = item(1), item(2), item(3)
ARABIC = "عودة العبّارة إلى الخدمة"

MESSAGES = (
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
)
