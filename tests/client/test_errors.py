"""Problem documents become exceptions that carry them."""

from __future__ import annotations

import errno
import os

import pytest

from ticker.client import errors


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Refused),
        (401, errors.Unauthorised),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (410, errors.Retracted),
        (412, errors.Stale),
        (413, errors.TooLarge),
        (418, errors.Refused),
        (422, errors.Invalid),
        (429, errors.Unavailable),
        (500, errors.Refused),
        (503, errors.Unavailable),
    ],
)
def test_the_status_decides(status: int, kind: type[errors.Refused]) -> None:
    refused = errors.refusal(status, {})
    assert type(refused) is kind
    assert refused.status == status
    assert refused.temporary is (kind is errors.Unavailable)


def test_the_type_refines_it() -> None:
    document = {"type": "https://ticker.example/problems/duplicate", "existing": "01k"}
    refused = errors.refusal(409, document)
    assert isinstance(refused, errors.Duplicate)
    assert refused.existing == "01k"
    reused = errors.refusal(422, {"type": "/problems/idempotency-mismatch"})
    assert isinstance(reused, errors.KeyReused)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((errno.ECONNREFUSED, errno.ECONNREFUSED), "connection refused"),
        ((errno.ENETUNREACH, errno.ECONNREFUSED), "connection refused"),
        ((errno.ENETUNREACH, errno.EHOSTUNREACH), os.strerror(errno.ENETUNREACH)),
    ],
)
def test_the_errors_of_several_addresses_are_one_reason(
    numbers: tuple[int, ...], text: str
) -> None:
    each = ", ".join(f"[Errno {number}] Connect call failed ('::1', 9)" for number in numbers)
    assert errors.connection_error_text(OSError(f"Multiple exceptions: {each}")) == text


def test_a_stale_version_says_which_is_current() -> None:
    refused = errors.refusal(412, {"current": 4})
    assert isinstance(refused, errors.Stale)
    assert refused.current == 4


def test_wrong_fields_are_read_and_nonsense_is_left_out() -> None:
    refused = errors.refusal(422, {"errors": [{"field": "link", "message": "no"}, 7]})
    assert refused.errors == (errors.WrongField("link", "no"),)
    assert errors.refusal(422, {"errors": "many"}).errors == ()


def test_the_text_is_for_a_person() -> None:
    assert str(errors.refusal(404, {"title": "Not found", "detail": "no item"})) == (
        "Not found: no item"
    )
    assert str(errors.refusal(500, {})) == "HTTP 500"


def test_the_words_of_the_title_are_said_once() -> None:
    title = "An identical item is live already"
    refused = errors.refusal(409, {"title": title, "detail": title.lower() + ": 01k"})
    assert str(refused) == "An identical item is live already: 01k"
