"""Headers of a request are found by name, in whatever case."""

from __future__ import annotations

from ticker.api.api_request import ApiRequest

HEADERS = [(b"x-one", b"a"), (b"x-two", b"caf\xe9"), (b"x-one", b"b")]


def test_headers_are_found_as_starlette_finds_them() -> None:
    headers = ApiRequest({"type": "http", "headers": HEADERS}).headers
    assert (headers.get("X-One"), headers["x-one"]) == ("a", "a")
    assert headers.get("x-two") == "café"
    assert headers.get("x-three") is None
    assert headers.get("x-three", "") == ""
    assert headers.getlist("x-one") == ["a", "b"]
    assert headers.getlist("x-three") == []
    assert "x-two" in headers
