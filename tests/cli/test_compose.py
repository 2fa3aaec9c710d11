"""The form: its fields, its preview, and the way through it in a terminal."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime

import pytest

from tests.support.command_line import Done, run_command, run_in_terminal
from tests.support.hostile_newsroom import HostileNewsroom
from ticker.cli.compose import FIRST, LABELS, draft_of, preview, value
from ticker.cli.output import Output

NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("one_tls_context")
FORM = FIRST | {"headline": "Bridge opens", "edition": "en", "sections": ""}
ERASE = b"\x15"  # Ctrl-U: what was typed


def composed(hostile: tuple[str, HostileNewsroom], *answers: tuple[bytes, bytes]) -> Done:
    url, newsroom = hostile
    newsroom.changes.clear()
    environment = {"TICKER_URL": url, "TICKER_KEY": "tk_" + "x" * 32, "TICKER_CONFIG": os.devnull}
    environment["TERM"] = "xterm"
    return run_in_terminal(("compose",), environment, b"", answers=answers)


def form(*fields: bytes) -> list[tuple[bytes, bytes]]:
    """Return the answers that fill in the form."""
    labels = [label.encode() for label in LABELS.values()]
    return [(label, typed + b"\r") for label, typed in zip(labels, fields, strict=True)]


def test_an_item_from_the_form(hostile: tuple[str, HostileNewsroom]) -> None:
    answers = form(b"Bridge opens", b"en", b"urgent", b"politics", b"", b"y")
    answers[0] = (b"Ticker in edition ?, now:", answers[0][1])  # the preview under the field
    done = composed(hostile, *answers, (b"now? [y/N]", b"y\n"))
    assert hostile[1].changes == ["/v1/items"], done
    assert done.code in (0, 4)
    assert b"Urgent in edition en, now:" in done.out


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([(b"Headline", b"Bridge\r"), (b"Edition", b"\x03")], 130),
        ([(b"Headline", b"\x04")], 1),
        ([(b"Headline", b"\r"), (b"the headline is missing", b"\x03")], 130),
        (
            [
                *[
                    (b"Headline", b"Bridge\r"),
                    (b"Edition", b"en\r"),
                    (b"Level [ticker]", b"flsh\r"),
                ],
                *[(b"(did you mean flash?)", ERASE + b"flash\r"), (b"Sections", b"\r")],
                *[(b"Time [now]", b"noon\r"), (b"2026-11-23T18:30Z", b"\x03")],
            ],
            130,
        ),
    ],
)
def test_a_form_that_is_left(
    answers: list[tuple[bytes, bytes]], code: int, hostile: tuple[str, HostileNewsroom]
) -> None:
    done = composed(hostile, *answers)
    assert (done.code, hostile[1].changes) == (code, []), done
    assert b"Nothing was published." in done.out


def test_a_refusal_brings_the_form_back(hostile: tuple[str, HostileNewsroom]) -> None:
    first, again = form(b"Bridge opens", b"en", b"", b"", b"", b""), form(*[b""] * 6)
    hostile[1].refused_path = "/v1/items"
    done = composed(hostile, *first, (b"now? [y/N]", b"y\n"), *again, (b"now? [y/N]", b"n\n"))
    assert (done.code, hostile[1].changes) == (1, ["/v1/items"]), done
    hostile[1].refused_path = "/v1/preview"
    done = composed(hostile, *first, (again[0][0], b"\x03"))
    hostile[1].refused_path = ""
    assert (done.code, hostile[1].changes, b"now? [y/N]" in done.out) == (130, [], False), done


def test_the_form_needs_a_terminal() -> None:
    done = run_command(("compose",), {})
    assert done.code == 2
    assert "for a terminal; without one, use `ticker publish`" in done.err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("headline", "  ", "the headline is missing"),
        ("edition", "", "the edition is missing"),
        ("level", "flsh", "flash (did you mean flash?)"),
        ("at", "soon", "'soon' is not a time"),
        ("push", "perhaps", "y sends an alert"),
    ],
)
def test_a_wrong_field(name: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        value(name, text, NOW)


def test_the_draft() -> None:
    assert draft_of(FORM, NOW) == {"headline": "Bridge opens", "edition": "en", "level": "ticker"}
    more = {"sections": "politics, economy", "at": "+2h", "push": "Y"}
    assert draft_of(FORM | more, NOW) == {
        "headline": "Bridge opens",
        "edition": "en",
        "level": "ticker",
        "sections": ["politics", "economy"],
        "at": "2026-11-28T22:00:00+00:00",
        "push": True,
    }


def test_the_preview_has_what_is_right_so_far() -> None:
    out = Output(choice="none")
    out.now = NOW
    assert preview({}, 80, out) == ["Ticker in edition ?, now:", "  ", "No alert."]
    wrong = FORM | {"level": "flsh", "at": "+", "push": "y"}
    assert preview(wrong, 80, out)[:2] == ["Ticker in edition en, now:", "  Bridge opens"]
    arabic = preview(FORM | {"headline": "عودة القطارات"}, 30, out)[1]
    assert arabic == " " * 17 + "عودة القطارات"
