"""Hints after errors."""

from __future__ import annotations

from ticker.cli.hints import advice
from ticker.client import errors


def test_advice_names_the_next_command() -> None:
    duplicate = errors.refusal(409, {"type": "/problems/duplicate", "existing": "01k"})
    assert "ticker show 01k" in str(advice(duplicate))
    assert "TICKER_KEY" in str(advice(errors.refusal(401, {})))
    assert "ticker up" in str(advice(errors.Unreachable("http://a", "refused")))
    assert "TICKER_REDIS_URL" in str(advice(errors.Unreachable("redis://a:1", "refused")))
    assert "`ticker show`" in str(advice(errors.refusal(412, {"detail": "the item is now at"})))
    story = errors.refusal(412, {"detail": "the text of the story is now at version 3"})
    assert "`ticker story show`" in str(advice(story))
    assert advice(errors.refusal(404, {})) is None


def test_a_refusal_of_redis_is_about_its_user() -> None:
    refused = errors.refusal(403, {"type": "store-access", "title": "T", "detail": "NOPERM"})
    assert "ticker acl" in (advice(refused) or "")


def test_a_name_that_makes_no_address_is_the_names_fault() -> None:
    missing = errors.refusal(404, {"detail": "no resource at /v1/stories/../x/texts; see /docs"})
    assert "a slash" in (advice(missing) or "")


def test_what_is_out_no_more_can_be_published_again() -> None:
    for state in ("retracted", "expired"):
        detail = f"the item is {state}; publish a new one instead"
        hint = str(advice(errors.refusal(409, {"type": "/problems/conflict", "detail": detail})))
        assert "ticker undo" in hint
    assert advice(errors.refusal(409, {"detail": "the item is live; only a"})) is None


def test_an_author_is_told_who_approves() -> None:
    for what in ("a flash", "a change of a flash"):
        detail = f"{what} needs a second person; you are an author"
        refused = errors.refusal(409, {"type": "/problems/conflict", "detail": detail})
        assert "--break-glass" in str(advice(refused))


def test_texts_of_a_picture_are_suggested_for_a_shell() -> None:
    missing = {"errors": [{"field": "alt", "message": "is required"}]}
    texts = {"alt": "It's $(a quay)", "credit": None}
    assert advice(errors.refusal(422, missing | {"suggested": texts})) == (
        """In the file, for you to check: --alt 'It'"'"'s $(a quay)'"""
    )
    hint = advice(errors.refusal(422, missing | {"suggested": {}}))
    assert hint == "Say with --alt what the picture shows."
    assert advice(errors.refusal(422, missing)) is None
