"""The cases of PROTOCOL.md §5 about actions: what each event does to the items of a reader."""

from __future__ import annotations

from ticker.conformance.client_case import (
    DRAIN,
    Recorded,
    beginning,
    case,
    event,
    goodbye,
    item,
    removed,
    welcome,
)

ONE, TWO, THREE = item(1), item(2), item(3)

ACTIONS = (
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
)
