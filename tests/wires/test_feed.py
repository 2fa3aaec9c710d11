"""Settings and states of feeds: what is stored comes back, and the notes have a bound."""

from __future__ import annotations

import orjson
import pytest

from ticker.wires.feed import NAME, NOTES_MAX, Feed, FeedState, Note, noted, shown

FEED = Feed("ap", "https://ap.example/rss", "en", ("politics",), authorization="Basic c2VjcmV0")


def note(item: str, headline: str = "Ferry sunk") -> Note:
    return Note(item, "changed", headline, 2, "2026-11-29T09:00:00.000Z")


def test_what_is_stored_comes_back() -> None:
    state = FeedState(looked_ms=5, failures=2, notes=(note("a"), note("b")))
    assert Feed.read(FEED.record()) == FEED
    assert FeedState.read(state.record()) == state
    assert FeedState.read(None) == FeedState()


def test_who_may_write_what_it_answers() -> None:
    eva = FEED.changed(("Eva", "Ana"), url="https://other.example/rss")
    assert (eva.set_by, eva.setters, eva.authorization) == ("Eva", ("Eva", "Ana"), None)
    ben = eva.changed(("Ben",), every=30)
    assert (ben.set_by, ben.setters) == ("Eva", ("Eva", "Ana"))
    ben = ben.changed(("Ben",), authorization="Basic b3RoZXI=")
    assert (ben.set_by, ben.setters) == ("Eva", ("Eva", "Ana", "Ben"))
    assert ben.changed(("Cem",), url=ben.url, authorization=None).setters == ben.setters
    assert ben.changed(("Cem",), url=FEED.url, authorization="a").setters == ("Cem",)
    assert Feed.read(ben.record()) == ben


def test_fields_of_another_version_are_left_out() -> None:
    record = orjson.loads(FeedState(new=3).record()) | {"later": 1}
    assert FeedState.read(orjson.dumps(record)).new == 3


def test_a_secret_is_neither_shown_nor_logged() -> None:
    assert shown(FEED, FeedState())["authorization"] is True
    assert "c2VjcmV0" not in repr(FEED)


def test_each_item_has_one_note_and_the_oldest_go() -> None:
    notes = noted([note("a"), note("b")], [note("a", "Ferry found")])
    assert [(one.item, one.headline) for one in notes] == [
        ("b", "Ferry sunk"),
        ("a", "Ferry found"),
    ]
    many = noted(notes, [note(str(number)) for number in range(NOTES_MAX)])
    assert len(many) == NOTES_MAX
    assert "a" not in {one.item for one in many}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (FeedState(), "waiting"),
        (FeedState(read_ms=1), "working"),
        (FeedState(read_ms=1, failures=1), "failing"),
        (FeedState(failures=1), "failing"),
    ],
)
def test_status(state: FeedState, status: str) -> None:
    assert state.status == status


@pytest.mark.parametrize("name", ["a", "reuters-world", "a1", "0" * 40])
def test_names(name: str) -> None:
    assert NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a b", "a/b", "0" * 41, "a\n", "é"])
def test_what_is_no_name(name: str) -> None:
    assert not NAME.fullmatch(name)
