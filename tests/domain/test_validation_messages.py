"""Validation messages follow the field's name and need no knowledge of pydantic."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ticker.api.bulk_import_schemas import ImportLine
from ticker.api.item_schemas import Retraction
from ticker.api.readership_schemas import Beacon
from ticker.api.webhooks_schemas import (
    Enabling,
    Replaying,
    Rotating,
    WebhookChange,
    WebhookDraft,
)
from ticker.domain.draft import Change, Draft
from ticker.domain.validation_messages import field_errors, sentence
from ticker.push.model.registration import BrowserRegistration, DeviceRegistration

GOOD = {"headline": "Bridge opens", "edition": "en"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"headline": None}, "must be text"),
        ({"headline": ""}, "must not be empty"),
        ({"colour": "red"}, "is an unknown field"),
        ({"sections": "sports"}, "must be a list"),
        ({"level": "loud"}, "must be 'ticker', 'urgent', 'bulletin' or 'flash'"),
        ({"expires_in": 0}, "must be more than 0"),
        ({"expires_in": 10**9}, "must be at most 31,622,400"),
        ({"tags": ["a,b"]}, "must not contain a comma"),
        (
            {"story": "a b"},
            "must be 1 to 128 letters (A to Z), digits, '.', '_' or '-'",
        ),
        ({"language": "english"}, "must be a language tag, such as en or pt-BR"),
        ({"language": "jp"}, "must be a language, not jp (did you mean ja?)"),
        ({"language": "qq-QQ"}, "must be a language; there is none with the code qq"),
        ({"at": "soon"}, "must be a date and time, for example 2026-11-23T18:30:00Z"),
        ({"at": "2026-11-23T18:30:00"}, "must have a time zone, for example 2026-11-23T18:30:00Z"),
    ],
)
def test_a_wrong_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Draft.model_validate(GOOD | fields)
    assert sentence(raised.value.errors()[0]) == message


def test_a_missing_field() -> None:
    with pytest.raises(ValidationError) as raised:
        Draft.model_validate({"edition": "en"})
    assert sentence(raised.value.errors()[0]) == "is required"


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        (Draft, {"levle": 1}, [("levle", "is an unknown field (did you mean level?)")]),
        (
            Draft,
            {"level": "urgnt"},
            [
                (
                    "level",
                    "must be 'ticker', 'urgent', 'bulletin' or 'flash' (did you mean urgent?)",
                )
            ],
        ),
        (
            Draft,
            {"push": {"titel": "a"}},
            [("push.titel", "is an unknown field (did you mean title?)")],
        ),
        (Draft, {"push": 5}, [("push", "must be an object or true or false")]),
        (WebhookDraft, {"filter": {"section": 1}}, [("filter.section", "must be a list or text")]),
        (WebhookDraft, {"filter": {"section": [1]}}, [("filter.section.0", "must be text")]),
        (DeviceRegistration, {"token": "abc"}, [("token", "must have at least 8 characters")]),
    ],
)
def test_an_error_has_the_sender_s_own_names(
    model: type[BaseModel], fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    good: dict[type[BaseModel], dict[str, Any]] = {
        Draft: GOOD,
        WebhookDraft: {"url": "https://a.example/"},
        DeviceRegistration: {"edition": "en", "provider": "fcm"},
    }
    with pytest.raises(ValidationError) as raised:
        model.model_validate(good[model] | fields)
    assert [(e.field, e.message) for e in field_errors(raised.value, model)] == expected


ODD: tuple[Any, ...] = (
    *(None, True, 5, -1, 1.5, 10**30, float("nan"), "", "x", "a b", "x" * 5_000, "2026-13-45"),
    *([], [1], [[]], ["x"] * 99, {}, {"x": 1}, [{"x": 1}]),
)


@pytest.mark.parametrize(
    "model",
    [
        *(BrowserRegistration, Beacon, Change, DeviceRegistration, Draft, Enabling, ImportLine),
        *(Replaying, Retraction, Rotating, WebhookChange, WebhookDraft),
    ],
)
def test_no_message_is_pydantic_s(model: type[BaseModel]) -> None:
    for name in (*model.model_fields, "unknown"):
        for value in ODD:
            try:
                model.model_validate({name: value})
            except ValidationError as error:
                for one in field_errors(error, model):
                    wrong = ("should", "Input", "Value error", "is not valid", "[", "function")
                    assert not any(text in one.message for text in wrong), (one, value)
                    assert not any(text in one.field for text in ("[", "(", "bool", "str"))
