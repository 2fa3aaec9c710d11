"""The choice of entries: within bounds, and nothing that an editor decides."""

from __future__ import annotations

from typing import Any

from ticker.domain.clock import rfc3339
from ticker.wires.feed import FeedState
from ticker.wires.selection import AGE_MAX_MS, FIRST_MAX, HOUR_MAX, HOUR_MS, select

NOW = 1_795_000_000_000
READ = FeedState(read_ms=NOW - 60_000, hour_ms=NOW - 60_000)


def line(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "headline": f"Line {key}", "edition": "en", **fields}


def many(count: int) -> list[dict[str, Any]]:
    return [line(str(number)) for number in range(count)]


def keys(lines: list[dict[str, Any]]) -> list[str]:
    return [one["key"] for one in lines]


def test_the_first_look_takes_the_newest() -> None:
    found = select(many(FIRST_MAX + 5), {}, FeedState(), NOW)
    assert keys(found.lines) == [str(number) for number in range(5, FIRST_MAX + 5)]
    assert found.state.left_out == 5


def test_an_hour_has_a_bound_and_the_next_one_begins_anew() -> None:
    found = select(many(HOUR_MAX + 1), {}, READ, NOW)
    assert len(found.lines) == HOUR_MAX
    assert found.state.hour_new == HOUR_MAX
    more = select([line("x")], {}, found.state, NOW + 1)
    assert (more.lines, more.state.left_out) == ([], 2)
    later = select([line("x")], {}, more.state, NOW + HOUR_MS)
    assert (keys(later.lines), later.state.hour_new) == (["x"], 1)
    set_back = select([line("x")], {}, more.state, NOW - 10 * HOUR_MS)
    assert keys(set_back.lines) == ["x"]


def test_changes_are_taken_whatever_their_age_and_withdrawals_always() -> None:
    old = rfc3339(NOW - 2 * AGE_MAX_MS)
    lines = [line("seen", published_at=old), line("new"), {"key": "gone", "status": "canceled"}]
    found = select(lines, {"seen": "digest"}, READ, NOW)
    assert keys(found.lines) == ["seen", "new", "gone"]
    assert found.lines[2] == {"key": "gone", "status": "canceled"}
    full = FeedState(read_ms=1, hour_ms=NOW, hour_new=HOUR_MAX)
    found = select(lines, {"seen": "digest"}, full, NOW)
    assert keys(found.lines) == ["gone"]


def test_old_news_becomes_no_draft() -> None:
    old, young = rfc3339(NOW - AGE_MAX_MS - 1000), rfc3339(NOW - AGE_MAX_MS + 1000)
    lines = [line("old", published_at=old), line("young", published_at=young), line("timeless")]
    found = select(lines, {}, READ, NOW)
    assert keys(found.lines) == ["young", "timeless"]


def test_what_an_editor_decides_is_taken_from_no_feed() -> None:
    decided = {"push": True, "pinned": True, "force": True, "break_glass": "now", "test": True}
    decided |= {"cancellation": "It was not so"}
    pictures = [
        {"id": "ours", "alt": "A ferry"},
        {"href": "https://ap.example/a.jpg", "id": "ours", "alt": "A ferry"},
        "nothing",
    ]
    [found] = select([line("1", **decided, media=pictures)], {}, READ, NOW).lines
    assert found == line("1", draft=True) | {
        "media": [{"href": "https://ap.example/a.jpg", "alt": "A ferry"}]
    }
