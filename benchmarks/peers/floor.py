"""The floor in Python, for machines without a C compiler; see ``floor.c`` for what it does."""

from __future__ import annotations

import selectors
import socket
import sys

_UPGRADE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"
)
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def main(port: int, control_port: int) -> None:
    """Serve until the control connection ends."""
    door = socket.create_server(("127.0.0.1", port), backlog=4096)
    gate = socket.create_server(("127.0.0.1", control_port))
    selector = selectors.EpollSelector()
    selector.register(door, selectors.EVENT_READ)
    selector.register(gate, selectors.EVENT_READ)
    control: socket.socket | None = None
    readers: list[socket.socket] = []
    while True:
        for key, _ in selector.select():
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            if sock is gate:
                control, _ = gate.accept()
                selector.register(control, selectors.EVENT_READ)
            elif sock is door:
                reader, _ = door.accept()
                reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(reader, selectors.EVENT_READ)
            elif sock is control:
                head = sock.recv(4, socket.MSG_WAITALL)
                if not head:
                    return
                data = sock.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
                for reader in readers:
                    reader.sendall(data)
            else:
                data = sock.recv(65_536)
                if not data:
                    selector.unregister(sock)
                elif data.endswith(b"\r\n\r\n"):
                    sock.sendall(_UPGRADE if b"Upgrade: websocket" in data else _STREAM)
                    readers.append(sock)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
