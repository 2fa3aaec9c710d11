"""Listening sockets: what accepted connections inherit."""

from __future__ import annotations

import socket

from ticker.gateway.limits import UNSENT_MAX
from ticker.server.sockets import RECEIVE_BUFFER, listen


def test_accepted_connections_hold_little_unsent_and_little_unread() -> None:
    with listen("127.0.0.1", 0, 65_536) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                option = (socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
                assert accepted.getsockopt(*option) == UNSENT_MAX
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 65_536
                assert (
                    accepted.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 2 * RECEIVE_BUFFER
                )
