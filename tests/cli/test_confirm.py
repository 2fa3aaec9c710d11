"""The question before a command interrupts people."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.cells import cell_len

from tests.support.command_line import run_command, run_in_terminal
from tests.support.hostile_newsroom import (
    POISON,
    RETRACTED,
    SCHEDULED,
    UNSAFE,
    HostileNewsroom,
    item,
)
from tests.support.waiting import wait_until_sync
from ticker.cli.confirm import change_interrupts, interrupts, preview

NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)
ID = "0" * 26
pytestmark = pytest.mark.usefixtures("one_tls_context")
PUBLISH = ("publish", "Bridge opens", "-e", "en")
ASKING = {
    "publish --push": (*PUBLISH, "--push"),
    "publish --push-title": (*PUBLISH, "--push-title", "Bridge"),
    "publish flash": (*PUBLISH, "-l", "flash"),
    "publish --test": (*PUBLISH, "-l", "flash", "--push", "--test"),
    "publish bulletin": (*PUBLISH, "-l", "bulletin", "--at", "+1h"),
    "correct --push": ("correct", ID, "--minor", "--push"),
    "correct flash": ("correct", ID, "--minor", "-l", "flash"),
    "approve a change": ("approve", ID, "--if-version", "1"),
    "release flash": ("release", SCHEDULED),
}
"""Commands that ask, with the hostile newsroom."""
SILENT = {
    "publish": PUBLISH,
    "publish urgent": (*PUBLISH, "-l", "urgent"),
    "publish --test": (*PUBLISH, "--test"),
    "publish --yes": (*PUBLISH, "-l", "flash", "--push", "--yes"),
    "publish -y": (*PUBLISH, "--push", "-y"),
    "correct": ("correct", ID, "Bridge opens", "--minor"),
    "correct --yes": ("correct", ID, "--minor", "--push", "--yes"),
    "release": ("release", ID, "--yes"),
    "retract -y": ("retract", ID, "--reason", "wrong", "-y"),
    "undo": ("undo", RETRACTED, "--yes"),
}


def environment(url: str) -> dict[str, str]:
    key = "tk_" + "x" * 32
    return {"TICKER_URL": url, "TICKER_KEY": key, "TICKER_CONFIG": os.devnull, "TERM": "xterm"}


@pytest.mark.parametrize("name", ASKING)
def test_no_publishes_nothing(name: str, hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    done = run_in_terminal(ASKING[name], environment(url), b"n\n")
    what = b"changed" if name.startswith("correct") else b"published"
    assert (done.code, newsroom.changes) == (1, []), done
    drill = "--test" in ASKING[name]
    question = b"? [y/N] "
    assert (question in done.out, b"DRILL" in done.out) == (True, drill)
    assert done.out.endswith(b"Nothing was %s.\r\n" % what), done


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("publish flash", "/v1/preview"),
        ("publish --test", "/v1/preview"),
        ("approve a change", f"/v1/items/{ID}/approve"),
        ("release flash", f"/v1/items/{SCHEDULED}/release"),
        ("correct --push", f"/v1/items/{ID}"),
        ("correct flash", f"/v1/items/{ID}"),
    ],
)
def test_what_the_newsroom_refuses_is_not_asked_about(
    name: str, path: str, hostile: tuple[str, HostileNewsroom]
) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    newsroom.refused_path = path
    done = run_in_terminal(ASKING[name], environment(url), b"y\n")
    newsroom.refused_path = ""
    assert (done.code, newsroom.changes, b"[y/N]" in done.out) == (1, [], False), done


def test_no_takes_nothing_back(hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    done = run_in_terminal(("undo",), environment(url), b"n\n")
    assert (done.code, newsroom.changes) == (1, []), done
    assert b"Take it back? [y/N] " in done.out
    assert done.out.endswith(b"Nothing was taken back.\r\n")


@pytest.mark.parametrize("typed", [b"\n", b"\x04", b"\xff\n", b"yess\n", b"y" * 2000 + b"\n"])
def test_only_yes_is_yes(typed: bytes, hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    done = run_in_terminal(ASKING["publish flash"], environment(url), typed)
    assert (done.code, newsroom.changes) == (1, []), done


@pytest.mark.parametrize("name", ASKING)
def test_yes_publishes(name: str, hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    done = run_in_terminal(ASKING[name], environment(url), b"Y\n")
    assert len(newsroom.changes) == 1, done
    assert done.code in (0, 4)


@pytest.mark.parametrize("name", [*ASKING, *SILENT])
def test_a_script_is_not_asked(name: str, hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    done = run_command((ASKING | SILENT)[name], environment(url))
    assert (len(newsroom.changes), "[y/N]" in done.err) == (1, False), done


@pytest.mark.parametrize("name", SILENT)
def test_what_interrupts_nobody_is_not_asked(
    name: str, hostile: tuple[str, HostileNewsroom]
) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    done = run_in_terminal(SILENT[name], environment(url), b"n\n")
    assert (len(newsroom.changes), b"[y/N]" in done.out) == (1, False), done


def test_json_of_a_refusal(hostile: tuple[str, HostileNewsroom]) -> None:
    done = run_in_terminal((*PUBLISH, "--push", "--json"), environment(hostile[0]), b"n\n")
    assert done.code == 1
    assert b'"title":"Cancelled","detail":"Nothing was published."' in done.out


def test_a_narrow_terminal_in_the_c_locale(hostile: tuple[str, HostileNewsroom]) -> None:
    narrow = environment(hostile[0]) | {"COLUMNS": "20", "LC_ALL": "C", "NO_COLOR": "1"}
    words = ("publish", "عودة القطارات الليلية إلى الخط الشمالي", "-e", "ar", "--push")
    done = run_in_terminal(words, narrow, b"n\n", encoding="ascii")
    lines, question, _ = done.out.decode("ascii").partition("Send? [y/N] ")
    assert (done.code, question != "") == (1, True)
    assert max(map(len, lines.replace("\r", "").split("\n"))) <= 20, repr(lines)


@pytest.mark.processes
def test_ctrl_c(hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.changes.clear()
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", sys.executable, "-m", "ticker", *PUBLISH, "--push"],
        env=os.environ | environment(url),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while b"[y/N]" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, b"\x03")
        wait_until_sync(lambda: process.poll() is not None)
        shown += os.read(ours, 4096)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert (process.returncode, newsroom.changes) == (130, [])
    assert b"Nothing was published." in shown
    assert b"Traceback" not in shown


@pytest.mark.parametrize(
    ("draft", "asks"),
    [
        ({"level": "ticker"}, False),
        ({"level": "urgent", "push": True}, True),
        ({"level": "urgent", "push": {"title": "x"}}, True),
        ({"level": "flash"}, True),
        ({"level": "bulletin"}, True),
        ({"level": "flash", "push": True, "test": True}, False),
    ],
)
def test_what_interrupts(draft: dict[str, Any], asks: bool) -> None:
    assert interrupts(draft) == asks


@pytest.mark.parametrize(
    ("old", "changes", "asks"),
    [
        ({"level": "ticker"}, {"headline": "x"}, False),
        ({"level": "ticker"}, {"push": True}, True),
        ({"level": "ticker"}, {"level": "urgent"}, False),
        ({"level": "ticker", "push": True}, {"level": "urgent"}, True),  # an alert again
        ({"level": "urgent"}, {"level": "bulletin"}, True),
        ({"level": "flash", "push": True}, {"level": "urgent"}, False),
        ({"level": "flash", "push": True}, {"level": "flash"}, False),
        ({"level": "ticker", "test": True}, {"level": "flash", "push": True}, False),
    ],
)
def test_what_a_change_interrupts(old: dict[str, Any], changes: dict[str, Any], asks: bool) -> None:
    assert change_interrupts(old, changes) == asks


@pytest.mark.parametrize(
    ("fields", "counts", "lines"),
    [
        (
            {"push": True},
            {"Web Push": 1204, "FCM": 0, "APNs": 1},
            [
                "Flash in edition en, now:",
                "  Bridge opens",
                "The alert's title is the name of the site.",
                "The alert's text is the headline.",
                "It interrupts readers whose page is open.",
                "It may interrupt up to 1,205 devices: Web Push 1,204, APNs 1.",
            ],
        ),
        (
            {"push": {"title": "Bridge", "body": "It is open.", "ttl": 60}, "level": "urgent"},
            {"Web Push": 1},
            [
                "Urgent in edition en, now:",
                "  Bridge opens",
                "The alert's title:",
                "  Bridge",
                "The alert's text:",
                "  It is open.",
                "It may interrupt up to 1 device: Web Push 1.",
            ],
        ),
        (
            {"push": True, "test": True},
            {"Web Push": 1204},
            [
                "DRILL: a test item. No reader, phone, feed or webhook gets it.",
                "DRILL: flash in edition en, now:",
                "  Bridge opens",
                "The alert's title is the name of the site.",
                "The alert's text is the headline.",
            ],
        ),
        (
            {"at": "2026-11-28T22:30:00Z", "speaker": "Mayor"},
            None,
            [
                "Flash in edition en, Sat 28 Nov, 22:30 UTC, in 2 h 30 min:",
                "  Mayor: Bridge opens",
                "No alert.",
                "It interrupts readers whose page is open.",
            ],
        ),
    ],
)
def test_the_preview(
    fields: dict[str, Any], counts: dict[str, int] | None, lines: list[str]
) -> None:
    draft = {"headline": "Bridge opens", "edition": "en", "level": "flash"} | fields
    assert [line for line, _ in preview(draft, counts, 80, "none", NOW)] == lines


@pytest.mark.parametrize(
    ("level", "readers", "line"),
    [
        ("flash", 1204, "It interrupts up to 1,204 readers on screen now."),
        ("bulletin", 1, "It interrupts up to 1 reader on screen now."),
        ("flash", 0, "No reader has a page open now."),
        ("flash", None, "It interrupts readers whose page is open."),
        ("urgent", None, "No alert."),
    ],
)
def test_the_preview_counts_readers(level: str, readers: int | None, line: str) -> None:
    draft = {"headline": "Bridge opens", "edition": "en", "level": level}
    assert preview(draft, None, 80, "none", NOW, readers)[-1] == (line, None)


def test_the_preview_of_what_is_registered_nowhere() -> None:
    draft = {"headline": "Bridge opens", "edition": "en", "level": "flash", "push": True}
    assert preview(draft, {}, 80, "none", NOW)[-1] == ("No device is registered for alerts.", None)
    assert preview(draft, None, 80, "none", NOW)[-1][0].startswith("It is not known")


def test_the_preview_has_no_line_that_is_too_long_or_hostile(
    hostile: tuple[str, HostileNewsroom],
) -> None:
    push = {"title": POISON, "body": POISON}
    for line, _ in preview(item(push=push, dir="rtl"), {POISON: 1}, 20, "none", NOW):
        assert cell_len(line) <= 20
    done = run_in_terminal(("correct", ID, "--minor", "--push"), environment(hostile[0]), b"n\n")
    assert not (UNSAFE - {"\r", "\x1b", "\u2066", "\u2067", "\u2069"}) & set(done.out.decode())
