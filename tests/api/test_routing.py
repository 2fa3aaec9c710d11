"""JSON responses, and the address of a client."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from ticker.api.routing import client_of, json_response


@pytest.mark.parametrize("data", [{"id": "a"}, b'{"id":"a"}'])
def test_a_json_response_takes_data_and_encoded_bytes(data: object) -> None:
    response = json_response(data, 201, {"location": "/a"})
    assert (response.status_code, response.body) == (201, b'{"id":"a"}')
    assert response.headers["content-type"] == "application/json"
    assert response.headers["location"] == "/a"


@pytest.mark.parametrize(("client", "address"), [(("192.0.2.1", 80), "192.0.2.1"), (None, "")])
def test_a_unix_socket_has_no_clients_address(client: object, address: str) -> None:
    assert client_of(Request({"type": "http", "headers": [], "client": client})) == address
