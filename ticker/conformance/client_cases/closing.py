"""The cases of PROTOCOL.md §7: which close codes stop a client, and how long it waits otherwise."""

from __future__ import annotations

from ticker.conformance.client_case import (
    Recorded,
    Waits,
    beginning,
    case,
    event,
    item,
    welcome,
)

ONE, TWO = item(1), item(2)
WAITS = Waits(one_at_least=200, each_at_most=31_000)
"""With full jitter from half a second on, one client in 100,000 has no wait of 200 ms in five."""
SEVERAL = 5

CLOSING = (
    case(
        "codes-from-4000-to-4099-bring-the-client-back",
        "7",
        "For codes 4000 to 4099, the codes of RFC 6455 and connections that end without",
        Recorded(None, [*beginning("b-1", ONE)], 4001),
        Recorded("b-1", [welcome("replay", "b-1"), event("publish", "b-2", TWO)], 4099),
        Recorded("b-2", [welcome("live", "b-2")], 1001),
        Recorded("b-2", [welcome("live", "b-2")], "cut"),
        Recorded(
            "b-2",
            [
                welcome("live", "b-2"),
                {"type": "error", "code": "bad_frame", "message": "not a WebSocket frame"},
            ],
            1002,
        ),
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
