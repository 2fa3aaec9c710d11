"""Request headers, read strictly."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from ticker.api.headers import http_date, idempotency_key, if_match, not_modified, unchanged
from ticker.api.problem_documents import BadField


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


def test_an_idempotency_key_is_visible_ascii() -> None:
    assert idempotency_key(request()) is None
    assert idempotency_key(request(idempotency_key="a-1")) == "a-1"
    for wrong in ("", "a b", "x" * 256):
        with pytest.raises(BadField):
            idempotency_key(request(idempotency_key=wrong))


def test_if_match_names_versions() -> None:
    assert if_match(request()) is None
    assert if_match(request(if_match="*")) is None
    assert if_match(request(if_match='"3", W/"4"')) == frozenset({3, 4})
    with pytest.raises(BadField):
        if_match(request(if_match="3"))


@pytest.mark.parametrize(
    ("sent", "same"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False)],
)
def test_if_none_match_is_compared_weakly(sent: str, same: bool) -> None:
    assert not_modified(request(if_none_match=sent), '"a"') is same


def test_a_date_counts_only_without_a_tag_and_only_if_equal() -> None:
    date = http_date(1_764_000_000)
    assert date == "Mon, 24 Nov 2025 16:00:00 GMT"
    assert unchanged(request(if_modified_since=date), '"a"', 1_764_000_000)
    assert not unchanged(request(if_modified_since=date), '"a"', 1_763_999_999)
    assert not unchanged(request(if_modified_since=date, if_none_match='"b"'), '"a"', 1_764_000_000)
    assert not unchanged(request(if_modified_since="yesterday"), '"a"', 1_764_000_000)
    assert not unchanged(request(), '"a"', 1_764_000_000)
