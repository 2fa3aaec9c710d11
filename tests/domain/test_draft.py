"""Drafts and changes: what passes unchanged, what is cleaned, what is refused and how."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.in_memory import TAXONOMY
from ticker.domain.draft import Change, Draft, read_change, read_draft
from ticker.domain.errors import Invalid
from ticker.domain.item import Item
from ticker.domain.item_limits import DRAFT_FIELDS
from ticker.domain.text import clean
from ticker.domain.validation_messages import ERRORS_MAX, NAME_MAX


def draft(**fields: Any) -> dict[str, Any]:
    return {"headline": "Port reopens after storm", "edition": "en"} | fields


@pytest.mark.parametrize(
    "headline",
    [
        "  Port reopens  ",
        "«عاجل»: إعادة فتح الميناء بعد العاصفة",
        "Reabren el puerto: “todo en orden”",
        "می‌خواهم",
        "\u200fA\u200e B",
        "👩🏽‍🚀 lands",
        "x" * 280,
    ],
)
def test_headlines_pass_through_unchanged(headline: str) -> None:
    assert read_draft(draft(headline=headline), TAXONOMY).headline == headline


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Cafe\u0301", "Café"),
        ("A\x00B\x1bC\x7f", "ABC"),
        ("A\u202eB\u202c", "AB"),
        ("\u2066A\u2069", "A"),
        ("A\nB\r\nC\tD\u2028E", "A B C D E"),
        ("\ufeffA", "A"),
    ],
)
def test_controls_and_bidi_overrides_go(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned
    assert read_draft(draft(headline=raw), TAXONOMY).headline == cleaned


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"headline": ""}, "headline", "must not be empty"),
        ({"headline": " \u202e\x00 "}, "headline", "must not be empty"),
        ({"headline": "x" * 281}, "headline", "at most 280 characters, not 281"),
        ({"headline": 7}, "headline", "must be text"),
        ({"headline": None}, "headline", "must be text"),
        ({"edition": "fr"}, "edition", "known: ar, en, es"),
        ({"sections": ["politics", "war"]}, "sections", "known: politics"),
        ({"sections": "politics"}, "sections", "list"),
        ({"regions": ["moon"]}, "regions", "known: africa"),
        ({"sections": ["politics"] * 17}, "sections", "at most 16 entries, not 17"),
        ({"level": "breaking"}, "level", "must be 'ticker', 'urgent', 'bulletin' or"),
        ({"speaker": "x" * 281}, "speaker", "at most 280 characters"),
        ({"tags": [""]}, "tags.0", "must not be empty"),
        ({"at": "soon"}, "at", "must be a date and time, for example"),
        ({"pinned": "perhaps"}, "pinned", "must be true or false"),
        ({"expires_in": "long"}, "expires_in", "must be a whole number"),
        ({"link": "javascript:alert(1)"}, "link", "http"),
        ({"link": "JaVaScRiPt://x"}, "link", "http"),
        ({"link": "ftp://example.org/a"}, "link", "http"),
        ({"link": "https://"}, "link", "http"),
        ({"link": "https://example.org/a b"}, "link", "spaces"),
        ({"link": "https://["}, "link", "valid host name"),
        ({"media": [{"href": "https://["}]}, "media.0.href", "valid host name"),
        ({"headline": "e" + "\u0301" * 30_000}, "headline", "at most 280 characters"),
        ({"headline": "\u200b\u2060"}, "headline", "visible"),
        ({"summary": "\u200b"}, "summary", "visible"),
        ({"note": "\u3164"}, "note", "visible"),
        ({"speaker": "\u00ad"}, "speaker", "visible"),
        ({"tags": ["\u200b"]}, "tags.0", "visible"),
        ({"tags": ["x" + "\u0301" * 100]}, "tags.0", "combining marks"),
        ({"language": "en" + "-x" * 500}, "language", "at most 64"),
        ({"tags": ["a,b"]}, "tags.0", "comma"),
        ({"expires_at": "2026-01-01T00:00:00"}, "expires_at", "time zone"),
        ({"expires_in": 0}, "expires_in", "more than 0"),
        ({"expires_in": 60, "expires_at": "2027-01-01T00:00:00Z"}, "expires_in", "not both"),
        ({"colour": "red"}, "colour", "unknown field"),
    ],
)
def test_refusals_name_the_field(fields: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_draft(draft(**fields), TAXONOMY)
    (error,) = refusal.value.errors
    assert error.field == field
    assert says in error.message


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        read_draft({}, TAXONOMY)
    assert [(e.field, e.message) for e in refusal.value.errors] == [
        ("headline", "is required"),
        ("edition", "is required"),
    ]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        read_draft(draft(edition="fr", sections=["war"], regions=["moon"]), TAXONOMY)
    assert [e.field for e in refusal.value.errors] == ["edition", "sections", "regions"]


@pytest.mark.parametrize("data", [None, [], "x", 7])
def test_what_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(Invalid):
        read_draft(data, TAXONOMY)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "headline"),
        ({"note": "only internal"}, "headline"),
        ({"headline": None}, "headline"),
        ({"sections": None}, "sections"),
        ({"edition": "es"}, "edition"),
        ({"sections": ["war"]}, "sections"),
    ],
)
def test_changes_that_change_nothing_or_too_much(data: object, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_change(data, TAXONOMY)
    assert refusal.value.errors[0].field == field


def test_a_change_holds_only_what_was_sent() -> None:
    change = read_change({"summary": None, "headline": "New"}, TAXONOMY)
    assert change.model_fields_set == {"summary", "headline"}


def test_a_change_takes_nothing_away_that_an_item_must_have() -> None:
    # "verification": null passed here and failed at the item itself, as an error of the server.
    removable = {name for name, field in Item.model_fields.items() if field.default is None}
    for name in (set(Change.model_fields) & set(Item.model_fields)) - {"note", "break_glass"}:
        if name in removable:
            assert name in read_change({name: None}, TAXONOMY).model_fields_set
        else:
            with pytest.raises(Invalid, match=f"{name}: can be changed, but not unset"):
                read_change({name: None}, TAXONOMY)


def test_the_number_and_length_of_messages_is_bounded() -> None:
    with pytest.raises(Invalid) as refusal:
        read_draft(draft(**{f"{'x' * 5_000}{n}": 1 for n in range(1_000)}), TAXONOMY)
    assert len(refusal.value.errors) == ERRORS_MAX
    assert all(len(error.field) <= NAME_MAX for error in refusal.value.errors)


def test_the_fields_of_a_draft_are_listed_where_no_pydantic_is_needed() -> None:
    assert set(Draft.model_fields) == DRAFT_FIELDS
