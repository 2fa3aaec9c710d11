"""The address of the metrics."""

from __future__ import annotations

from ticker.config import Settings


def test_metrics_have_no_address_unless_a_port_or_a_socket_is_set() -> None:
    none, port = Settings().metrics_address, Settings(metrics_port=0).metrics_address
    assert (none.host, none.port, none.socket) == ("127.0.0.1", None, None)
    assert (port.host, port.port, port.socket) == ("127.0.0.1", 0, None)
