"""Entries that share an id are told apart, or one of them is kept."""

from __future__ import annotations

from typing import Any

from ticker.imports.drafts import Entry, ParsedInput
from ticker.imports.shared_ids import tell_apart


def entry(number: int, headline: str, link: str | None = None, **fields: Any) -> Entry:
    draft: dict[str, Any] = {"headline": headline} | ({"link": link} if link else {})
    return Entry(number, None, draft, guid="same", **fields)


def kept(*entries: Entry) -> list[str]:
    parsed = ParsedInput("rss", [*entries])
    tell_apart(parsed)
    assert len(parsed.entries) + len(parsed.skipped) == len(entries)
    return [str(one.draft["headline"]) for one in parsed.entries]


def test_the_first_of_two_versions_is_the_newest_unless_they_are_numbered() -> None:
    assert kept(entry(1, "Ferry sails"), entry(2, "Ferry waits")) == ["Ferry sails"]
    old, new = entry(1, "Ferry waits", version=1), entry(2, "Ferry sails", version=2)
    assert kept(old, new) == ["Ferry sails"]


def test_a_withdrawal_is_kept_before_the_entry_that_it_withdraws() -> None:
    assert kept(entry(1, "Ferry sails"), entry(2, "", withdrawn=True)) == [""]


def test_entries_with_links_of_their_own_are_several_items() -> None:
    entries = [entry(n, f"Ferry {n}", f"https://news.example/{n}") for n in (1, 2)]
    assert kept(*entries) == ["Ferry 1", "Ferry 2"]
    assert {one.shared for one in entries} == {"same"}
    assert len({one.guid for one in entries}) == 2


def test_three_headlines_under_one_id_are_three_items() -> None:
    names = ["Ferry 1", "Ferry 2", "Ferry 3"]
    assert kept(*(entry(n, name) for n, name in enumerate(names, 1))) == names
