"""Counts of those whom a publication interrupts."""

from __future__ import annotations

import os

import pytest

from tests.support.command_line import run_in_terminal
from tests.support.hostile_newsroom import POISON, HostileNewsroom

pytestmark = pytest.mark.usefixtures("one_tls_context")
PUBLISH = ("publish", "Bridge opens", "-e", "en")
FLASH = (*PUBLISH, "-l", "flash")


def environment(url: str) -> dict[str, str]:
    key = "tk_" + "x" * 32
    return {"TICKER_URL": url, "TICKER_KEY": key, "TICKER_CONFIG": os.devnull, "TERM": "xterm"}


def test_a_newsroom_that_does_not_count(hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.missing = "subscriptions"
    done = run_in_terminal((*PUBLISH, "--push"), environment(url), b"n\n")
    newsroom.missing = ""
    assert b"It is not known how many devices" in done.out
    done = run_in_terminal((*PUBLISH, "--push"), environment("http://127.0.0.1:1"), b"n\n")
    assert b"Send in edition en, now? [y/N] " in done.out


def test_the_question_has_the_readers_of_the_edition_and_of_all(
    hostile: tuple[str, HostileNewsroom],
) -> None:
    url, newsroom = hostile
    newsroom.editions = {"en": 1200, "all": 4, "ar": 90}
    done = run_in_terminal(FLASH, environment(url), b"n\n")
    newsroom.editions = {"en": POISON}
    untold = run_in_terminal(FLASH, environment(url), b"n\n")
    newsroom.editions = None
    assert b"It interrupts up to 1,204 readers on screen now." in done.out
    assert b"It interrupts readers whose page is open." in untold.out
