"""Hints after errors."""

from __future__ import annotations

import pytest

from ticker.cli.hints import advice, did_you_mean
from ticker.client import errors
from ticker.domain.taxonomy import Taxonomy


@pytest.mark.parametrize(
    ("facet", "wrong", "guess"),
    [
        ("section", ["politcs"], "Did you mean politics?"),
        ("section", ["politcs", "econmy"], "Did you mean politics, economy?"),
        ("section", ["Sport"], "Did you mean sports?"),
        ("edition", ["em"], "Did you mean en or es?"),
        ("edition", ["fr"], None),
        ("edition", [""], None),
        ("region", ["latin america"], "Did you mean latin-america?"),
        ("section", ["zzz"], None),
    ],
)
def test_a_misspelling_is_guessed_from_the_known_names(
    facet: str, wrong: list[str], guess: str | None
) -> None:
    message = Taxonomy().unknown(facet, wrong)
    assert message is not None
    assert did_you_mean(message) == guess


def test_other_messages_are_left_alone() -> None:
    assert did_you_mean("must be an http or https address") is None


def test_advice_names_the_next_command() -> None:
    duplicate = errors.refusal(409, {"type": "/problems/duplicate", "existing": "01k"})
    assert "ticker show 01k" in str(advice(duplicate))
    assert "TICKER_KEY" in str(advice(errors.refusal(401, {})))
    assert "ticker up" in str(advice(errors.Unreachable("http://a", "refused")))
    assert "--after" in str(advice(errors.FeedRefused(4400, "bad_cursor", "malformed")))
    assert advice(errors.refusal(404, {})) is None
