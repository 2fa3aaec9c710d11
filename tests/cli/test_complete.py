"""Shell completion of what the newsroom knows; nothing but silence without it."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Newsroom
from ticker.cli import complete

pytestmark = pytest.mark.processes


def test_ids_and_stories_of_the_newsroom(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = newsroom.publish("Storm\u202e nears the coast", "--story", "storm-9")
    for name, value in newsroom.env.items():
        monkeypatch.setenv(name, value)
    assert (id[-6:], "Storm nears the coast") in complete.ids("")
    assert complete.ids(id[-6:-1]) == [(id[-6:], "Storm nears the coast")]
    assert (id, "Storm nears the coast") in complete.ids(id[:12])
    assert complete.states("live,re") == ["live,retracted"]
    assert complete.stories("calm,storm-") == ["calm,storm-9"]


def test_no_shell_obeys_a_headline() -> None:
    # A backslash before a dollar sign undid the escape of the completion for zsh: the Tab key ran
    # what stood in a headline, which may be that of a feed. One at the end broke the completion.
    hostile = "Ferry \\$(reboot) `reboot` '\"[current] :\\"
    assert complete.description(hostile) == "Ferry /＄(reboot) ’reboot’ ’”(current) :/"
    assert len(complete.description("long " * 40)) <= complete.SHOWN_MAX


def test_without_an_answer_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKER_URL", "http://127.0.0.1:1")
    assert complete.ids("") == []
    assert complete.stories("") == []
    monkeypatch.setenv("TICKER_KEY", "not a key")
    assert complete.ids("01k9") == []
