"""``ticker retract --cancel``: both or nothing; if only the first half is done, that is said."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.cli.conftest import Newsroom
from tests.client.messages import item
from tests.support.command_line import run_command, run_in_terminal
from tests.support.hostile_newsroom import RETRACTED, HostileNewsroom
from ticker.cli.cancellation import Wish, cancellation
from ticker.client.errors import Refused
from ticker.client.events import Item

ID = "0" * 26
GONE = ("retract", RETRACTED, "--reason", "wrong", "--cancellation", "There is no such dam")
HALVES = [f"/v1/items/{RETRACTED}/retract", "/v1/items"]
NOTHING = Wish(None, None, False, False, None)
pytestmark = pytest.mark.usefixtures("one_tls_context")


def environment(url: str) -> dict[str, str]:
    key = "tk_" + "x" * 32
    return {"TICKER_URL": url, "TICKER_KEY": key, "TICKER_CONFIG": os.devnull, "TERM": "xterm"}


@pytest.mark.parametrize(
    ("typed", "code", "halves", "last"),
    [(b"n\n", 1, [], b"Nothing was published.\r\n"), (b"y\n", 0, HALVES, b"")],
)
def test_a_terminal_asks_once(
    hostile: tuple[str, HostileNewsroom], typed: bytes, code: int, halves: list[str], last: bytes
) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    done = run_in_terminal(GONE, environment(url), typed)
    assert (done.code, newsroom.changes) == (code, halves), done
    assert done.out.count(b"[y/N]") == 1
    assert b"Retracted already:" in done.out
    assert b"There is no such dam" in done.out
    assert done.out.endswith(last)


def test_what_would_be_refused_is_found_out_before(hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    newsroom.refused_path = "/v1/preview"
    done = run_in_terminal(GONE, environment(url), b"y\n")
    newsroom.refused_path = ""
    assert (done.code, newsroom.changes) == (1, [])
    assert b"[y/N]" not in done.out
    assert b"  Nothing was retracted." in done.out.splitlines()[-1]


def test_a_script_is_told_that_only_the_first_half_is_done(
    hostile: tuple[str, HostileNewsroom],
) -> None:
    url, newsroom = hostile
    newsroom.refused_path = "/v1/items"
    done = run_command(GONE, environment(url))
    told = run_command((*GONE, "--json"), environment(url))
    full = run_command(GONE, environment(url), output="full disk")
    newsroom.refused_path = ""
    assert (done.code, told.code, full.code) == (1, 1, 1)
    assert b"retracted" in done.out
    assert "Its cancellation is not published. Repeat the command" in done.err
    assert told.out.startswith(b'{"retracted":{')
    assert b'"cancellation":null,"problem":{' in told.out
    assert "its cancellation is not published, but standard output" in full.err


def newsrooms(state: str = "live", **fields: Any) -> Item:
    alert: dict[str, Any]
    alert = {"level": "flash", "push": True, "cancellation": "It holds", "story": "dam"}
    return Item.read(item("a", **alert | {"state": state} | fields))


def test_the_cancellation_is_sent_like_the_alert() -> None:
    assert cancellation(newsrooms(), NOTHING) == {
        "headline": "It holds",
        "level": "flash",
        "push": True,
        "story": "dam",
        "edition": "en",
        "language": "en",
        "dir": "ltr",
        "sections": ["politics"],
    }
    drill = cancellation(newsrooms("test", test=True), Wish("No", "alone", True, False, None))
    assert (drill["headline"], drill["test"], drill["force"]) == ("No", True, True)
    assert drill["break_glass"] == "alone"
    own = cancellation(newsrooms(cancellation=None, language="ar", dir="rtl"), NOTHING)
    assert own["headline"].startswith("سحبنا")
    other = cancellation(newsrooms(cancellation=None, language="ja"), NOTHING)
    assert (other["language"], other["headline"].split()[0]) == ("en", "We")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": "scheduled", "embargo_until": "2026-12-01T10:00:00Z"}, "it is scheduled"),
        ({"state": "draft"}, "it is draft"),
        ({"state": "retracted", "authors": ["Ana"]}, "readers do not have it"),
        ({"state": "expired"}, "it is expired"),
        ({"level": "urgent", "push": None, "cancellation": None}, "it was no alert"),
    ],
)
def test_an_item_without_a_cancellation(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        cancellation(newsrooms(**fields), NOTHING)


@pytest.mark.processes
def test_a_newsroom_retracts_and_publishes(newsroom: Newsroom) -> None:
    alert = ("-l", "flash", "--push")
    id = newsroom.publish("Dam above Port Selm has failed", *alert)
    done = newsroom.ticker("retract", id[-8:], "--reason", "Sensor", "--cancel", "--json")
    sent = done.json["cancellation"]["item"]
    assert (done.code, done.json["retracted"]["item"]["state"]) == (0, "retracted")
    assert (sent["level"], sent["headline"].split()[0]) == ("flash", "We")
    assert id not in newsroom.listed()
    # Repeated, the command publishes nothing twice.
    again = newsroom.ticker("retract", id, "--reason", "Sensor", "--cancel")
    assert "was retracted already, nothing changed" in again.out
    assert f"{sent['id']}  already published with this key" in again.out
    # The same sentence takes back another alert.
    other = newsroom.publish("Dam above Port Ahn has failed", *alert)
    cancel = ("retract", other, "--reason", "Sensor", "--cancel")
    half = newsroom.ticker(*cancel)
    assert (half.code, f"{other}  retracted" in half.out) == (1, True)
    assert "Repeat the command with --force" in half.err
    assert newsroom.ticker(*cancel, "--force").code == 0


@pytest.mark.processes
def test_a_text_that_is_refused_retracts_nothing(newsroom: Newsroom) -> None:
    id = newsroom.publish("Dam above Port Orm has failed", "-l", "bulletin")
    cancel = ("retract", id, "--reason", "Sensor", "--cancellation")
    refused = newsroom.ticker(*cancel, "x" * 281)
    assert (refused.code, "Nothing was retracted." in refused.err) == (1, True)
    assert id in newsroom.listed()
    assert newsroom.ticker("retract", id, "--reason", "x", "--force").code == 2
