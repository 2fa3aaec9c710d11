"""The cases of PROTOCOL.md §2 to §4: cursors, filters, and what a welcome begins."""

from __future__ import annotations

from ticker.conformance.client_case import (
    DRAIN,
    Recorded,
    beginning,
    case,
    event,
    goodbye,
    item,
    welcome,
)

ONE, TWO, THREE = item(1), item(2), item(3)
POLITICS_OR_MENA = {
    "edition": ["en", "ar"],
    "not": {"section": ["sports"], "tag": ["rumour"]},
    "any": [{"section": ["politics"]}, {"region": ["mena"], "level": "urgent"}],
}

CONNECTING = (
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
)
