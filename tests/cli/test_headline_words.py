"""Headlines without quotes."""

from __future__ import annotations

import json

import pytest

from tests.support.command_line import run_command


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        (("-e", "en", "Bridge", "opens", "after", "repairs"), "Bridge opens after repairs"),
        (
            ("Bridge", "opens", "-e", "en", "after", "--pin", "repairs"),
            "Bridge opens after repairs",
        ),
        (("Bridge opens after repairs", "-e", "en"), "Bridge opens after repairs"),
        (("Bridge", "-", "the", "new", "one", "-e", "en"), "Bridge - the new one"),
        (("-e", "en", "--", "-5", "degrees", "in", "Oslo"), "-5 degrees in Oslo"),
    ],
)
def test_a_headline_without_quotes(line: tuple[str, ...], headline: str) -> None:
    done = run_command(("publish", "--dry-run", "--json", *line), {})
    assert done.code == 0, done
    draft = json.loads(done.out)["draft"]
    assert (draft["headline"], draft.get("pinned", False)) == (headline, "--pin" in line)


def test_an_option_after_the_dashes() -> None:
    done = run_command(("publish", "-e", "en", "--", "-5", "degrees", "--dry-run"), {})
    assert done.code == 2
    assert done.err == "✗ --dry-run is after --, where no option is; write it before\n"


def test_a_headline_in_several_pieces() -> None:
    for words in (
        ("publish", "Bridge opens", "politics", "-e", "en"),
        ("correct", "1234", "Bridge", "opens again", "--minor"),
    ):
        done = run_command(words, {})
        assert done.code == 2
        assert done.err.startswith("✗ the headline is in several pieces; write it in one: 'Bridge ")
