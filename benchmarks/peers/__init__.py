"""All measured servers, by name."""

from __future__ import annotations

from benchmarks.peers.base import Missing, Peer, Transport
from benchmarks.peers.centrifugo import Centrifugo
from benchmarks.peers.controlled import Broadcast, Floor, SocketIo, Starlette, Ws
from benchmarks.peers.nchan import Nchan
from benchmarks.peers.ours import Ticker

ALL: tuple[type[Peer], ...] = (
    *(Ticker, Floor, Nchan, Centrifugo),
    *(Ws, SocketIo, Broadcast, Starlette),
)
BY_NAME = {peer.name: peer for peer in ALL}

__all__ = [
    "ALL",
    "BY_NAME",
    "Centrifugo",
    "Floor",
    "Missing",
    "Nchan",
    "Peer",
    "Ticker",
    "Transport",
]
