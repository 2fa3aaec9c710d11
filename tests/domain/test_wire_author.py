"""Tests of the drafts of the wire desk: which items are theirs, and which an editor has taken."""

from __future__ import annotations

import pytest

from tests.support.drafts import draft
from ticker.domain.item import Item
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.wire_author import (
    author,
    behind,
    check_name,
    feed_of,
    is_setter,
    is_wire_draft,
    setter,
)
from ticker.publishing.transitions import publish

ID = "01jdwvsvk00000000000000000"


def made(by: str, **fields: object) -> Item:
    return publish(draft("Fog", **fields), Taxonomy(), id=ID, by=by, now_ms=0).item


@pytest.mark.parametrize(
    ("item", "feed", "on_the_desk"),
    [
        (made(author("reuters"), draft=True), "reuters", True),
        (made(author("reuters")), "reuters", False),
        (made("ana", draft=True), None, False),
        (
            made(author("ap"), draft=True).model_copy(
                update={"authors": ["wire:ap", setter("ap", "Ana")]}
            ),
            "ap",
            True,
        ),
        (
            made(author("ap"), draft=True).model_copy(update={"authors": ["wire:ap", "ana"]}),
            "ap",
            False,
        ),
        (made("wired", draft=True), None, False),
    ],
    ids=[
        "as it came",
        "live",
        "by a person",
        "with who set its address",
        "changed by a person",
        "a name alike",
    ],
)
def test_the_feed_of_an_item(item: Item, feed: str | None, on_the_desk: bool) -> None:
    assert feed_of(item) == feed
    assert is_wire_draft(item) is on_the_desk


def test_who_is_behind_an_author() -> None:
    eva = setter("ap", "Eva: night desk")
    assert (behind(eva), is_setter(eva)) == ("Eva: night desk", True)
    for other in (author("ap"), "Eva", "Eva: night desk"):
        assert (behind(other), is_setter(other)) == (other, False)


def test_nothing_is_no_draft() -> None:
    assert not is_wire_draft(None)


@pytest.mark.parametrize("name", ["wire:reuters", "Wire:x", "wire:"])
def test_people_and_keys_have_no_name_of_a_feed(name: str) -> None:
    with pytest.raises(ValueError, match="feeds"):
        check_name(name)
    check_name(f"the {name}")
