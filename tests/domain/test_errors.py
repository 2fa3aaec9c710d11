"""Errors: each has an HTTP status, a slug of its own, and says whether to try again."""

from __future__ import annotations

from ticker.domain import errors
from ticker.domain.errors import FieldError, Invalid, TickerError, Unavailable
from ticker.domain.messages import said


def kinds(kind: type[TickerError] = TickerError) -> list[type[TickerError]]:
    own = [each for each in kind.__subclasses__() if each.__module__ == errors.__name__]
    return [kind, *(deeper for each in own for deeper in kinds(each))]


def test_slugs_and_titles_are_each_errors_own() -> None:
    assert len({kind.slug for kind in kinds()}) == len(kinds())
    assert all(400 <= kind.status < 600 for kind in kinds())
    assert all(kind.title for kind in kinds())


def test_only_what_may_succeed_later_is_temporary() -> None:
    assert Unavailable.temporary
    assert all(kind.status == 408 or kind.status >= 429 for kind in kinds() if kind.temporary)


def test_a_body_that_is_no_object_has_no_field() -> None:
    assert Invalid([FieldError("", "must be a JSON object")]).detail == "must be a JSON object"


def test_invalid_names_each_field() -> None:
    error = Invalid([FieldError("headline", said("required")), FieldError("edition", "is unknown")])
    assert error.detail == "headline: is required; edition: is unknown"
    assert error.extra() == {
        "errors": [
            {"field": "headline", "message": "is required", "code": "required", "params": {}},
            {"field": "edition", "message": "is unknown", "code": "other", "params": {}},
        ]
    }
