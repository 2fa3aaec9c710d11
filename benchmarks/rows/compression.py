"""Fan-out of news with and without permessage-deflate: server CPU, and bytes, by message."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.news import News
from benchmarks.peers import Ticker
from benchmarks.rows.base import Bar, Contender, Options, Row, Sample, running

RATE = 20.0
PLAIN = "uncompressed"
COMPRESSED = "compressed"
OFFERS = {
    PLAIN: "",
    COMPRESSED: "permessage-deflate; client_max_window_bits",
    "compressed, no context": "permessage-deflate; server_no_context_takeover",
}
"""What the readers offer: nothing, what browsers do, and what some libraries do."""


class Newsroom(Ticker):
    """Ticker with items as editors write them."""

    def __init__(self) -> None:
        super().__init__("ws")
        self.events = News()


def compression(offer: str, options: Options) -> Sample:
    """Measure messages at a steady rate to readers that begin without items."""
    with running(Newsroom(), offer=offer) as (_, crowd):
        crowd.connect(["/v1/ws?edition=en&backlog=0"] * (options.clients or 2_000))
        crowd.publish(RATE, options.warm_up)
        before = crowd.load.received
        spent = crowd.publish(RATE, options.seconds or 10)
        notes: dict[str, float | str] = {
            "delivered": spent.delivered,
            "bytes each": round((crowd.load.received - before) / spent.delivered),
            "load core": str(spent.busy),
        }
        return Sample(spent.micros, notes, spent.busy.warning)


def _contenders(options: Options) -> Sequence[Contender]:
    return [
        Contender(name, name, Newsroom, partial(compression, offer, options))
        for name, offer in OFFERS.items()
    ]


ROW = Row(
    "compression",
    "2,000 WebSocket readers that offer compression, news at 20/s",
    "CPU µs/message",
    (PLAIN,),
    (Bar(1.05, PLAIN),),
    _contenders,
    COMPRESSED,
)
